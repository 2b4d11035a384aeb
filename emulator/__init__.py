"""An offline emulator of the Assistants API: a server for a test, a server for a shell, an app for whoever hosts it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.app import create_app
    from emulator.live_server import LiveServer
    from emulator.settings import Settings

__version__ = "0.1.0"

__all__ = ["LiveServer", "Settings", "__version__", "create_app"]

# Names are fetched when they are asked for (PEP 562): scripted models and the pytest plugin import this package too,
# and must not pay for a web framework that they do not use.
_HOMES = {"LiveServer": "emulator.live_server", "Settings": "emulator.settings", "create_app": "emulator.app"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
