"""The server on a thread of the process that uses it, such as a test."""

import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from emulator.harness.names import namespace_name
from emulator.listening import bound, tls_of
from emulator.settings import Script, Settings

if TYPE_CHECKING:
    from emulator.domain.ports import Backend
    from emulator.server import Server


class LiveServer:
    """The emulator on a thread of its own, on 127.0.0.1 and a free port; a context manager.

    script: a scenario file (YAML, JSON or Python), the text of a scenario (of several lines), a mapping as it would
    stand in a file, or a list of these, in addition to those of ``settings``; or a backend. set: their parameters.
    grace: seconds that open streams get to end when the server stops.
    certfile, keyfile: PEM files for TLS; the key may be in the certificate's file.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        script: "Script | Sequence[Script] | Backend | None" = None,
        set: Mapping[str, str] | None = None,  # noqa: A002 - as the option of the command is called
        port: int = 0,
        grace: float = 0.2,
        certfile: Path | str | None = None,
        keyfile: Path | str | None = None,
    ) -> None:
        self.settings = (settings or Settings()).with_script(script, set)
        self._port = port
        self._grace = grace
        self._tls = tls_of(certfile, keyfile)
        self._address = ""
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._changed = threading.Event()
        self._error: BaseException | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, or https; still known after the server has stopped."""
        if not self._address:
            raise RuntimeError("the server has not been started")
        return self._address

    @property
    def base_url(self) -> str:
        """The base URL for clients."""
        return f"{self.url}/v1"

    @property
    def control_url(self) -> str:
        """The URL of the control API."""
        return f"{self.url}/_emulator"

    def ns_url(self, name: str) -> str:
        """Return the base URL for clients of a namespace. name: any text, of which a name is made if it is none."""
        return f"{self.url}/ns/{namespace_name(name)}/v1"

    def start(self) -> Self:
        """Start, and return once the server accepts requests; raise the error if it cannot start."""
        if self._thread:
            raise RuntimeError("the server is already running")
        self._changed.clear()
        self._error = None
        sock = bound("127.0.0.1", self._port)
        self._thread = threading.Thread(target=self._run, args=(sock,), name="assistants-emulator", daemon=True)
        self._thread.start()
        self._changed.wait()
        if self._error:
            self._thread.join()
            self._thread = None
            raise self._error
        return self

    def stop(self) -> None:
        """Stop, and return once the thread has ended; no effect if the server does not run."""
        if not (self._thread and self._server):
            return
        self._server.stop()
        self._thread.join()
        self._thread = self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _run(self, sock: socket.socket) -> None:
        def ready(url: str) -> None:
            self._address = url
            self._changed.set()

        try:
            from emulator.server import Server, load_app  # noqa: PLC0415 - uvicorn is loaded once it is needed

            with sock:
                # The app is created on the thread that serves it: a database connection may be bound to its thread.
                app = load_app(self.settings)
                self._server = Server(app, sock, ready=ready, grace=self._grace, tls=self._tls)
                self._server.serve_here()
        except BaseException as error:  # noqa: BLE001 - start() raises it again
            self._error = error
        finally:
            self._changed.set()
