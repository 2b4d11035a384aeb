"""Runs that any process on the database may play: each segment is a job, and what lies between is in the store."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from emulator.domain import refusals, waiting
from emulator.domain.actions import Hold, Result, from_json
from emulator.domain.config import ClockChange
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine import holds, scheduled_ends, timers
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.run_requests import RunRequests
from emulator.engine.run_task import RunTask
from emulator.engine.script_player import ScriptPlayer
from emulator.engine.settlements import SETTLED, Settlements, key_of
from emulator.engine.start import stored_turn
from emulator.engine.stored_segments import ALARM, DUE, OUTSIDE, PAUSED, RESTING, Given, StoredSegments
from emulator.store.database import Job
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunAction, RunProgress, Timer

PLAY: Final = "play"
# To the process that has a run in hand which waits for something else than the store.
SIGNAL: Final = "signal"
# What such a wait is broken off for. A run that only rests looks whatever is asked of it.
_ENDS: Final = (Signal.CANCEL, Signal.EXPIRE)


class JobRuns(RunRequests):
    """The runs of a namespace, played by jobs. settlements: who waits here until something settles."""

    def __init__(self, namespace: Namespace, settlements: Settlements) -> None:
        super().__init__(namespace)
        self._settlements = settlements
        self._playing: dict[str, RunTask] = {}  # in this process, by the run

    # --- jobs -------------------------------------------------------------------------------------------------------

    async def launch(self, tx: Transaction, row: Row, view: ModelView, turn: Turn) -> None:  # noqa: ARG002 - chosen anew
        """Have a run played that a transaction adds, once that is kept. row: its columns."""
        await self._add(tx, row, segment=0)

    async def _add(self, tx: Transaction, row: Row, **progress: Any) -> None:
        run_id, thread_id = row["id"], row["thread_id"]
        tx.insert(RunProgress, run_id, run_id=run_id, thread_id=thread_id, state=DUE, **progress)
        expires_at, clock = row["doc"].get("expires_at"), self._namespace.clock
        if expires_at is not None and (clock.mode != "frozen" or expires_at > clock.now()):
            await timers.set_alarm(self._namespace, tx, timers.Alarm(run_id, timers.EXPIRY, float(expires_at)))
        self._defer(tx, run_id, thread_id)

    async def read_on(self, run_id: str) -> None:
        """Let a run go on that has waited for those who read its stream."""
        async with self._namespace.transaction() as tx:
            await tx.wait_no_more(run_id)
            row = await tx.get(Run, run_id)
            if row is not None and row["waits_for"] == waiting.READER:
                await self.wake(tx, row)

    def _defer(self, tx: Transaction, run_id: str, thread_id: str) -> None:
        about = {"run_id": run_id, "generation": tx.generation}
        tx.defer(Job(PLAY, self._namespace.name, about, lock=f"{tx.generation}/{thread_id}"))

    async def wake(self, tx: Transaction, row: Row, signal: Signal | None = None) -> None:
        """Let a run look into the store once the transaction is kept: by a job, unless one has it in hand."""
        progress = await tx.find(RunProgress, run_id=row["id"])
        state = None if progress is None else progress["state"]
        is_taken = state == RESTING or (state == OUTSIDE and signal in _ENDS)
        if is_taken:
            self._tell(tx, row["id"])
        elif state == PAUSED:
            self._defer(tx, row["id"], row["thread_id"])
        else:
            return  # it is over, or looks before it pauses
        tx.update(RunProgress, row["id"], by={"run_id": row["id"]}, state=DUE)

    async def play(self, run_id: str, generation: str, job_id: int | None = None) -> bool:
        """Play a run up to its next pause; do nothing with one that is paused, over or gone.

        Return whether the job has ended with the transaction that left the run. Raises an error of the database, after
        which the job has to be done once more.
        """
        task = await self._loaded(run_id, generation, job_id)
        if task is None:
            return False
        self._playing[run_id] = task
        try:
            await task.play()
        finally:
            if self._playing.get(run_id) is task:
                del self._playing[run_id]
        if task.error is not None:
            raise task.error
        return isinstance(task.segments, StoredSegments) and task.segments.has_ended_job

    async def _loaded(self, run_id: str, generation: str, job_id: int | None) -> RunTask | None:
        """Return the task that goes on with a run, with its transaction open; None where there is nothing to do."""
        tx = await self._namespace.begin()
        try:
            progress = await tx.find(RunProgress, run_id=run_id) if tx.generation == generation else None
            if progress is not None and progress["state"] != PAUSED:
                if (row := await tx.get(Run, run_id, heavy=True, deleted=True)) is not None:
                    return await self._task(tx, row, progress, job_id)
                tx.delete(RunProgress, run_id=run_id)
                tx.delete(Timer, owner=run_id)
        except BaseException:
            await tx.roll_back()
            raise
        if job_id is not None:
            tx.end_job(job_id)
        await tx.commit()
        return None

    async def _task(self, tx: Transaction, row: Row, progress: Row, job_id: int | None) -> RunTask:
        namespace, run_id = self._namespace, row["id"]
        view = ModelView.from_json(row["view"])
        turn = await stored_turn(namespace, tx, row, view)
        log = await tx.all(RunAction, run_id=run_id) if progress["segment"] else None
        # What it had waited for in the status that it has left is of no account.
        is_other = progress["status"] not in (None, row["status"])
        pauses = Pauses.from_state(None if is_other else progress["pauses"])
        has_alarm = bool((progress["pauses"] or {}).get(ALARM))
        kinds = (timers.WAIT, timers.AWAITED_EXPIRY)
        has_timer = has_alarm and any(one["kind"] in kinds for one in await tx.all(Timer, owner=run_id))
        has_rung = has_alarm and not has_timer
        given = Given(tx, progress["segment"], pauses, self._settlements, has_timer, has_rung, job_id)
        segments = partial(StoredSegments, given=given)
        may_be_held = row["waits_for"] == waiting.hold(row["status"]) and not pauses.held_before and not _holds(log)
        task = RunTask(
            namespace, tx, row, view, turn, log=log, pauses=pauses, segments=segments, may_be_held=may_be_held
        )
        task.segments.transcript.told = None if progress["told"] is None else tuple(progress["told"])
        return task

    async def resume(self, run_id: str, *, pauses: Mapping[str, Any] | None = None) -> None:
        """Have a run played that came into the store without a job. pauses: what `pauses` said of it."""
        async with self._namespace.transaction() as tx:
            row = await tx.get(Run, run_id)
            if row is not None and await tx.find(RunProgress, run_id=run_id) is None:
                await self._add(tx, row, segment=1, status=row["status"], pauses=pauses)

    def _tell(self, tx: Transaction, run_id: str) -> None:
        """Tell whoever has a run in hand to look into the store. run_id: "" for all of them."""
        tx.notify(SIGNAL, key_of(self._namespace.name, run_id))
        tx.after_commit(partial(self.heard, run_id))

    def heard(self, run_id: str) -> None:
        """Let a run that is in hand here look what is asked of it. run_id: "" for all of them."""
        for task in tuple(self._playing.values()):
            if run_id in ("", task.run_id):
                task.segments.notify(None)

    async def _turn(self, tx: Transaction, row: Row) -> Turn | None:
        """Return the turn of a run, played again up to the action in hand."""
        stored = await tx.get(Run, row["id"], heavy=True)
        if stored is None:
            return None
        turn = await stored_turn(self._namespace, tx, stored, ModelView.from_json(stored["view"]))
        script = ScriptPlayer(turn)
        result: Result = None
        for logged in await tx.all(RunAction, run_id=row["id"]):
            await script.next(result)
            result = from_json(logged["result"]) if logged["done"] else None
        return turn

    # --- requests ---------------------------------------------------------------------------------------------------

    async def changed(self, tx: Transaction, thread_id: str) -> None:
        """Let a run that rests read anew what a client has changed; others do so anyway."""
        for row in await tx.all(RunProgress, thread_id=thread_id, state=RESTING):
            await self.wake(tx, {"id": row["run_id"], "thread_id": thread_id})

    async def hold(self, tx: Transaction, row: Row, status: str) -> None:
        """Let a run stay in a status, from the moment it is there until `lift` is called, whatever the pace."""
        await holds.place(tx, row["id"], status)
        if row.get("waits_for") == waiting.GATE:  # the hold takes the place of the pace
            await self.wake(tx, row)

    async def end_at(self, tx: Transaction, row: Row, status: str, signal: Signal) -> None:
        """Let a run be cancelled or expire as soon as it comes into a status."""
        await scheduled_ends.schedule(tx, row["id"], status, signal)

    async def polled(self, tx: Transaction, row: Row) -> None:
        """Count a client's poll of a run, which at some paces lets it go on."""
        pace = self._namespace.config.pace
        if row["waits_for"] != waiting.GATE:
            return
        progress = await tx.find(RunProgress, run_id=row["id"])
        if progress is None or progress["state"] != PAUSED:
            return
        polls = (progress["pauses"]["polls"] or 0) + 1
        pauses = {**progress["pauses"], "polls": polls}
        tx.update(RunProgress, row["id"], by={"run_id": row["id"]}, pauses=pauses)
        if pace.progression == "polls" and polls >= pace.times:
            await self.signal(tx, row, Signal.STEP)

    # --- settling ---------------------------------------------------------------------------------------------------

    async def settle(self, thread_id: str, *, unless_reachable: bool = False) -> None:
        """Wait until no action of the thread's run can continue without the clock or the client."""
        tx = await self.begin(thread_id, unless_reachable=unless_reachable)
        await tx.roll_back()

    async def begin(self, thread_id: str, *, unless_reachable: bool = False) -> Transaction:
        """Begin a transaction as soon as there is nothing to wait for, as `settle` would."""
        busy = {DUE} if unless_reachable else {DUE, OUTSIDE}
        look = partial(self._begun_unless, busy, thread_id=thread_id)
        return await self._settlements.wait(key_of(self._namespace.name, thread_id), look)

    async def _begun_unless(self, busy: set[str], **where: str) -> Transaction | None:
        """Return a transaction, unless there are runs in some states."""
        tx = await self._namespace.begin()
        try:
            if not busy.intersection(await tx.busy(RunProgress, **where)):
                return tx
        except BaseException:
            await tx.roll_back()
            raise
        await tx.roll_back()
        return None

    async def settle_all(self) -> None:
        """Wait until every run has settled."""
        look = partial(self._begun_unless, {DUE, OUTSIDE})
        tx = await self._settlements.wait(key_of(self._namespace.name), look)
        await tx.roll_back()

    # --- time -------------------------------------------------------------------------------------------------------

    async def advance(self, until: float) -> None:
        """Move the namespace's clock on, firing every timer on the way in its order, and settling after each."""
        namespace = self._namespace
        while await timers.fire_next(namespace, until):
            await namespace.settle()
        async with namespace.transaction() as tx:
            await self._wake_resting(tx)
        await namespace.settle()

    async def change_clock(self, change: ClockChange) -> None:
        """Change the mode, the time or the speed of the namespace's clock; what has become due by that goes on."""
        async with self._namespace.transaction() as tx:
            await timers.change_clock(self._namespace, tx, change)
            await self._wake_resting(tx)

    async def _wake_resting(self, tx: Transaction) -> None:
        for row in await tx.all(RunProgress, state=RESTING):
            await self.wake(tx, {"id": row["run_id"], "thread_id": row["thread_id"]})

    async def pauses(self, tx: Transaction) -> Mapping[str, Mapping[str, Any]]:
        """Return what each run has waited for that its documents do not say, by their ids."""
        found = await tx.all(RunProgress)
        return {row["run_id"]: {**row["pauses"], ALARM: False} for row in found if row["pauses"] is not None}

    # --- stopping ---------------------------------------------------------------------------------------------------

    async def forget(self, tx: Transaction, thread_id: str) -> None:
        """Stop the run of a thread that goes with a transaction, without a trace, and end its streams."""
        gone = refusals.not_found("thread", thread_id)
        for row in await tx.all(RunProgress, thread_id=thread_id):
            self._tell(tx, row["run_id"])
            tx.notify(SETTLED, key_of(self._namespace.name, thread_id))
            await tx.close_followers(row["run_id"], gone)
            tx.delete(RunProgress, run_id=row["run_id"])
            tx.delete(Timer, owner=row["run_id"])

    async def clear(self, tx: Transaction) -> None:
        """Let go of all runs of a generation that a transaction deletes, wherever they are in hand."""
        self._tell(tx, "")
        tx.notify(SETTLED, key_of(self._namespace.name))

    def stop(self) -> "Sequence[asyncio.Task[None]]":
        """Stop what is in hand here; another process goes on with it."""
        return [ended for task in self._playing.values() if (ended := task.stop()) is not None]


def _holds(log: Sequence[Row] | None) -> bool:
    """Return whether the action in hand is a breakpoint of the script."""
    return log is not None and len(log) > 0 and not log[-1]["done"] and isinstance(from_json(log[-1]["action"]), Hold)
