"""What a server with a control token lets through: requests with it, and browsers that have logged in with it."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

from emulator.control.inspector.cookies import read_cookie
from emulator.control.inspector.logins import Logins
from emulator.control.inspector.mount import is_of_inspector
from emulator.control.server import OPEN_PATHS, path_of
from emulator.domain.inspector_paths import INSPECTOR

# The page that asks for the token, and what it is drawn with.
_LOGIN: Final = f"{INSPECTOR}/login"
_ASSETS: Final = f"{INSPECTOR}/static/"
_READING: Final = ("GET", "HEAD")


class Access:
    """Decides by the token, or by the login that a browser has."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    async def admits(self, scope: Scope) -> bool:
        """Return whether a request may be answered.

        A login opens the inspector, whose forms have tokens against forgery, and lets the links of its pages read the
        control API; what else changes something needs the token itself.
        """
        path = path_of(scope)
        request = HTTPConnection(scope)
        if path == _LOGIN or read_cookie(request, "login"):
            await self._logins.prepare()
            await self._logins.look()
        if path in (*OPEN_PATHS, _LOGIN) or path.startswith(_ASSETS):
            return True
        if self._shows_token(request):
            return True
        may_by_login = is_of_inspector(scope) or scope["method"] in _READING
        return may_by_login and self._logins.knows(read_cookie(request, "login"))

    def _shows_token(self, request: HTTPConnection) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._logins.is_token(token.encode("latin-1"))
