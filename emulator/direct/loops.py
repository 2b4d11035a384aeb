"""Waiting for what an app does on its event loop, from other threads and from other event loops."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from emulator.direct.cycle import Notify, Site
from emulator.domain.errors import EmulatorError

# Called on the loop, with what is to be called there once whoever asks may go on.
Ask = Callable[[Notify], None]


class NotRunningError(EmulatorError):
    """The server has not been started, or it has stopped."""


class AppLoop(Protocol):
    """An app on its event loop, for those who wait for it elsewhere."""

    @property
    def site(self) -> Site:
        """The app and its loop."""

    def wait(self, ask: Ask, timeout: float | None = None) -> bool:
        """Return once what is asked for has come; after so many seconds return False. Raises `NotRunningError`."""

    async def wait_async(self, ask: Ask, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - as above
        """Do the same, while the event loop of the caller goes on."""

    def post(self, work: Callable[[], None]) -> None:
        """Have work done on the loop soon, and do not wait for it; without a running server do nothing.

        The garbage collector may call this at any point, so no lock is waited for.
        """


class LoopOfThread:
    """An app whose loop runs on a thread of its own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._waiting: set[Notify] = set()
        self._is_closed = False

    def wait(self, ask: Ask, timeout: float | None = None) -> bool:
        """Return once what is asked for has come."""
        news = threading.Lock()
        news.acquire()
        notify = news.release
        self._call(ask, notify)
        try:
            return news.acquire(timeout=-1 if timeout is None else timeout)
        finally:
            self._waiting.discard(notify)

    async def wait_async(self, ask: Ask, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - of the port
        """Do the same, while the event loop of the caller goes on."""
        news = HostFuture(timeout)
        notify = news.come
        self._call(ask, notify)
        try:
            return await news.wait()
        finally:
            self._waiting.discard(notify)

    def post(self, work: Callable[[], None]) -> None:
        """Have work done soon."""
        with suppress(RuntimeError):  # the loop has ended
            self.site.loop.call_soon_threadsafe(work)

    def close(self) -> None:
        """Let go whoever waits for a loop that has ended; next time, they are told so."""
        self._is_closed = True
        for notify in list(self._waiting):
            with suppress(RuntimeError):  # it has been notified
                notify()

    def _call(self, ask: Ask, notify: Notify) -> None:
        if asyncio._get_running_loop() is self.site.loop:  # noqa: SLF001 - exported for those who run loops
            raise RuntimeError("a script cannot wait for the server that plays it")
        self._waiting.add(notify)
        try:
            self.site.loop.call_soon_threadsafe(ask, notify)
        except RuntimeError:  # the loop has ended
            self._is_closed = True
        if self._is_closed:
            self._waiting.discard(notify)
            raise NotRunningError("the server is not running")


class HostFuture:
    """What a coroutine on another loop waits for; `come` may be called on any thread."""

    def __init__(self, timeout: float | None = None) -> None:
        self.host = asyncio.get_running_loop()
        self._future: asyncio.Future[bool] = self.host.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self.limit(timeout)

    def limit(self, timeout: float | None) -> None:
        """Wait for so many seconds at most."""
        if timeout is not None:
            self._timer = self.host.call_later(timeout, self.settle, False)  # noqa: FBT003 - what it is settled with

    def come(self) -> None:
        """Let the coroutine go on."""
        with suppress(RuntimeError):  # its loop has ended
            self.host.call_soon_threadsafe(self.settle)

    def settle(self, outcome: bool = True) -> None:  # noqa: FBT001, FBT002 - what `wait` returns
        """Let the coroutine go on; called on its loop."""
        if not self._future.done():
            self._future.set_result(outcome)

    def fail(self, error: Exception) -> None:
        """Raise an error in the coroutine; called on its loop."""
        if not self._future.done():
            self._future.set_exception(error)

    async def wait(self) -> bool:
        """Return whether it has come in time."""
        try:
            return await self._future
        finally:
            if self._timer is not None:
                self._timer.cancel()
