"""What a page says once of what was just done: kept in a cookie between the answer to a form and the page behind it."""

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from emulator.control.inspector.cookies import forget_cookie, read_cookie, set_cookie

_MOST: Final = 500  # characters
_SECONDS: Final = 20


def read_notice(request: Request) -> str | None:
    """Return what is to be said, if anything is."""
    value = read_cookie(request, "notice")
    return unquote(value)[:_MOST] if value else None


def notice(response: Response, request: Request, text: str) -> None:
    """Let the next page say something."""
    set_cookie(response, request, "notice", quote(text[:_MOST]), max_age=_SECONDS)


def without_notice(response: Response, request: Request) -> None:
    """Say it no more."""
    forget_cookie(response, request, "notice")
