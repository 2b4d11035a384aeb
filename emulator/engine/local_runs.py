"""Runs that are played in this process: a task for each that is not over."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from emulator.domain import refusals, waiting
from emulator.domain.config import ClockChange
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.run_requests import RunRequests
from emulator.engine.run_task import RunTask
from emulator.engine.start import stored_turn
from emulator.machine_time import pass_seconds
from emulator.store.database import DatabaseError
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunAction

# Seconds of the machine's time after which a run that could not be written is tried again, while it is streamed.
RETRY_SECONDS: Final = 1.0


class LocalRuns(RunRequests):
    """The runs of a namespace, played by this process."""

    def __init__(self, namespace: Namespace) -> None:
        super().__init__(namespace)
        self._by_thread: dict[str, RunTask] = {}
        # By thread: those that could not be written, and go on from the store with the next request for them.
        self._interrupted: dict[str, RunTask] = {}
        self._going_on = asyncio.Lock()
        self._trying: dict[str, asyncio.Task[None]] = {}  # by thread, too

    # --- playing ----------------------------------------------------------------------------------------------------

    async def launch(self, tx: Transaction, row: Row, view: ModelView, turn: Turn) -> None:
        """Play a run that a transaction adds, once that is kept. row: its columns."""
        tx.after_commit(partial(self._start, RunTask(self._namespace, tx, row, view, turn)))

    async def resume(self, run_id: str, told: Any = None, *, pauses: Mapping[str, Any] | None = None) -> None:
        """Go on with a run that is in the store: its script is played again against the action log.

        told: what followers know of it, as its transcript says it. pauses: of `pauses`, where it is to go on as it was.
        """
        namespace = self._namespace
        async with namespace.transaction() as tx:
            row = await tx.get(Run, run_id, heavy=True)
            if row is None:
                return  # it was deleted meanwhile
            view = ModelView.from_json(row["view"])
            turn = await stored_turn(namespace, tx, row, view)
            log = await tx.all(RunAction, run_id=run_id)
            task = RunTask(namespace, tx, row, view, turn, log=log, pauses=Pauses.from_state(pauses))
            task.segments.transcript.told = told
        self._start(task)

    def _start(self, task: RunTask) -> None:
        self._by_thread[task.thread_id] = task
        task.start(self._ended)

    def _ended(self, task: RunTask, has_failed: bool) -> None:  # noqa: FBT001 - a callback
        if self._by_thread.get(task.thread_id) is task:
            del self._by_thread[task.thread_id]
            if has_failed:
                self._interrupted[task.thread_id] = task
                if task.thread_id not in self._trying:
                    self._trying[task.thread_id] = asyncio.create_task(self._try_again(task.thread_id))
        task.segments.end()

    # --- asking -----------------------------------------------------------------------------------------------------

    async def _view(self, stored: Row) -> ModelView:
        task = self._by_thread.get(stored["thread_id"])
        return task.view if task is not None else ModelView.from_json(stored["view"])

    async def _turn(self, tx: Transaction, row: Row) -> Turn | None:  # noqa: ARG002 - as it is played here
        task = self._by_thread.get(row["thread_id"])
        return None if task is None else task.turn

    async def wake(self, tx: Transaction, row: Row, signal: Signal | None = None) -> None:
        """Let a run look into the store once the transaction is kept."""
        tx.after_commit(partial(self._notify, row["thread_id"], row["id"], signal))

    def _notify(self, thread_id: str, run_id: str, signal: Signal | None = None) -> None:
        task = self._by_thread.get(thread_id)
        if task is not None and task.run_id == run_id:
            task.segments.notify(signal)

    async def changed(self, tx: Transaction, thread_id: str) -> None:
        """Let the thread's run take what a client has changed of it, once that is kept."""
        tx.after_commit(partial(self._take_changes, thread_id))

    def _take_changes(self, thread_id: str) -> None:
        if (task := self._by_thread.get(thread_id)) is not None:
            task.segments.changed()

    async def polled(self, tx: Transaction, row: Row) -> None:
        """Count a client's poll of a run, which at some paces lets it go on."""
        if row["waits_for"] == waiting.GATE:
            task = self._by_thread.get(row["thread_id"])
            if task is not None and task.run_id == row["id"] and task.player.polled():
                await self.signal(tx, row, Signal.STEP)

    # --- settling ---------------------------------------------------------------------------------------------------

    async def settle(self, thread_id: str, *, unless_reachable: bool = False) -> None:
        """Wait until no action of the thread's run can continue without the clock or the client."""
        if thread_id in self._interrupted:
            await self._go_on(thread_id)
        while (task := self._by_thread.get(thread_id)) is not None:
            segments = task.segments
            waited = segments.reachable if unless_reachable else segments.settled
            if waited.is_set():
                return
            await waited.wait()

    async def begin(self, thread_id: str, *, unless_reachable: bool = False) -> Transaction:
        """Begin a transaction as soon as there is nothing to wait for."""
        await self.settle(thread_id, unless_reachable=unless_reachable)
        return await self._namespace.begin()

    async def _go_on(self, thread_id: str) -> None:
        async with self._going_on:  # whoever comes meanwhile waits for the task, too
            if (failed := self._interrupted.get(thread_id)) is not None:
                await self.resume(failed.run_id, failed.segments.transcript.told)
                self._interrupted.pop(thread_id, None)

    async def _try_again(self, thread_id: str) -> None:
        """Go on with a run for as long as a client reads its stream: it may never ask for anything else."""
        try:
            while (failed := self._interrupted.get(thread_id)) is not None and failed.player.is_streamed():
                await pass_seconds(RETRY_SECONDS)  # not the namespace's time: a disk is full on the machine
                with suppress(*DatabaseError):
                    await self.settle(thread_id)
        finally:
            del self._trying[thread_id]

    async def settle_all(self) -> None:
        """Wait until every run has settled."""
        for thread_id in tuple(self._interrupted):
            await self.settle(thread_id)
        while busy := [one.segments.settled for one in self._by_thread.values() if not one.segments.settled.is_set()]:
            await asyncio.gather(*(settled.wait() for settled in busy))

    async def advance(self, until: float) -> None:
        """Move the namespace's clock on, firing every timer on the way in its order, and settling after each."""
        while self._namespace.clock.due(until) is not None:
            await self._namespace.settle()

    async def change_clock(self, change: ClockChange) -> None:
        """Change the mode, the time or the speed of the namespace's clock; what has become due by that goes on."""
        async with self._namespace.transaction() as tx:  # where others change it, too, it is theirs outside of one
            self._namespace.clock.change(change.new_mode, at=change.at, speed=change.speed)
            self._namespace.store(tx)

    async def pauses(self, tx: Transaction) -> Mapping[str, Mapping[str, Any]]:  # noqa: ARG002 - they are in memory
        """Return what each run has waited for that the store does not know, by their ids."""
        return {task.run_id: task.pauses.state() for task in self._by_thread.values()}

    # --- stopping ---------------------------------------------------------------------------------------------------

    async def forget(self, tx: Transaction, thread_id: str) -> None:
        """Stop the run of a thread that goes with a transaction, without a trace, and end its streams."""
        tx.after_commit(partial(self._forget, thread_id))

    async def clear(self, tx: Transaction) -> None:
        """Do nothing: `stop` lets go of all of them."""

    def _forget(self, thread_id: str) -> None:
        task = self._by_thread.pop(thread_id, None) or self._interrupted.pop(thread_id, None)
        if task is not None:
            task.stop()
            gone = refusals.not_found("thread", thread_id)
            self._namespace.documents.journal.close(self._namespace.name, task.run_id, gone)

    def stop(self) -> "list[asyncio.Task[None]]":
        """Stop every run; the next start resumes what is stored. Return the tasks that are now ending."""
        ending = [ended for task in self._by_thread.values() if (ended := task.stop()) is not None]
        for trying in self._trying.values():
            trying.cancel()
            ending.append(trying)
        self._by_thread.clear()
        self._interrupted.clear()
        return ending
