"""The server on a thread of the process that uses it, such as a test."""

import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from emulator.domain.mounts import CONTROL_PREFIX
from emulator.harness.control import HttpControl
from emulator.harness.emulator import Emulator
from emulator.harness.hosted import Hosted
from emulator.harness.names import namespace_name
from emulator.listening import bound, tls_of
from emulator.settings import Script, Settings

if TYPE_CHECKING:
    from emulator.direct.loops import LoopOfThread
    from emulator.domain.ports import Backend
    from emulator.server import Server


class LiveServer(Hosted):
    """The emulator on a thread of its own, on 127.0.0.1 and a free port; a context manager.

    script: a scenario file (YAML, JSON or Python), the text of a scenario (of several lines), a mapping as it would
    stand in a file, or a list of these, in addition to those of ``settings``; or a backend. set: their parameters.
    sock: a listening socket of its own, in place of a free port; it is closed at the end.
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
        sock: socket.socket | None = None,
        grace: float = 0.2,
        certfile: Path | str | None = None,
        keyfile: Path | str | None = None,
    ) -> None:
        self.settings = (settings or Settings()).with_scripts(script, set or {})
        self._port = port
        self._grace = grace
        self._tls = tls_of(certfile, keyfile)
        self._given = sock
        self._address = ""
        self._server: Server | None = None
        self._loop: LoopOfThread | None = None
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
        return f"{self.url}{CONTROL_PREFIX}"

    def ns_url(self, name: str) -> str:
        """Return the base URL for clients of a namespace. name: any text, of which a name is made if it is none."""
        return f"{self.url}/ns/{namespace_name(name)}/v1"

    def http_client(self, **options: Any) -> Any:
        """Return an HTTP client for `OpenAI(http_client=…)` that calls this server without its socket.

        options: of `httpx.Client` (httpx2 since openai 3). Raises ImportError without such a library.
        """
        from emulator.direct.clients import http_client  # noqa: PLC0415 - loaded once it is wanted

        return http_client(self._direct(), **options)

    def async_http_client(self, **options: Any) -> Any:
        """Return the same for `AsyncOpenAI`, on asyncio; options: of `httpx.AsyncClient`."""
        from emulator.direct.clients import async_http_client  # noqa: PLC0415 - as above

        return async_http_client(self._direct(), **options)

    def _as_emulator(self) -> Emulator:
        context = _trusting_context() if self._tls else None
        control = HttpControl(self.control_url, self.settings.control_token, context=context)
        return _LiveEmulator(self, control)

    def play(self, namespace: str, backend: "Backend") -> None:
        """Let a namespace play a backend, in place of its scripts."""
        if self._server is None:
            raise RuntimeError("the server does not run")
        self._server.call(lambda app: app.state.play(namespace, backend))

    def start(self) -> Self:
        """Start, and return once the server accepts requests; raise the error if it cannot start."""
        if self._thread:
            raise RuntimeError("the server is already running")
        self._changed.clear()
        self._error = None
        sock = self._given or bound("127.0.0.1", self._port)
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
        self._close_emulator()
        if not (self._thread and self._server):
            return
        self._server.stop()
        self._thread.join()
        if self._loop is not None:
            self._loop.close()
        self._thread = self._server = self._loop = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _direct(self) -> "LoopOfThread":
        if self._server is None or self._server.site is None:
            raise RuntimeError("the server has not been started")
        if self._loop is None:
            from emulator.direct.loops import LoopOfThread  # noqa: PLC0415 - loaded once it is wanted

            self._loop = LoopOfThread(self._server.site)
        return self._loop

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


class _LiveEmulator(Emulator):
    """A server on a thread: its clients use its socket, unless they are asked for without."""

    def __init__(self, server: LiveServer, control: HttpControl) -> None:
        super().__init__(server.url, control, server.play)
        self._server = server

    def http_client(self) -> Any:
        return self._server.http_client()

    def async_http_client(self) -> Any:
        return self._server.async_http_client()


def _trusting_context() -> Any:
    """Return a context for the certificate of this server, whoever has signed it."""
    import ssl  # noqa: PLC0415 - slow to load, and few servers use TLS

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
