"""An offline emulator of the Assistants API: as a server inside a test, as a command, or as an ASGI app."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.app import create_app
    from emulator.domain.errors import EmulatorError
    from emulator.domain.ports import ScriptError
    from emulator.harness.async_namespace import AsyncNamespace
    from emulator.harness.emulator import Emulator
    from emulator.harness.errors import CheckFailedError, ControlError, ParityError, UnreachableError
    from emulator.harness.namespace import Namespace
    from emulator.harness.parity import ParityReport, async_parity, parity
    from emulator.harness.runs import Run
    from emulator.in_process import InProcess
    from emulator.listening import ServeError
    from emulator.live_server import LiveServer
    from emulator.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AsyncNamespace",
    "CheckFailedError",
    "ControlError",
    "Emulator",
    "EmulatorError",
    "InProcess",
    "LiveServer",
    "Namespace",
    "ParityError",
    "ParityReport",
    "Run",
    "ScriptError",
    "ServeError",
    "Settings",
    "UnreachableError",
    "__version__",
    "async_parity",
    "create_app",
    "parity",
]

# Names are imported on first use (PEP 562): scripted models and the pytest plugin import this package too, and must not
# pay for a web framework that they do not use.
_MODULES = {
    "AsyncNamespace": "emulator.harness.async_namespace",
    "CheckFailedError": "emulator.harness.errors",
    "ControlError": "emulator.harness.errors",
    "Emulator": "emulator.harness.emulator",
    "EmulatorError": "emulator.domain.errors",
    "InProcess": "emulator.in_process",
    "LiveServer": "emulator.live_server",
    "Namespace": "emulator.harness.namespace",
    "ParityError": "emulator.harness.errors",
    "ParityReport": "emulator.harness.parity",
    "Run": "emulator.harness.runs",
    "ScriptError": "emulator.domain.ports",
    "ServeError": "emulator.listening",
    "Settings": "emulator.settings",
    "UnreachableError": "emulator.harness.errors",
    "async_parity": "emulator.harness.parity",
    "create_app": "emulator.app",
    "parity": "emulator.harness.parity",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
