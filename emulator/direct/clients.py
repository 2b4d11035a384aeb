"""Clients of the HTTP library that the official client uses, which call an app in place of opening connections."""

from typing import Any

from emulator.direct.library import http_library
from emulator.direct.loops import AppLoop
from emulator.direct.transports import AsyncTransport, Transport


def http_client(loop: AppLoop, **options: Any) -> Any:
    """Return an `httpx.Client` (or `httpx2.Client`) for `OpenAI(http_client=…)`. options: its own.

    Raises ImportError without such a library.
    """
    library = http_library()
    return library.Client(transport=Transport(library, loop), **_with_defaults(options))


def async_http_client(loop: AppLoop, **options: Any) -> Any:
    """Return the same for `AsyncOpenAI`, on asyncio."""
    library = http_library()
    return library.AsyncClient(transport=AsyncTransport(library, loop), **_with_defaults(options))


def _with_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a client. As the official client's own, it follows redirects."""
    return {"follow_redirects": True, **options}
