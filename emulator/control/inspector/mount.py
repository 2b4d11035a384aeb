"""Where the inspector stands: beside the control API, made when its first page is asked for."""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.control.server import path_of
from emulator.control.start import START_PATH
from emulator.domain.inspector_paths import INSPECTOR

_BELOW: Final = f"{INSPECTOR}/"


def is_of_inspector(scope: Scope) -> bool:
    """Return whether a request asks for one of its pages: the one at /, or one below its own path."""
    path = path_of(scope)
    return scope["path"] == START_PATH or path == INSPECTOR or path.startswith(_BELOW)


class WithInspector:
    """Pure ASGI: the inspector in front of the control API. make: makes it, when it is first opened."""

    def __init__(self, control: ASGIApp, make: Callable[[], ASGIApp]) -> None:
        self._control = control
        self._make = make
        self._inspector: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page, or hand on to the control API."""
        if scope["type"] != "http" or not is_of_inspector(scope):
            await self._control(scope, receive, send)
            return
        if self._inspector is None:
            self._inspector = self._make()
        await self._inspector(scope, receive, send)
