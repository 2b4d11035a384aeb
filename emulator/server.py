"""Runs the app on the current thread, until it is stopped or a signal comes."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import uvicorn

from emulator.connection import Connection
from emulator.direct.cycle import Site
from emulator.domain.errors import EmulatorError
from emulator.listening import OpenHostError, ServeError, bound, is_loopback, tls_of, url_of
from emulator.settings import Settings
from emulator.turns import Turns

App = Callable[[Any, Any, Any], Awaitable[None]]
Ready = Callable[[str], None]
T = TypeVar("T")

# Seconds that open responses get to end by themselves when the server stops.
GRACE = 2.0
# What asks for the health of the server does not wait behind a crowd.
_AT_ONCE = "/_emulator/"
# Pooled connections outlive the pauses of a test, so that no request meets a connection that is just being closed.
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
    grace: float = GRACE,
    drain_delay: float = 0.0,
) -> None:
    """Serve until SIGINT or SIGTERM. Port 0: any free one. ready: called with the URL once requests are accepted.

    certfile, keyfile: PEM files for TLS; the key may be in the certificate's file. grace: seconds that open responses
    get to end. drain_delay: seconds before that in which the server says that it is not ready, and still answers.

    Raises `PortTakenError`, `OpenHostError` (other machines could connect and there is no control token, unless
    ``allow_open``), `ServeError`, and the errors of `create_app`.
    """
    if not (allow_open or settings.control_token or is_loopback(host)):
        raise OpenHostError(
            f"{host} can be reached from other machines: set a control token (--control-token, or"
            " EMULATOR_CONTROL_TOKEN), or allow it with --allow-open"
        )
    tls = tls_of(certfile, keyfile)
    # The host is a name that the server answers to; the zone of an address is of this machine alone.
    settings = replace(settings, hosts=(*settings.hosts, host.partition("%")[0] or "0.0.0.0"))  # noqa: S104 - as socket reads it
    with bound(host, port) as sock:
        Server(load_app(settings), sock, ready=ready, tls=tls, grace=grace, drain_delay=drain_delay).serve_here()


class Server(uvicorn.Server):
    """Uvicorn that reports when it is ready, and that stops on an event instead of polling ten times a second.

    site: its app and event loop once it has started, for clients in the same process.

    It stops in steps: the app says that it is not ready; for `drain_delay` seconds requests are answered as ever, so
    that whoever shares them out can notice; then none is accepted any more, and those under way have `grace` seconds;
    then the app ends. A second signal ends all of that at once.
    """

    def __init__(
        self,
        app: App,
        sock: socket.socket,
        *,
        ready: Ready | None,
        grace: float = GRACE,
        drain_delay: float = 0.0,
        tls: Mapping[str, Any] | None = None,
    ) -> None:
        self._app = app
        self._drain_delay = drain_delay
        self._is_draining = False
        self._sock = sock
        self._ready = ready
        self._grace = grace
        self._failure: BaseException | None = None
        self._stopped: asyncio.Event | None = None
        self._forced: asyncio.Event | None = None
        self.site: Site | None = None
        super().__init__(
            uvicorn.Config(
                self.asgi,
                interface="asgi3",
                http=Connection,
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                # The app itself writes the headers of the real service.
                date_header=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE,
                # Only reached by a task that outlives its aborted connection (see shutdown).
                timeout_graceful_shutdown=round(grace) + 3,
                **(tls or {}),
            )
        )
        self._turns = Turns(self.server_state.tasks)

    def serve_here(self) -> None:
        """Serve on this thread until `stop` is called."""
        # If the app cannot start, uvicorn raises SystemExit or just returns, depending on its version.
        with contextlib.suppress(SystemExit):
            self.run(sockets=[self._sock])
        if not self.started:
            raise self._failure or ServeError("the app could not start")

    def stop(self) -> None:
        """Stop; may be called from any thread or signal handler."""
        self.should_exit = True
        if self.site and self._stopped:
            self.site.loop.call_soon_threadsafe(self._stopped.set)

    def call(self, do: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Do something with the app on the server's thread, from any other; return what comes of it."""
        if self.site is None:
            raise RuntimeError("the server does not run")
        return asyncio.run_coroutine_threadsafe(do(self._app), self.site.loop).result()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a signal handler
        """Stop on a signal; a second one stops at once."""
        # Not stored as uvicorn does, which would raise the signal again at the end: a requested stop is no failure.
        if self.should_exit:
            self.force_exit = True
            if self.site and self._forced:
                self.site.loop.call_soon_threadsafe(self._forced.set)
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and report that requests are accepted."""
        self.site = Site(self.asgi, asyncio.get_running_loop())
        self._stopped, self._forced = asyncio.Event(), asyncio.Event()
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._has_more_to_say)
        try:
            await super().startup(sockets)
        finally:
            log.removeFilter(self._has_more_to_say)
        if self.started and self._ready:
            self._ready(url_of(self._sock, "https" if self.config.is_ssl else "http"))

    def _has_more_to_say(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - the signature of a filter
        """Return whether uvicorn's log may speak: an error that the app raises on purpose says enough."""
        return not isinstance(self._failure, EmulatorError)

    async def main_loop(self) -> None:
        """Wait until `stop` is called, and until whoever shares out requests had time to notice."""
        if self._stopped and not self.should_exit:
            await self._stopped.wait()
        self._is_draining = True
        if (readiness := getattr(self._state(), "readiness", None)) is not None:
            readiness.drain()
        if self._forced and self._drain_delay > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._forced.wait(), self._drain_delay)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections, by force once the grace period is over or a second signal comes."""
        ending = asyncio.create_task(self._end(sockets))
        forced = asyncio.create_task(self._forced.wait()) if self._forced else None
        await asyncio.wait([task for task in (ending, forced) if task], return_when=asyncio.FIRST_COMPLETED)
        for task in (ending, forced):
            if task is not None and not task.done():
                task.cancel()
        if ending.done():
            await ending

    async def _end(self, sockets: list[socket.socket] | None) -> None:
        loop, state = asyncio.get_running_loop(), self._state()
        # A stream whose run goes on elsewhere may come to its own end in time. Where this is the only server, streams
        # of waiting runs, and requests about a file that is read for long, would stay open until the grace period is
        # over, so the app ends them itself.
        late: list[asyncio.TimerHandle] = []
        if getattr(state, "streams_end_elsewhere", False):
            for server in self.servers:
                server.close()
            late = [loop.call_later(self._grace, self._end_streams), loop.call_later(self._grace + 1, self._abort_all)]
        else:
            self._end_streams()
        if self.site is not None:
            await self.site.end(self._grace)
        late = late or [loop.call_later(self._grace, self._abort_all)]
        await super().shutdown(sockets)
        for call in late:
            call.cancel()

    def _state(self) -> Any:
        return getattr(self._app, "state", None)

    def _end_streams(self) -> None:
        state = self._state()
        for end in (getattr(state, "close_streams", None), getattr(state, "stop_reading", None)):
            if end is not None:
                end()

    def _abort_all(self) -> None:
        """Abort all connections: to the app, the clients have gone away, so its streams end without an error."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

    def asgi(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """Answer a request, in its turn."""
        if scope["type"] == "lifespan":
            return self._lifespan(scope, receive, send)
        if self._is_draining:  # whoever keeps the connection would send the next request where none is accepted
            send = _closing(send)
        if self._turns.is_crowded and not scope["path"].startswith(_AT_ONCE):
            return self._in_turn(scope, receive, send)
        return self._app(scope, receive, send)

    async def _in_turn(self, scope: Any, receive: Any, send: Any) -> None:
        await self._turns.begin()
        await self._app(scope, receive, send)

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        """Keep the error of an app that cannot start, to raise it later; uvicorn would only log it."""
        answered = False

        async def forward(message: Any) -> None:
            nonlocal answered
            if message["type"] == "lifespan.startup.failed":  # the error itself follows
                return
            answered = True
            if message["type"] == "lifespan.shutdown.failed" and self.force_exit:  # cut off on purpose
                message = {**message, "message": ""}
            await send(message)

        try:
            await self._app(scope, receive, forward)
        except Exception as error:
            if answered:
                raise
            self._failure = error
        if not answered:
            await send({"type": "lifespan.startup.failed", "message": ""})


def _closing(send: Any) -> Any:
    """Return what sends an answer, and says that its connection takes no more requests."""

    async def closing(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [header for header in message.get("headers", ()) if header[0].lower() != b"connection"]
            message = {**message, "headers": [*headers, (b"connection", b"close")]}
        await send(message)

    return closing


def load_app(settings: Settings) -> App:
    """Create the app; call this on the thread that will serve it."""
    from emulator.app import create_app  # noqa: PLC0415 - imported once the port is bound

    return create_app(settings)
