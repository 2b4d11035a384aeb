"""The server inside the program that uses it, without a socket: clients call it directly."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from emulator.harness.emulator import Emulator
from emulator.harness.hosted import Hosted
from emulator.harness.names import namespace_name
from emulator.settings import Script, Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from emulator.direct.control import DirectControl
    from emulator.direct.shared_loop import SharedLoop
    from emulator.domain.ports import Backend

# Nothing listens there: it is a name that the server answers to.
_URL: Final = "http://localhost"
# Seconds that open answers get to end by themselves when the server stops.
_GRACE: Final = 0.2


class InProcess(Hosted):
    """The emulator without a socket; a context manager, also in a program that runs in an event loop.

    script, set: as of `LiveServer`. A request is answered on the thread that waits for it, so scripts in Python run
    there.

        with InProcess(script="orders.yaml") as server:
            client = OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=server.http_client())
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        script: "Script | Sequence[Script] | Backend | None" = None,
        set: Mapping[str, str] | None = None,  # noqa: A002 - as the option of the command is called
    ) -> None:
        self.settings = (settings or Settings()).with_scripts(script, set or {})
        self._app: Starlette | None = None
        self._loop: SharedLoop | None = None
        self._lifespan = AsyncExitStack()

    @property
    def url(self) -> str:
        """``http://localhost``: only the clients that are made here find the server there."""
        return _URL

    @property
    def base_url(self) -> str:
        """The base URL for clients."""
        return f"{self.url}/v1"

    def ns_url(self, name: str) -> str:
        """Return the base URL for clients of a namespace. name: any text, of which a name is made if it is none."""
        return f"{self.url}/ns/{namespace_name(name)}/v1"

    @property
    def control(self) -> "DirectControl":
        """The control API: ``send(method, path, body, media_type)`` returns status and body."""
        from emulator.direct.control import DirectControl  # noqa: PLC0415 - loaded with the server

        return DirectControl(self._running(), self.settings.control_token)

    def http_client(self, **options: Any) -> Any:
        """Return an HTTP client for `OpenAI(http_client=…)`; options: of `httpx.Client` (httpx2 since openai 3)."""
        from emulator.direct.clients import http_client  # noqa: PLC0415 - as above

        return http_client(self._running(), **options)

    def async_http_client(self, **options: Any) -> Any:
        """Return an HTTP client for `AsyncOpenAI`, on asyncio; options: of `httpx.AsyncClient`."""
        from emulator.direct.clients import async_http_client  # noqa: PLC0415 - as above

        return async_http_client(self._running(), **options)

    def _as_emulator(self) -> Emulator:
        return _DirectEmulator(self)

    def play(self, namespace: str, backend: "Backend") -> None:
        """Let a namespace play a backend, in place of its scripts."""
        app = self._app
        if app is None:
            raise RuntimeError("the server has not been started")
        self._running().run(app.state.play(namespace, backend))

    def start(self) -> Self:
        """Start; raise the error if it cannot start."""
        if self._loop is not None:
            raise RuntimeError("the server is already running")
        from emulator.app import create_app  # noqa: PLC0415 - imported once a server is wanted
        from emulator.direct.shared_loop import SharedLoop  # noqa: PLC0415 - as above

        self._app = app = create_app(self.settings)
        self._loop = SharedLoop(app)
        try:
            self._loop.run(self._lifespan.enter_async_context(app.router.lifespan_context(app)))
        except BaseException:
            self._end()
            raise
        return self

    def stop(self) -> None:
        """Stop, and return once all has ended; no effect if the server does not run."""
        if self._loop is not None:
            self._close_emulator()
            _apart(self._stop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _running(self) -> "SharedLoop":
        if self._loop is None:
            raise RuntimeError("the server has not been started")
        return self._loop

    def _stop(self) -> None:
        try:
            self._running().run(self._leave())
        finally:
            self._end()

    async def _leave(self) -> None:
        """End what is under way, and stop the app."""
        if self._app is not None:
            self._app.state.close_streams()
            self._app.state.stop_reading()
        await self._running().site.end(_GRACE)
        await self._lifespan.aclose()

    def _end(self) -> None:
        loop, self._loop, self._app = self._running(), None, None
        _apart(loop.close)


def _apart(work: Callable[[], None]) -> None:
    """Do what ends a loop, on another thread if a loop is running on this one."""
    if asyncio._get_running_loop() is None:  # noqa: SLF001 - exported by asyncio for those who run loops
        work()
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


class _DirectEmulator(Emulator):
    """A server without a socket: all its clients call it directly."""

    has_socket = False

    def __init__(self, server: InProcess) -> None:
        super().__init__(server.url, server.control, server.play)
        self._server = server

    def http_client(self) -> Any:
        return self._server.http_client()

    def async_http_client(self) -> Any:
        return self._server.async_http_client()

    def transport(self) -> Any:
        return self.http_client()

    def async_transport(self) -> Any:
        return self.async_http_client()
