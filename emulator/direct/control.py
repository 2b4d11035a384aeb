"""The control API of an app in the same process."""

from emulator.direct.cycle import Cycle, scope_of
from emulator.direct.loops import AppLoop, NotRunningError
from emulator.domain.mounts import CONTROL_PREFIX


class DirectControl:
    """Sends requests to the control API. token: of the server, if it has one."""

    def __init__(self, loop: AppLoop, token: str | None = None) -> None:
        self._loop = loop
        self._headers = [(b"host", b"localhost")]
        if token is not None:
            self._headers.append((b"authorization", f"Bearer {token}".encode()))

    def send(
        self, method: str, path: str, body: bytes | None = None, media_type: str | None = None
    ) -> tuple[int, bytes]:
        """Send a request to a path below ``/_emulator``, and return status and body. Raises `NotRunningError`."""
        content = body or b""
        headers = [*self._headers, (b"content-length", b"%d" % len(content))]
        if media_type is not None:
            headers.append((b"content-type", media_type.encode("latin-1")))
        scope = scope_of(method, f"{CONTROL_PREFIX}{path}".encode("ascii"), headers)
        cycle = Cycle(self._loop.site, scope, content)
        pieces: list[bytes] = []
        try:
            self._loop.wait(cycle.ask)
            while not cycle.is_over:
                pieces.append(cycle.take())
                self._loop.wait(cycle.watch)
        except BaseException:
            self._loop.post(cycle.disconnect)
            raise
        pieces.append(cycle.take())
        if cycle.failure is not None:
            raise cycle.failure
        if cycle.status is None or not cycle.is_whole:
            raise NotRunningError("the server stopped before it answered")
        return cycle.status, b"".join(pieces)

    def close(self) -> None:
        """Do nothing: nothing is open between two requests."""
