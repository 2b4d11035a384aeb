"""Really running the code interpreter's code, in isolation by bubblewrap or not at all."""

from emulator.sandbox.availability import Availability, available
from emulator.sandbox.limits import Limits
from emulator.sandbox.result import CodeRun, Given, SandboxError, Written
from emulator.sandbox.sessions import Sessions, run

__all__ = ["Availability", "CodeRun", "Given", "Limits", "SandboxError", "Sessions", "Written", "available", "run"]
