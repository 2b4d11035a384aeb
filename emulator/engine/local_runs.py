"""Runs that are played in this process: a task for each that is not over."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from emulator.domain import refusals, waiting
from emulator.domain.actions import Calls, from_json, to_json
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine import drift, holds, scheduled_ends
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.run_task import RunTask
from emulator.engine.start import stored_turn, stored_usage
from emulator.engine.transcripts import StoredTranscript
from emulator.store.database import DatabaseError
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunAction, RunSignal
from emulator.tools.function import by_keys

# Seconds of the machine's time after which a run that could not be written is tried again, while it is streamed.
RETRY_SECONDS: Final = 1.0


class LocalRuns:
    """The runs of a namespace, played by this process."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._by_thread: dict[str, RunTask] = {}
        # By thread: those that could not be written, and go on from the store with the next request for them.
        self._interrupted: dict[str, RunTask] = {}
        self._going_on = asyncio.Lock()
        self._trying: dict[str, asyncio.Task[None]] = {}  # by thread, too

    # --- playing ----------------------------------------------------------------------------------------------------

    def launch(self, tx: Transaction, row: Row, view: ModelView, turn: Turn) -> None:
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

    async def active(self, tx: Transaction, thread_id: str) -> Row | None:
        """Return the row of the run that locks a thread."""
        return next(iter(await tx.unfinished(Run, thread_id=thread_id)), None)

    async def signal(self, tx: Transaction, row: Row, signal: Signal, **data: Any) -> None:
        """Ask something of a run; what that changes at once is written here, the rest the run does itself."""
        if (ended := waiting.ended_by(signal, data.get("name"))) is not None and ended != row["waits_for"]:
            return  # what the run waits for later is not meant
        if signal is Signal.SUBMIT and "answers" in data:
            await self._answer(tx, row, data.pop("answers"))
        elif signal is Signal.SUBMIT:
            await self._submit(tx, row, data.pop("outputs"))
        elif signal is Signal.CANCEL:
            (await self._transcript(tx, row)).cancel()
        tx.insert(RunSignal, object(), run_id=row["id"], signal=signal.value, data=data)
        tx.after_commit(partial(self._notify, row["thread_id"], row["id"], signal))

    async def hold(self, tx: Transaction, row: Row, status: str) -> None:
        """Let a run stay in a status, from the moment it is there until `lift` is called, whatever the pace."""
        await holds.place(tx, row["id"], status)
        tx.after_commit(partial(self._notify, row["thread_id"], row["id"]))

    async def lift(self, tx: Transaction, row: Row, status: str) -> bool:
        """Hold a run no more at a status; return whether it was held there."""
        is_lifted = await holds.lift(tx, row["id"], status)
        if is_lifted:
            tx.after_commit(partial(self._notify, row["thread_id"], row["id"]))
        return is_lifted

    async def end_at(self, tx: Transaction, row: Row, status: str, signal: Signal) -> None:
        """Let a run be cancelled or expire as soon as it comes into a status."""
        await scheduled_ends.schedule(tx, row["id"], status, signal)
        tx.after_commit(partial(self._notify, row["thread_id"], row["id"]))

    async def _submit(self, tx: Transaction, row: Row, outputs: Mapping[str, str]) -> None:
        """Put the client's outputs into the step that is open and into the log, and queue the run again."""
        transcript = await self._transcript(tx, row)
        await transcript.load()
        transcript.answer(outputs)
        transcript.submit()
        logged = await self._in_hand(tx, row["id"])
        action = from_json(logged["action"])
        calls = action.calls if isinstance(action, Calls) else (action,)
        result = by_keys(calls, outputs, outputs)
        if (task := self._by_thread.get(row["thread_id"])) is not None:
            drift.report_outputs(self._namespace, tx, row["id"], task.turn, action=action, outputs=result)
        where = {"run_id": row["id"], "n": logged["n"]}
        tx.update(RunAction, tuple(where.values()), by=where, done=True, result=to_json(result))

    async def _answer(self, tx: Transaction, row: Row, answers: Mapping[str, Any]) -> None:
        """Put the client's answers, by the ids of the calls, beside what the run has begun, and queue it again."""
        transcript = await self._transcript(tx, row)
        await transcript.load()
        transcript.submit()
        logged = await self._in_hand(tx, row["id"])
        where = {"run_id": row["id"], "n": logged["n"]}
        progress = {**logged["progress"], "answers": dict(answers)}
        tx.update(RunAction, tuple(where.values()), by=where, progress=progress)

    @staticmethod
    async def _in_hand(tx: Transaction, run_id: str) -> Row:
        """Return the row of the action that is not done."""
        row = await tx.find(RunAction, run_id=run_id, done=False)
        if row is None:
            raise LookupError(f"the calls of {run_id} are gone")
        return row

    async def _transcript(self, tx: Transaction, row: Row) -> StoredTranscript:
        """Return a transcript of its own for what a request changes: the run's may be in the middle of something."""
        task = self._by_thread.get(row["thread_id"])
        stored = await tx.get(Run, row["id"], heavy=True)
        if stored is None:
            raise LookupError(f"run {row['id']} is gone")
        view = task.view if task is not None else ModelView.from_json(stored["view"])
        transcript = self._namespace.transcripts(self._namespace, tx, stored, view, stored_usage(stored))
        await transcript.count_published()
        return transcript

    def _notify(self, thread_id: str, run_id: str, signal: Signal | None = None) -> None:
        task = self._by_thread.get(thread_id)
        if task is not None and task.run_id == run_id:
            task.segments.notify(signal)

    def changed(self, thread_id: str) -> None:
        """Let the thread's run take what a client has changed of it."""
        if (task := self._by_thread.get(thread_id)) is not None:
            task.segments.changed()

    async def polled(self, tx: Transaction, row: Row) -> None:
        """Count a client's poll of a run, which at some paces lets it go on."""
        if row["waits_for"] == waiting.GATE:
            task = self._by_thread.get(row["thread_id"])
            if task is not None and task.run_id == row["id"] and task.player.polled():
                await self.signal(tx, row, Signal.STEP)

    async def streamed(self, tx: Transaction, row: Row) -> None:
        """Let a run go on that waits to be polled: a client reads its stream now."""
        if row["waits_for"] == waiting.GATE and self._namespace.config.pace.progression == "polls":
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

    async def _go_on(self, thread_id: str) -> None:
        async with self._going_on:  # whoever comes meanwhile waits for the task, too
            if (failed := self._interrupted.get(thread_id)) is not None:
                await self.resume(failed.run_id, failed.segments.transcript.told)
                self._interrupted.pop(thread_id, None)

    async def _try_again(self, thread_id: str) -> None:
        """Go on with a run for as long as a client reads its stream: it may never ask for anything else."""
        try:
            while (failed := self._interrupted.get(thread_id)) is not None and failed.player.is_streamed():
                passed = asyncio.Event()  # not the namespace's time: a disk is full on the machine
                asyncio.get_running_loop().call_later(RETRY_SECONDS, passed.set)
                await passed.wait()
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

    def pauses(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what each run has waited for that the store does not know, by their ids."""
        return {task.run_id: task.pauses.state() for task in self._by_thread.values()}

    # --- stopping ---------------------------------------------------------------------------------------------------

    def forget(self, thread_id: str) -> None:
        """Stop the run of a thread that is gone, without a trace, and end its streams with an error."""
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
