"""The server on a thread beside the test that uses it."""

import dataclasses
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from emulator.domain.ports import Backend
from emulator.listening import bound, tls_of
from emulator.server import Server, load_app
from emulator.settings import Settings


class LiveServer:
    """The emulator on a thread of its own, on 127.0.0.1 and a free port; a context manager.

    script: a scenario file (YAML, JSON or Python) or a backend, on top of what ``settings`` say.
    grace: seconds that open streams get to end when the server stops.
    certfile, keyfile: PEM files to serve TLS with; the key may be in the certificate's file.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        script: Path | str | Backend | None = None,
        port: int = 0,
        grace: float = 0.2,
        certfile: Path | str | None = None,
        keyfile: Path | str | None = None,
    ) -> None:
        self.settings = _with_script(settings or Settings(), script)
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
        """``http://127.0.0.1:PORT``, or https; stays known after the end."""
        if not self._address:
            raise RuntimeError("the server has not been started")
        return self._address

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"{self.url}/v1"

    @property
    def control_url(self) -> str:
        """Where the control API is."""
        return f"{self.url}/_emulator"

    def ns_url(self, name: str) -> str:
        """Return the base URL of a client that works in namespace ``name``."""
        return f"{self.url}/ns/{name}/v1"

    def start(self) -> Self:
        """Start, and return once connections are answered; raise what kept it from starting."""
        if self._thread:
            raise RuntimeError("the server runs already")
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
        """Stop, and return when nothing of it runs any more; no effect on a server that does not run."""
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
            with sock:
                # The app is made on the thread that serves it: a database connection may belong to its thread.
                app = load_app(self.settings)
                self._server = Server(app, sock, ready=ready, grace=self._grace, tls=self._tls)
                self._server.serve_here()
        except BaseException as error:  # noqa: BLE001 - it is raised again where start() waits
            self._error = error
        finally:
            self._changed.set()


def _with_script(settings: Settings, script: Path | str | Backend | None) -> Settings:
    match script:
        case None:
            return settings
        case str() | Path():
            return dataclasses.replace(settings, scripts=(*settings.scripts, Path(script)))
        case _:
            return dataclasses.replace(settings, backend=script)
