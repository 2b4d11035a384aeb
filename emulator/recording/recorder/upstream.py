"""The server that is recorded: its address, and that of a request below it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from emulator.domain.forwards import is_here, problem_of_upstream
from emulator.recording.recorder.errors import UpstreamError

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Upstream:
    """origin: scheme, host and port, as they were given. path: what lies behind it, without a slash at its end."""

    origin: str
    path: str

    @classmethod
    def of(cls, url: str) -> "Upstream":
        """Return the upstream that a URL names. Raises `UpstreamError`."""
        problem = problem_of_upstream(url, anywhere=True)
        parts = urlsplit(url)
        if problem is None and not url.isascii():
            problem = "the upstream is a URL in ASCII: write other letters of a host as xn--, of a path with %"
        if problem:
            # The URL may hold a key, and is not repeated.
            more = "; clients say their api-version themselves" if parts.query else ""
            raise UpstreamError(f"{problem}{more}")
        return cls(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"))

    @property
    def is_secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.origin.startswith("https:")

    @property
    def is_azure(self) -> bool:
        """Whether it is a resource of Azure's."""
        return (urlsplit(self.origin).hostname or "").endswith(".azure.com")

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return is_here(urlsplit(self.origin).hostname or "")

    def is_at(self, host: str, port: int) -> bool:
        """Return whether it is what listens there on this machine."""
        own = urlsplit(self.origin)
        is_same_host = own.hostname == host or (self.is_here and is_here(host))
        return is_same_host and (own.port or _PORTS[own.scheme]) == port

    def target(self, path: bytes, query: bytes) -> bytes:
        """Return what is asked of it, as it was sent. The path may begin with that of the upstream, or behind it."""
        own = self.path.encode()
        is_below = not own or path == own or path.startswith(own + b"/")
        return (path if is_below else own + path) + (b"?" + query if query else b"")
