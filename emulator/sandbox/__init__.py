"""Runs the code of the code interpreter, isolated by bubblewrap or not at all."""

from emulator.sandbox.availability import Availability, available
from emulator.sandbox.limits import Limits
from emulator.sandbox.result import CodeRun, InputFile, OutputFile, SandboxError
from emulator.sandbox.sessions import Sessions, run

__all__ = [
    "Availability",
    "CodeRun",
    "InputFile",
    "Limits",
    "OutputFile",
    "SandboxError",
    "Sessions",
    "available",
    "run",
]
