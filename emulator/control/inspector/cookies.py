"""The cookies of the inspector. A browser sends a host's cookies to all its ports, so their names have the port."""

from typing import Final, Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

# browser: which browser a forgery token is of. notice: what the next page says. login: that somebody has logged in.
Kind = Literal["browser", "notice", "login"]
_DEFAULT_PORTS: Final = {"https": "443", "wss": "443"}


def read_cookie(request: HTTPConnection, kind: Kind) -> str | None:
    """Return the value of a cookie, if the browser has one of this server."""
    return request.cookies.get(_name(request, kind))


def set_cookie(
    response: Response, request: HTTPConnection, kind: Kind, value: str, *, max_age: int | None = None
) -> None:
    """Give a browser a cookie. max_age: in seconds; without one it lasts until the browser is closed."""
    response.set_cookie(
        _name(request, kind),
        value,
        max_age=max_age,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="strict",
    )


def forget_cookie(response: Response, request: HTTPConnection, kind: Kind) -> None:
    """Let a browser forget a cookie."""
    response.delete_cookie(_name(request, kind), path="/", secure=_is_secure(request), httponly=True, samesite="strict")


def _name(request: HTTPConnection, kind: Kind) -> str:
    port = request.headers.get("host", "").rpartition(":")[2]
    if not (port.isascii() and port.isdigit()):
        port = _DEFAULT_PORTS.get(request.scope["scheme"], "80")
    return f"emulator-{kind}-{port}"


def _is_secure(request: HTTPConnection) -> bool:
    return request.scope["scheme"] in _DEFAULT_PORTS
