"""What a page says once of what was just done: kept in a cookie between the answer to a form and the page behind it."""

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

_COOKIE: Final = "emulator-notice"
_MOST: Final = 500  # characters
_SECONDS: Final = 20


def read_notice(request: Request) -> str | None:
    """Return what is to be said, if anything is."""
    value = request.cookies.get(_COOKIE)
    return unquote(value)[:_MOST] if value else None


def notice(response: Response, text: str) -> None:
    """Let the next page say something."""
    response.set_cookie(_COOKIE, quote(text[:_MOST]), max_age=_SECONDS, path="/", httponly=True, samesite="strict")


def without_notice(response: Response) -> None:
    """Say it no more."""
    response.delete_cookie(_COOKIE, path="/", httponly=True, samesite="strict")
