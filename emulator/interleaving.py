"""Requests of several programs let in one by one, in an order that a test has chosen; the others wait."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.request_order import RequestOrder, stalled


@dataclass(eq=False, slots=True)
class _Waiter:
    """A request that is not due yet. name: method and path. takes_turn: whether others wait until it has ended."""

    name: str
    admitted: asyncio.Future[None]
    takes_turn: bool = True


class Admission:
    """A request that was let in; the next one is when this one has ended. leave: ends it; None: nobody waits for it."""

    __slots__ = ("_leave",)

    def __init__(self, leave: Callable[[], Awaitable[None]] | None = None) -> None:
        self._leave = leave

    async def end(self) -> None:
        """Let the next one in; once only."""
        leave, self._leave = self._leave, None
        if leave is not None:
            await leave()


class Ordered(Protocol):
    """Requests of one namespace's programs that are let in one by one. programs: whose."""

    @property
    def programs(self) -> Collection[str]:
        """Whose requests."""

    async def enter(self, program: str, name: str, leaving: Callable[[], Coroutine[Any, Any, Any]]) -> Admission | None:
        """Wait until a request of a program is due; None where its client has gone before.

        name: method and path. leaving: waits until the client goes away. Raises `BrokenConnectionError` where the
        server stops meanwhile.
        """

    def open(self) -> None:
        """Let all requests in, as they come."""

    def stop(self) -> None:
        """Break off the requests that wait."""


class Interleaving:
    """The requests of one namespace's programs, while an order is set.

    order: how far it has come. patience: seconds until one that waits for a program which sends nothing is let in
    anyway, and all others with it. stalled: what is said about that.
    """

    def __init__(self, order: RequestOrder, patience: float) -> None:
        self.order = order
        self.stalled: str | None = None
        self._patience = patience
        self._waiting: dict[str, deque[_Waiter]] = {program: deque() for program in order.programs}
        self._is_busy = False
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def programs(self) -> Collection[str]:
        """The programs."""
        return self.order.programs

    @property
    def waiting(self) -> list[str]:
        """The programs whose requests wait."""
        return [program for program, waiters in self._waiting.items() if waiters]

    async def enter(self, program: str, name: str, leaving: Callable[[], Coroutine[Any, Any, Any]]) -> Admission | None:
        """Wait until a request of a program is due; None where its client has gone before.

        name: method and path. leaving: waits until the client goes away. Raises `BrokenConnectionError` where the
        server stops meanwhile.
        """
        waiter = _Waiter(name, asyncio.get_running_loop().create_future())
        if self._is_over or program in self.order.ended:
            self._pass(waiter)
        else:
            self._waiting[program].append(waiter)
            self._let_in()
        if not waiter.admitted.done() and not await self._wait(program, waiter, leaving()):
            return None
        waiter.admitted.result()
        return Admission(self._leave if waiter.takes_turn else None)

    async def _wait(self, program: str, waiter: _Waiter, leaving: Coroutine[Any, Any, Any]) -> bool:
        """Return whether a request was let in before its client went away."""
        gone: asyncio.Task[Any] = asyncio.create_task(leaving)
        try:
            await asyncio.wait((waiter.admitted, gone), return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._withdraw(program, waiter)
            raise
        finally:
            gone.cancel()
        if not waiter.admitted.done():
            self._withdraw(program, waiter)
            return False
        return True

    async def _leave(self) -> None:
        self.leave()

    def leave(self) -> None:
        """Let the next request in, behind the last."""
        self._is_busy = False
        self._let_in()

    def end(self, program: str) -> None:
        """Pass over a program from now on; requests that it sends nevertheless take no turn.

        Those that wait are broken off: a client that gave up on one may not have been missed yet.
        """
        self.order = self.order.end(program)
        while waiters := self._waiting[program]:
            self._break(waiters.popleft())
        self._let_in()

    def open(self) -> None:
        """Let all requests in, as they come."""
        for waiter in self._close():
            self._pass(waiter)

    def stop(self) -> None:
        """Break off the requests that wait."""
        for waiter in self._close():
            self._break(waiter)

    def _close(self) -> list[_Waiter]:
        """End the order; return the requests that waited."""
        self._is_over = True
        self._disarm()
        waiters = [waiter for waiters in self._waiting.values() for waiter in waiters]
        for queue in self._waiting.values():
            queue.clear()
        return waiters

    def _pass(self, waiter: _Waiter) -> None:
        waiter.takes_turn = False
        waiter.admitted.set_result(None)

    def _break(self, waiter: _Waiter) -> None:
        waiter.takes_turn = False
        waiter.admitted.set_exception(BrokenConnectionError())

    def _let_in(self) -> None:
        """Let in the request that is due, if it is here and no other is under way."""
        self._disarm()
        if self._is_over or self._is_busy:
            return
        if waiters := self._waiting.get(self.order.due or ""):
            self._is_busy = True
            self.order = self.order.admit()
            waiters.popleft().admitted.set_result(None)
        elif self.waiting:
            self._timer = asyncio.get_running_loop().call_later(self._patience, self._give_up)

    def _give_up(self) -> None:
        first = [(program, waiters[0].name) for program, waiters in self._waiting.items() if waiters]
        self.stalled = stalled(self.order, first, self._patience)
        self.open()

    def _withdraw(self, program: str, waiter: _Waiter) -> None:
        """Take back a request whose client has gone."""
        if waiter in self._waiting[program]:
            self._waiting[program].remove(waiter)
            self._let_in()
        elif waiter.takes_turn:
            self.leave()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
