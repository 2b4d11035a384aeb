"""Runs the app on this thread, until it is told to stop or a signal comes."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from emulator.listening import OpenHostError, ServeError, bound, is_loopback, tls_of, url_of
from emulator.settings import Settings

App = Callable[[Any, Any, Any], Awaitable[None]]
Ready = Callable[[str], None]

# Seconds that open answers get to end by themselves once the server was told to stop.
GRACE = 2.0
# A pooled connection outlives the pauses of a test, so that no request meets a connection that is just being closed.
KEEP_ALIVE = 120


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
    tls = tls_of(certfile, keyfile)
    with bound(host, port) as sock:
        Server(load_app(settings), sock, ready=ready, tls=tls).serve_here()


class Server(uvicorn.Server):
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
        """Take a signal to end; a second Ctrl-C ends at once."""
        # Not noted where uvicorn would raise the signal once more at the end: being told to stop is no failure.
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell that connections are answered."""
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        if self.started and self._ready:
            self._ready(url_of(self._sock, "https" if self.config.is_ssl else "http"))

    async def main_loop(self) -> None:
        """Wait until told to stop."""
        if self._told and not self.should_exit:
            await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, by force once the grace is over."""
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


def load_app(settings: Settings) -> App:
    """Return the app; on the thread that will serve it."""
    from emulator.app import create_app  # noqa: PLC0415 - the web framework loads once the port is ours

    return create_app(settings)
