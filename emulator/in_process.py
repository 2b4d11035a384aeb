"""The server inside the program that uses it, without a socket: clients call it directly."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from emulator.settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from emulator.direct.control import DirectControl
    from emulator.direct.shared_loop import SharedLoop
    from emulator.domain.ports import Backend

# Nothing listens there: it is a name that the server answers to.
_URL: Final = "http://localhost"
# Seconds that open answers get to end by themselves when the server stops.
_GRACE: Final = 0.2


class InProcess:
    """The emulator without a socket; a context manager, also in a program that runs in an event loop.

    script: a scenario file (YAML, JSON or Python) or a backend, in addition to those of ``settings``. A request is
    answered on the thread that waits for it, so scripts in Python run there.

        with InProcess(script="orders.yaml") as server:
            client = OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=server.http_client())
    """

    def __init__(self, settings: Settings | None = None, *, script: "Path | str | Backend | None" = None) -> None:
        self.settings = (settings or Settings()).with_script(script)
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
        """Return the base URL for clients of namespace ``name``."""
        return f"{self.url}/ns/{name}/v1"

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
