"""Connections to the server that is recorded: requests go out as they came in, and answers are read piece by piece."""

import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.domain.passed_headers import RawHeaders
from emulator.recording.recorder.errors import UpstreamError
from emulator.recording.recorder.upstream import Upstream

if TYPE_CHECKING:
    import httpx

# An answer may take long, and the client knows best how long it waits.
_TIMEOUTS: Final = {"connect": 30.0, "read": None, "write": None, "pool": None}


class Connections:
    """Connections to one upstream; they follow no redirect, decode nothing, and send no cookies of their own.

    ca_file: certificates (PEM) that are trusted beside the usual ones. Raises `UpstreamError`.
    """

    def __init__(self, upstream: Upstream, ca_file: Path | None = None) -> None:
        try:
            import httpx  # noqa: PLC0415 - an extra, which only recording needs
        except ImportError:
            raise UpstreamError("recording needs httpx: install it, or the extra 'record'") from None

        self._upstream = upstream
        # A proxy of the environment leads to the services of others, not to servers beside this one.
        has_proxy = upstream.is_secure and not upstream.is_here
        try:
            self._client = httpx.AsyncClient(
                verify=_trust(ca_file) if upstream.is_secure else False,
                trust_env=has_proxy,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
            )
        except (ImportError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamError(f"the proxy of the environment cannot be used: {error}") from None

    async def send(
        self, method: str, target: bytes, headers: RawHeaders, content: AsyncIterator[bytes] | None
    ) -> "httpx.Response":
        """Send a request, and return its answer as soon as that begins. Raises httpx's errors."""
        import httpx  # noqa: PLC0415 - loaded already

        from emulator.recording.recorder.exact_urls import ExactURL  # noqa: PLC0415 - needs httpx

        origin, extensions = self._upstream.origin, {"timeout": _TIMEOUTS}
        request = httpx.Request(method, origin, headers=headers, content=content, extensions=extensions)
        request.url = ExactURL(origin, target)
        response = await self._client.send(request, stream=True, auth=None)
        self._client.cookies.clear()
        return response

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return what is trusted: the certificates of httpx or of SSL_CERT_FILE, those of the system, and a file's."""
    import httpx  # noqa: PLC0415 - as above

    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if (path := os.environ.get(name)) and not Path(path).exists():
            raise UpstreamError(f"{name} names {path}, which is not there")
    try:
        context = httpx.create_ssl_context()
        context.load_default_certs()
    except OSError as error:
        raise UpstreamError(f"SSL_CERT_FILE cannot be used: {error.strerror or error}") from None
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise UpstreamError(f"{ca_file} cannot be used as certificates: {error.strerror or error}") from None
    return context
