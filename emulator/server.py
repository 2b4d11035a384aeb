"""Runs the app: in this process until a signal comes, or on a thread beside the test that uses it."""

import asyncio
import contextlib
import dataclasses
import errno
import ipaddress
import os
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn

from emulator.domain.ports import Backend
from emulator.settings import Settings

App = Callable[[Any, Any, Any], Awaitable[None]]
Ready = Callable[[str], None]

# Seconds that open answers get to end by themselves once the server was told to stop.
GRACE = 2.0
# A pooled connection outlives the pauses of a test, so that no request meets a connection that is just being closed.
KEEP_ALIVE = 120


class ServeError(Exception):
    """The server cannot start; the message says why in one line."""


class PortTakenError(ServeError):
    """Somebody else listens there."""


class OpenHostError(ServeError):
    """Other machines could reach the control API, and no token guards it."""


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    ready: Ready | None = None,
    allow_open: bool = False,
    certfile: Path | None = None,
    keyfile: Path | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; ``ready`` is told the URL once connections are answered. Port 0: any free one.

    certfile, keyfile: PEM files to serve TLS with; the key may be in the certificate's file.

    Raises `PortTakenError`, `OpenHostError` (a host beyond this machine without a control token, unless
    ``allow_open``), `ServeError`, and whatever the settings make `create_app` raise.
    """
    if not (allow_open or settings.control_token or is_loopback(host)):
        raise OpenHostError(
            f"{host} can be reached from other machines: set a control token (--control-token, or"
            " EMULATOR_CONTROL_TOKEN), or allow it with --allow-open"
        )
    tls = _tls(certfile, keyfile)
    with _bound(host, port) as sock:
        _Server(_create_app(settings), sock, ready=ready, tls=tls).serve_here()


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
        self._tls = _tls(certfile, keyfile)
        self._address = ""
        self._server: _Server | None = None
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
        sock = _bound("127.0.0.1", self._port)
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
                app = _create_app(self.settings)
                self._server = _Server(app, sock, ready=ready, grace=self._grace, tls=self._tls)
                self._server.serve_here()
        except BaseException as error:  # noqa: BLE001 - it is raised again where start() waits
            self._error = error
        finally:
            self._changed.set()


class _Server(uvicorn.Server):
    """Uvicorn with an ear: it tells when it answers, and stops when told instead of looking ten times a second."""

    def __init__(
        self,
        app: App,
        sock: socket.socket,
        *,
        ready: Ready | None,
        grace: float = GRACE,
        tls: Mapping[str, Any] | None = None,
    ) -> None:
        self._app = app
        self._sock = sock
        self._ready = ready
        self._grace = grace
        self._failure: BaseException | None = None
        self._told: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(
            uvicorn.Config(
                self._asgi,
                interface="asgi3",
                http="httptools",
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                # The app writes the headers of the real service itself.
                date_header=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE,
                # Only a task that outlives its cut connection (see shutdown) meets this.
                timeout_graceful_shutdown=round(grace) + 2,
                **(tls or {}),
            )
        )

    def serve_here(self) -> None:
        """Serve on this thread until told to stop."""
        # An app that cannot start makes uvicorn leave the process, or just return: it depends on its version.
        with contextlib.suppress(SystemExit):
            self.run(sockets=[self._sock])
        if not self.started:
            raise self._failure or ServeError("the app could not start")

    def stop(self) -> None:
        """Ask to stop, from any thread or signal handler."""
        self.should_exit = True
        if self._loop and self._told:
            self._loop.call_soon_threadsafe(self._told.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's shape
        # Not noted where uvicorn would raise the signal once more at the end: being told to stop is no failure.
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        if self.started and self._ready:
            self._ready(_url(self._sock, "https" if self.config.is_ssl else "http"))

    async def main_loop(self) -> None:
        if self._told and not self.should_exit:
            await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Streams of runs that wait would hold the server up until the grace is over: the app ends them itself.
        close_streams = getattr(getattr(self._app, "state", None), "close_streams", None)
        if close_streams is not None:
            close_streams()
        cut = asyncio.get_running_loop().call_later(self._grace, self._cut)
        await super().shutdown(sockets)
        cut.cancel()

    def _cut(self) -> None:
        """Drop who still reads: to the app this is a client that went away, so its streams end without an error."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

    def _asgi(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._lifespan(scope, receive, send)
        return self._app(scope, receive, send)

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        """Keep the error of an app that cannot start for who asked, where uvicorn would print it and go on without."""
        answered = False

        async def heard(message: Any) -> None:
            nonlocal answered
            if message["type"] != "lifespan.startup.failed":  # the error itself follows
                answered = True
                await send(message)

        try:
            await self._app(scope, receive, heard)
        except Exception as error:
            if answered:
                raise
            self._failure = error
        if not answered:
            await send({"type": "lifespan.startup.failed", "message": ""})


def _create_app(settings: Settings) -> App:
    from emulator.app import create_app  # noqa: PLC0415 - the web framework loads once the port is ours

    return create_app(settings)


def _with_script(settings: Settings, script: Path | str | Backend | None) -> Settings:
    match script:
        case None:
            return settings
        case str() | Path():
            return dataclasses.replace(settings, scripts=(*settings.scripts, Path(script)))
        case _:
            return dataclasses.replace(settings, backend=script)


def _bound(host: str, port: int) -> socket.socket:
    """Return a listening socket: the port is known, and held, before the app is built."""
    if not 0 <= port < 65536:
        raise ServeError(f"{port} is no port: 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except PermissionError:
        raise ServeError(f"port {port} needs rights that this process has not") from None
    except OSError as error:
        if isinstance(error, socket.gaierror) or not error.errno:
            raise ServeError(f"{host} is no address of this machine") from None
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"port {port} on {host} is taken; choose another with --port, or --port 0") from None
        raise ServeError(f"cannot listen on {host} port {port}: {os.strerror(error.errno)}") from None


def _tls(certfile: Path | str | None, keyfile: Path | str | None) -> Mapping[str, Any]:
    """Return what uvicorn takes for TLS; refuse files that it could not use."""
    if certfile is None:
        if keyfile is not None:
            raise ServeError("a key needs the certificate that it belongs to")
        return {}
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certfile, keyfile)
    except OSError as error:
        raise ServeError(f"{certfile} is no certificate that can be served: {error.strerror or error}") from None
    return {"ssl_certfile": certfile, "ssl_keyfile": keyfile}


def _url(sock: socket.socket, scheme: str) -> str:
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
