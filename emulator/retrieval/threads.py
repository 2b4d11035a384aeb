"""Work on a thread of its own, which nobody waits for at the end of the process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


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
