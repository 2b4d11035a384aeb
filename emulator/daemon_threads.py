"""Work beside the event loop, on threads of its own, which nobody waits for at the end of the process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

from emulator.domain.errors import ServerStopsError

T = TypeVar("T")


class Workers:
    """Lets at most so many pieces of work run at a time; the others follow in the order they came."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._turns = asyncio.Semaphore(most)
        self._are_stopped = False

    async def compute(self, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises, when its turn has come. Raises `ServerStopsError`."""
        async with self._turns:
            if self._are_stopped:
                raise ServerStopsError
            return await in_thread(work, self._name)

    def stop(self) -> None:
        """Begin nothing any more."""
        self._are_stopped = True


async def in_thread(work: Callable[[], T], name: str) -> T:
    """Return what the work returns, or raise what it raises. If cancelled, it goes on, and nobody hears of it.

    Not on the threads of `asyncio.to_thread`: the end of the loop waits for those, and so does whoever comes next when
    all of them are busy.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            settle = partial(_succeed, outcome, work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            settle = partial(_fail, outcome, error)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle)

    Thread(target=run, name=name, daemon=True).start()
    return await outcome


def _succeed(outcome: "asyncio.Future[T]", result: T) -> None:
    if not outcome.done():
        outcome.set_result(result)


def _fail(outcome: "asyncio.Future[T]", error: BaseException) -> None:
    if not outcome.done():
        outcome.set_exception(error)
