"""The active runs of a namespace, by the thread that each of them locks."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.engine.run_task import RunTask


class Runs:
    """Runs that are not over. A thread has at most one."""

    def __init__(self) -> None:
        self._by_thread: dict[str, RunTask] = {}

    def __iter__(self) -> Iterator["RunTask"]:
        """Iterate over a copy: runs may end meanwhile."""
        return iter(tuple(self._by_thread.values()))

    def active(self, thread_id: str) -> "RunTask | None":
        """Return the run that locks a thread."""
        return self._by_thread.get(thread_id)

    def find(self, run_id: str) -> "RunTask | None":
        """Return an active run by its id."""
        return next((task for task in self if task.run["id"] == run_id), None)

    def add(self, task: "RunTask") -> None:
        """Let a run lock its thread."""
        self._by_thread[task.run["thread_id"]] = task

    def discard(self, task: "RunTask") -> None:
        """Unlock the thread of a run that is over; no effect where another run has it."""
        if self._by_thread.get(task.run["thread_id"]) is task:
            del self._by_thread[task.run["thread_id"]]

    async def settle(self, thread_id: str) -> None:
        """Wait until no action of the thread's run can continue without the clock or the client."""
        while (task := self._by_thread.get(thread_id)) and not task.settled.is_set():
            await task.settled.wait()

    async def settle_all(self) -> None:
        """Wait until every run has settled."""
        while busy := [task for task in self if not task.settled.is_set()]:
            await asyncio.gather(*(task.settled.wait() for task in busy))

    def resume(self) -> None:
        """Let every run continue that only shows a status."""
        for task in self:
            task.resume()

    def stop(self) -> list["asyncio.Task[None]"]:
        """Stop every run; the next start resumes what is stored. Return the tasks that are now ending."""
        ending = [ended for task in self if (ended := task.stop()) is not None]
        self._by_thread.clear()
        return ending
