"""An event loop that runs on the thread of whoever waits for something that happens on it.

Handing a request over to another thread costs as much as a socket. So a program that waits for an answer runs the loop
itself meanwhile. Of several threads that wait one leads: it runs the loop for all of them, and when it has its own
answer, another one takes over. A coroutine lets the loop run between two callbacks of its own loop, as long as there is
something to be done at once.

For everything else there is a helper thread. It leads for those who cannot (a program that runs in an event loop, and
coroutines that wait for a clock), and whenever nobody has led for a moment, so that clocks, runs and files go on while
the program does something else.
"""

import asyncio
import selectors
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from emulator.direct.cycle import App, Notify, Site
from emulator.direct.loops import Ask, HostFuture, NotRunningError

T = TypeVar("T")

# Seconds without a request after which the helper leads.
_PAUSE: Final = 0.05
# There the loop that waits for processes is one that lets no other selector in, so that the helper always leads.
_HAS_SELECTORS: Final = sys.platform != "win32"


class _Selector(selectors.DefaultSelector):
    """A selector that knows when its loop has nothing left to do at once, and then calls `idle` in place of waiting."""

    idle: Callable[[], None] | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready."""
        if self.idle is not None and timeout != 0:
            self.idle()
            timeout = 0
        return super().select(timeout)


class _Waiter:
    """Somebody who waits. can_lead: whether it may run the loop; leads: whether it does. wake: lets it look up."""

    __slots__ = ("can_lead", "has_news", "is_late", "leads", "wake")

    def __init__(self, wake: Callable[[], None], *, can_lead: bool) -> None:
        self.wake = wake
        self.can_lead = can_lead
        self.leads = self.has_news = self.is_late = False


class SharedLoop:
    """An app and its loop, from `open` to `close`."""

    def __init__(self, app: App) -> None:
        self._selector = _Selector() if _HAS_SELECTORS else None
        factory = partial(asyncio.SelectorEventLoop, self._selector) if self._selector else asyncio.new_event_loop
        self._runner = asyncio.Runner(loop_factory=factory)
        self.site = Site(app, self._runner.get_loop())
        # Guards what follows.
        self._mutex = threading.Lock()
        self._waiters: dict[_Waiter, None] = {}
        self._is_led = False
        self._helper_leads = False
        self._is_closed = False
        self._turns = 0  # how often somebody has led
        self._wanted = threading.Lock()  # released when the helper is needed at once
        self._wanted.acquire()
        self._helper = threading.Thread(target=self._help, name="assistants-emulator", daemon=True)
        self._helper.start()

    # --- waiting ----------------------------------------------------------------------------------------------------

    def wait(self, ask: Ask, timeout: float | None = None) -> bool:
        """Return once what is asked for has come; after so many seconds return False."""
        woken = threading.Lock()
        woken.acquire()
        waiter = _Waiter(woken.release, can_lead=self._may_lead())
        try:
            return self._wait(waiter, woken, ask, timeout)
        except BaseException:  # an interrupt, say, which may come at any point
            if not self._gives_up(waiter) and waiter.leads:
                self._leave()
            raise

    def _wait(self, waiter: _Waiter, woken: threading.Lock, ask: Ask, timeout: float | None) -> bool:
        notify = partial(self._notify, waiter)
        if waiter.can_lead and self._begin_to_lead(waiter):
            self.site.loop.call_soon(ask, notify)  # behind the timers that are due
            return self._lead(waiter, timeout)
        deadline = None if timeout is None else self.site.loop.time() + timeout
        self._join(waiter, ask, notify)
        is_late = not woken.acquire(timeout=-1 if timeout is None else timeout)
        if is_late and self._gives_up(waiter):
            return False
        if waiter.leads:
            return self._lead(waiter, None if deadline is None else deadline - self.site.loop.time())
        return True

    async def wait_async(self, ask: Ask, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - of the port
        """Do the same, while the event loop of the caller goes on."""
        self._check_running()
        news = HostFuture()
        waiter = _Waiter(news.come, can_lead=False)
        # As a callback: within a task, no other loop can run.
        news.host.call_soon(self._lead_a_little, waiter, ask, news, timeout)
        try:
            return await news.wait()
        finally:
            with self._mutex:
                self._waiters.pop(waiter, None)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns on the loop, or raise what it raises."""
        tasks: list[asyncio.Task[T]] = []

        def ask(notify: Notify) -> None:
            tasks.append(self.site.loop.create_task(coroutine))
            tasks[0].add_done_callback(lambda _: notify())

        self.wait(ask)
        return tasks[0].result()

    def post(self, work: Callable[[], None]) -> None:
        """Have work done on the loop soon: before the next request, or by the helper."""
        with suppress(RuntimeError):  # the loop has ended
            self.site.loop.call_soon_threadsafe(work)

    def close(self) -> None:
        """End the loop with everything on it; not on a thread that runs another loop."""
        with self._mutex:
            self._is_closed = True
            if self._helper_leads:
                self.site.loop.call_soon_threadsafe(self.site.loop.stop)
        self._call_helper()
        self._helper.join()
        woken = threading.Lock()
        woken.acquire()
        with self._mutex:
            if self._is_led:  # by a thread that has just been told that its request is over
                self._waiters[_Waiter(woken.release, can_lead=True)] = None
            else:
                woken.release()
        woken.acquire()
        self._runner.close()
        for waiter in list(self._waiters):  # who asked too late: next time, they are told so
            waiter.wake()

    # --- who leads --------------------------------------------------------------------------------------------------

    def _check_running(self) -> None:
        if self._is_closed:
            raise NotRunningError("the server is not running")

    def _may_lead(self) -> bool:
        self._check_running()
        running = asyncio._get_running_loop()  # noqa: SLF001 - as above
        if running is self.site.loop:
            raise RuntimeError("a script cannot wait for the server that plays it")
        return running is None and self._selector is not None

    def _begin_to_lead(self, waiter: _Waiter | None = None) -> bool:
        """Return whether the caller leads from now on. waiter: who that is; None: the helper."""
        with self._mutex:
            if self._is_led or self._is_closed:
                return False
            if waiter is not None:
                waiter.leads = True
            self._is_led = True
            self._helper_leads = waiter is None
            self._turns += 1
            return True

    def _leave(self) -> None:
        """Let another one lead."""
        with self._mutex:
            self._helper_leads = False
            for waiter in self._waiters:
                if waiter.can_lead:
                    del self._waiters[waiter]
                    waiter.leads = True
                    waiter.wake()
                    return
            self._is_led = False
            needs_helper = bool(self._waiters)
        if needs_helper:
            self._call_helper()

    def _join(self, waiter: _Waiter, ask: Ask, notify: Notify) -> None:
        """Wait while others lead."""
        with self._mutex:
            self._check_running()
            self._waiters[waiter] = None
            is_led = self._is_led
        self.site.loop.call_soon_threadsafe(ask, notify)
        if not is_led:
            self._call_helper()

    def _gives_up(self, waiter: _Waiter) -> bool:
        """Return whether somebody whose time is over may go; False if it has news by now, or leads."""
        with self._mutex:
            if waiter.leads or waiter.has_news:
                return False
            self._waiters.pop(waiter, None)
            return True

    def _notify(self, waiter: _Waiter) -> None:
        """Let somebody go on who waits; called on the loop."""
        with self._mutex:
            waiter.has_news = True
            if waiter.leads:
                self.site.loop.stop()
                return
            self._waiters.pop(waiter, None)
            helper_is_done = self._helper_leads and not self._waiters
        waiter.wake()
        if helper_is_done:  # the next request finds nobody leading, and is faster
            self.site.loop.stop()

    # --- leading ----------------------------------------------------------------------------------------------------

    def _lead(self, waiter: _Waiter, timeout: float | None) -> bool:
        """Run the loop until somebody has what it waits for, or is late; then leave it to others."""
        timer: asyncio.TimerHandle | None = None
        try:
            self._run_what_is_ready()
            if not waiter.has_news and timeout is not None:
                timer = self.site.loop.call_later(max(0.0, timeout), self._be_late, waiter)
            while not (waiter.has_news or waiter.is_late):
                self.site.loop.run_forever()
            return waiter.has_news
        finally:
            waiter.leads = False
            if timer is not None:
                timer.cancel()
            self._leave()

    def _be_late(self, waiter: _Waiter) -> None:
        waiter.is_late = True
        self.site.loop.stop()

    def _lead_a_little(self, waiter: _Waiter, ask: Ask, news: HostFuture, timeout: float | None) -> None:
        """Run the loop from a callback of another one, as long as something is to be done at once."""
        notify = partial(self._notify, waiter)
        try:
            if self._selector is not None and self._begin_to_lead(waiter):
                try:
                    self.site.loop.call_soon(ask, notify)
                    self._run_within(news.host)
                finally:
                    with self._mutex:
                        waiter.leads = False
                        if not waiter.has_news:
                            self._waiters[waiter] = None
                    self._leave()
            else:
                self._join(waiter, ask, notify)
        except NotRunningError as error:
            news.fail(error)
        else:
            if waiter.has_news:
                news.settle()
            else:
                news.limit(timeout)

    def _run_within(self, host: asyncio.AbstractEventLoop) -> None:
        asyncio._set_running_loop(None)  # noqa: SLF001 - exported by asyncio for those who run loops
        try:
            self._run_what_is_ready()
        finally:
            asyncio._set_running_loop(host)  # noqa: SLF001 - as above

    def _run_what_is_ready(self) -> None:
        """Run the loop until it is stopped or would have to wait."""
        if self._selector is None:
            return
        self._selector.idle = self.site.loop.stop
        try:
            self.site.loop.run_forever()
        finally:
            self._selector.idle = None

    # --- the helper -------------------------------------------------------------------------------------------------

    def _call_helper(self) -> None:
        with suppress(RuntimeError):  # it has been called already
            self._wanted.release()

    def _help(self) -> None:
        """Lead when that is needed, or when nobody has led for a moment."""
        turns = 0
        while not self._is_closed:
            is_wanted = self._wanted.acquire(timeout=_PAUSE)
            if not is_wanted and self._turns != turns:
                turns = self._turns
            elif self._begin_to_lead():
                try:
                    with suppress(SystemExit):  # of a script: it ends no thread that others wait for
                        self.site.loop.run_forever()
                finally:
                    self._leave()
                turns = self._turns
