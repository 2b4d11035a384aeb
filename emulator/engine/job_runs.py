"""Runs that any process on the database may play: each segment is a job, and what lies between is in the store."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from emulator.domain import refusals, waiting
from emulator.domain.actions import Result, from_json
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine import timers
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.run_requests import RunRequests
from emulator.engine.run_task import RunTask
from emulator.engine.script_player import ScriptPlayer
from emulator.engine.settlements import Settlements, key_of
from emulator.engine.start import stored_turn
from emulator.engine.stored_segments import DUE, OUTSIDE, PAUSED, StoredSegments
from emulator.store.database import Job
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunAction, RunProgress, Timer

PLAY: Final = "play"
# To the process that has a run in hand which waits for something else than the store.
SIGNAL: Final = "signal"


class JobRuns(RunRequests):
    """The runs of a namespace, played by jobs. settlements: who waits here until something settles."""

    def __init__(self, namespace: Namespace, settlements: Settlements) -> None:
        super().__init__(namespace)
        self._settlements = settlements
        self._playing: dict[str, RunTask] = {}  # in this process, by the run

    # --- jobs -------------------------------------------------------------------------------------------------------

    def launch(self, tx: Transaction, row: Row, view: ModelView, turn: Turn) -> None:  # noqa: ARG002 - chosen anew
        """Have a run played that a transaction adds, once that is kept. row: its columns."""
        run_id, thread_id = row["id"], row["thread_id"]
        tx.insert(RunProgress, run_id, run_id=run_id, thread_id=thread_id, state=DUE, segment=0)
        self._defer(tx, run_id, thread_id)

    def _defer(self, tx: Transaction, run_id: str, thread_id: str) -> None:
        tx.defer(Job(PLAY, self._namespace.name, {"run_id": run_id}, lock=f"{tx.generation}/{thread_id}"))

    async def wake(self, tx: Transaction, row: Row, signal: Signal | None = None) -> None:  # noqa: ARG002 - it is a row
        """Let a run look into the store once the transaction is kept: by a job, unless one has it in hand."""
        progress = await tx.find(RunProgress, run_id=row["id"])
        if progress is None or progress["state"] == DUE:
            return  # over, or looking before it pauses
        if progress["state"] == OUTSIDE:
            tx.notify(SIGNAL, key_of(self._namespace.name, row["id"]))
            return
        tx.update(RunProgress, row["id"], by={"run_id": row["id"]}, state=DUE)
        self._defer(tx, row["id"], row["thread_id"])

    async def play(self, run_id: str) -> None:
        """Play a run up to its next pause; do nothing with one that is paused, over or gone.

        Raises an error of the database, after which the job has to be done once more.
        """
        task = await self._loaded(run_id)
        if task is None:
            return
        self._playing[run_id] = task
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        task.start(lambda _, has_failed: _end(ended, has_failed=has_failed))
        try:
            has_failed = await asyncio.shield(ended)
        except asyncio.CancelledError:
            if (stopping := task.stop()) is not None:
                await asyncio.wait([stopping])
            raise
        finally:
            self._playing.pop(run_id, None)
        if has_failed:
            raise task.error or RuntimeError(f"{run_id} could not be written")

    async def _loaded(self, run_id: str) -> RunTask | None:
        """Return the task that goes on with a run, with its transaction open; None where there is nothing to do."""
        namespace = self._namespace
        tx = await namespace.begin()
        try:
            progress = await tx.find(RunProgress, run_id=run_id)
            if progress is not None and progress["state"] != PAUSED:
                if (row := await tx.get(Run, run_id, heavy=True)) is not None:
                    return await self._task(tx, row, progress)
                _forget(tx, run_id)
                await tx.commit()
                return None
        except BaseException:
            await tx.roll_back()
            raise
        await tx.roll_back()
        return None

    async def _task(self, tx: Transaction, row: Row, progress: Row) -> RunTask:
        namespace, run_id = self._namespace, row["id"]
        view = ModelView.from_json(row["view"])
        turn = await stored_turn(namespace, tx, row, view)
        log = await tx.all(RunAction, run_id=run_id) if progress["segment"] else None
        # A cancellation has its own wait, which is none of those that the run had before.
        is_other = row["status"] == "cancelling" != progress["status"]
        pauses = Pauses.from_state(None if is_other else progress["pauses"])
        segments = partial(StoredSegments, tx=tx, segment=progress["segment"], pauses=pauses)
        task = RunTask(namespace, tx, row, view, turn, log=log, pauses=pauses, segments=segments)
        task.segments.transcript.told = None if progress["told"] is None else tuple(progress["told"])
        return task

    async def resume(self, run_id: str, *, pauses: Mapping[str, Any] | None = None) -> None:
        """Have a run played that came into the store without a job. pauses: what `pauses` said of it."""
        async with self._namespace.transaction() as tx:
            row = await tx.get(Run, run_id)
            if row is None or await tx.find(RunProgress, run_id=run_id) is not None:
                return
            about = {"thread_id": row["thread_id"], "state": DUE, "status": row["status"]}
            tx.insert(RunProgress, run_id, run_id=run_id, segment=1, pauses=pauses, **about)
            self._defer(tx, run_id, row["thread_id"])

    def heard(self, run_id: str) -> None:
        """Let a run that is in hand here look what is asked of it, which may be its end."""
        if (task := self._playing.get(run_id)) is not None:
            task.segments.notify(Signal.CANCEL)

    async def _turn(self, tx: Transaction, row: Row) -> Turn | None:
        """Return the turn of a run, played again up to the action in hand."""
        stored = await tx.get(Run, row["id"], heavy=True)
        if stored is None:
            return None
        turn = await stored_turn(self._namespace, tx, stored, ModelView.from_json(stored["view"]))
        script, result = ScriptPlayer(turn), _nothing()
        for logged in await tx.all(RunAction, run_id=row["id"]):
            await script.next(result)
            result = from_json(logged["result"]) if logged["done"] else None
        return turn

    # --- requests ---------------------------------------------------------------------------------------------------

    def changed(self, thread_id: str) -> None:
        """Do nothing: each segment reads its run anew."""

    async def polled(self, tx: Transaction, row: Row) -> None:
        """Count a client's poll of a run, which at some paces lets it go on."""
        pace = self._namespace.config.pace
        if row["waits_for"] != waiting.GATE or pace.progression != "polls":
            return
        progress = await tx.find(RunProgress, run_id=row["id"])
        if progress is None or progress["state"] != PAUSED:
            return
        polls = (progress["pauses"]["polls"] or 0) + 1
        pauses = {**progress["pauses"], "polls": polls}
        tx.update(RunProgress, row["id"], by={"run_id": row["id"]}, pauses=pauses)
        if polls >= pace.times:
            await self.signal(tx, row, Signal.STEP)

    async def streamed(self, tx: Transaction, row: Row) -> None:
        """Let a run go on that waits to be polled: a client reads its stream now."""
        if row["waits_for"] == waiting.GATE and self._namespace.config.pace.progression == "polls":
            await self.signal(tx, row, Signal.STEP)

    # --- settling ---------------------------------------------------------------------------------------------------

    async def settle(self, thread_id: str, *, unless_reachable: bool = False) -> None:
        """Wait until no action of the thread's run can continue without the clock or the client."""
        key = key_of(self._namespace.name, thread_id)
        while True:
            news = self._settlements.expect(key)
            async with self._namespace.transaction() as tx:
                if await self.has_settled(tx, thread_id, unless_reachable=unless_reachable):
                    return
            await self._settlements.wait(key, news)

    async def has_settled(self, tx: Transaction, thread_id: str, *, unless_reachable: bool = False) -> bool:
        """Return whether no job of the thread is waiting or working. unless_reachable: or is outside of the store."""
        rows = await tx.all(RunProgress, thread_id=thread_id)
        busy = (DUE,) if unless_reachable else (DUE, OUTSIDE)
        return not any(row["state"] in busy for row in rows)

    async def settle_all(self) -> None:
        """Wait until every run has settled."""
        key = key_of(self._namespace.name)
        while True:
            news = self._settlements.expect(key)
            async with self._namespace.transaction() as tx:
                if not await tx.all_of(RunProgress, "state", (DUE, OUTSIDE)):
                    return
            await self._settlements.wait(key, news)

    async def advance(self, until: float) -> None:
        """Move the namespace's clock on, firing every timer on the way in its order, and settling after each."""
        await timers.advance(self._namespace, until)

    async def clock_changed(self) -> None:
        """Let timers go by a clock whose mode, time or speed has changed."""
        if self._namespace.clock.mode == "auto":
            await timers.jump_delays(self._namespace)
        async with self._namespace.transaction() as tx:
            await timers.look_anew(self._namespace, tx)

    def pauses(self) -> Mapping[str, Mapping[str, Any]]:
        """Return nothing: it stands in the store."""
        return {}

    # --- stopping ---------------------------------------------------------------------------------------------------

    async def forget(self, tx: Transaction, thread_id: str) -> None:
        """End the streams of a thread that goes with a transaction, and what is in hand here of its run."""
        gone = refusals.not_found("thread", thread_id)
        for row in await tx.all(RunProgress, thread_id=thread_id):
            await tx.close_followers(row["run_id"], gone)
            _forget(tx, row["run_id"])
        tx.after_commit(partial(self._stop_at, thread_id))

    def _stop_at(self, thread_id: str) -> None:
        for task in tuple(self._playing.values()):
            if task.thread_id == thread_id:
                task.stop()

    def stop(self) -> "Sequence[asyncio.Task[None]]":
        """Stop what is in hand here; another process goes on with it."""
        return [ended for task in self._playing.values() if (ended := task.stop()) is not None]


def _end(ended: "asyncio.Future[bool]", *, has_failed: bool) -> None:
    if not ended.done():
        ended.set_result(has_failed)


def _forget(tx: Transaction, run_id: str) -> None:
    tx.delete(RunProgress, run_id=run_id)
    tx.delete(Timer, owner=run_id)


def _nothing() -> Result:
    return None
