"""Protection against forged requests: what changes something carries a token that only the server's own pages have.

The guard has refused what says that it comes from another site; the token also stops what says nothing.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from emulator.control.inspector.cookies import read_cookie, set_cookie
from emulator.domain.errors import ApiError

FIELD: Final = "forgery"
HEADER: Final = "x-emulator-forgery"


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    """The name that a browser is given at its first page. is_new: whether it has to be told."""

    value: str
    is_new: bool

    def set_on(self, response: Response, request: Request) -> None:
        """Give it to the browser, if it has none."""
        if self.is_new:
            set_cookie(response, request, "browser", self.value)


class Forgery:
    """Makes and checks the tokens of a server. secret: of all its processes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, request: Request) -> tuple[str, BrowserCookie]:
        """Return the token of a browser, and its cookie."""
        known = read_cookie(request, "browser")
        cookie = BrowserCookie(known or secrets.token_urlsafe(16), is_new=known is None)
        return self._of(cookie.value, request), cookie

    def check(self, request: Request, form: FormData) -> None:
        """Raise the refusal of a request without the token of its browser."""
        given = request.headers.get(HEADER) or form.get(FIELD)
        known = read_cookie(request, "browser") or ""
        expected = self._of(known, request).encode()
        if not known or not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected):
            raise ApiError(403, "This page is older than the server, or of another browser: load it again.")

    def _of(self, browser: str, request: Request) -> str:
        """Return a browser's token, another one for each login: whoever may not log in cannot ask for it."""
        claim = f"{browser} {read_cookie(request, 'login') or ''}"
        return hmac.digest(self._secret, claim.encode(), "sha256").hex()
