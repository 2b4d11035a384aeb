"""What a page says once of what was just done: kept in a cookie between the answer to a form and the page behind it.

Pages of other ports of the machine can give a browser cookies, too; a page says only what this process has signed.
"""

import hmac
import secrets
from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from emulator.control.inspector.cookies import forget_cookie, read_cookie, set_cookie

_MOST: Final = 500  # characters
_SECONDS: Final = 20
_SECRET: Final = secrets.token_bytes(32)


def read_notice(request: Request) -> str | None:
    """Return what is to be said, if anything is."""
    proof, _, said = (read_cookie(request, "notice") or "").partition(".")
    is_own = hmac.compare_digest(proof.encode(), _proof(said).encode())
    return unquote(said) if said and is_own else None


def notice(response: Response, request: Request, text: str) -> None:
    """Let the next page say something."""
    said = quote(text[:_MOST])
    set_cookie(response, request, "notice", f"{_proof(said)}.{said}", max_age=_SECONDS)


def without_notice(response: Response, request: Request) -> None:
    """Say it no more."""
    forget_cookie(response, request, "notice")


def _proof(said: str) -> str:
    return hmac.digest(_SECRET, said.encode(), "sha256").hex()
