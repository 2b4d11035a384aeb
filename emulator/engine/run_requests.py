"""What requests ask of a run, wherever it is played: rows in the transaction of the request, and a sign to look."""

from collections.abc import Mapping
from typing import Any

from emulator.domain import waiting
from emulator.domain.actions import Calls, from_json, to_json
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine import drift, holds, scheduled_ends
from emulator.engine.namespace import Namespace
from emulator.engine.start import stored_usage
from emulator.engine.transcripts import StoredTranscript
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunAction, RunSignal
from emulator.tools.function import by_keys


class RunRequests:
    """The asking half of the port `Runs`; who plays the runs says how they are woken."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace

    async def wake(self, tx: Transaction, row: Row, signal: Signal | None = None) -> None:
        """Let a run look into the store once the transaction is kept. signal: what was put there, if anything was."""
        raise NotImplementedError

    async def _view(self, stored: Row) -> ModelView:
        """Return what the model was given. stored: the run's row with its heavy columns."""
        return ModelView.from_json(stored["view"])

    async def _turn(self, tx: Transaction, row: Row) -> Turn | None:
        """Return the turn of a run, as far as it was played; None where nobody knows it."""
        raise NotImplementedError

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
        await self.wake(tx, row, signal)

    async def streamed(self, tx: Transaction, row: Row) -> None:
        """Let a run go on that waits to be polled: a client reads its stream now."""
        if row["waits_for"] == waiting.GATE and self._namespace.config.pace.progression == "polls":
            await self.signal(tx, row, Signal.STEP)

    async def hold(self, tx: Transaction, row: Row, status: str) -> None:
        """Let a run stay in a status, from the moment it is there until `lift` is called, whatever the pace."""
        await holds.place(tx, row["id"], status)
        await self.wake(tx, row)

    async def lift(self, tx: Transaction, row: Row, status: str) -> bool:
        """Hold a run no more at a status; return whether it was held there."""
        is_lifted = await holds.lift(tx, row["id"], status)
        if is_lifted:
            await self.wake(tx, row)
        return is_lifted

    async def end_at(self, tx: Transaction, row: Row, status: str, signal: Signal) -> None:
        """Let a run be cancelled or expire as soon as it comes into a status."""
        await scheduled_ends.schedule(tx, row["id"], status, signal)
        await self.wake(tx, row)

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
        if drift.is_any(action, result) and (turn := await self._turn(tx, row)) is not None:
            drift.report_outputs(self._namespace, tx, row["id"], turn, action=action, outputs=result)
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
        stored = await tx.get(Run, row["id"], heavy=True)
        if stored is None:
            raise LookupError(f"run {row['id']} is gone")
        view = await self._view(stored)
        transcript = self._namespace.transcripts(self._namespace, tx, stored, view, stored_usage(stored))
        await transcript.count_published()
        return transcript
