"""The port behind which runs are played: here, or by another server on the same store."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from emulator.domain.config import ClockChange
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.store.documents import Row, Transaction


class Runs(Protocol):
    """The runs of a namespace. A thread has at most one that is not over, which locks it."""

    async def launch(self, tx: Transaction, row: Row, view: ModelView, turn: Turn) -> None:
        """Play a run that a transaction adds, once that is kept. row: its columns."""

    async def signal(self, tx: Transaction, row: Row, signal: Signal, **data: object) -> None:
        """Ask something of a run: to submit, cancel, expire, release or step.

        What that changes at once is written into the transaction; the rest the run does when it has taken the signal.
        One that only ends a wait means nothing to a run that waits for something else.
        data: ``outputs`` of a submit, by the ids of the calls in their order, or ``answers`` to calls that go on with
        them; ``name`` of a release.
        """

    async def wake(self, tx: Transaction, row: Row, signal: Signal | None = None) -> None:
        """Let a run look into the store once the transaction is kept. signal: what was put there, if anything was."""

    async def hold(self, tx: Transaction, row: Row, status: str) -> None:
        """Let a run stay in a status, from the moment it is there until `lift` is called, whatever the pace."""

    async def lift(self, tx: Transaction, row: Row, status: str) -> bool:
        """Hold a run no more at a status; return whether it was held there."""

    async def end_at(self, tx: Transaction, row: Row, status: str, signal: Signal) -> None:
        """Let a run be cancelled or expire as soon as it comes into a status."""

    async def active(self, tx: Transaction, thread_id: str) -> Row | None:
        """Return the row of the run that locks a thread."""

    async def settle(self, thread_id: str, *, unless_reachable: bool = False) -> None:
        """Wait until no action of the thread's run can continue without the clock or the client.

        unless_reachable: or until the run can be ended, although code of it is running.
        """

    async def begin(self, thread_id: str, *, unless_reachable: bool = False) -> Transaction:
        """Begin a transaction as soon as there is nothing to wait for, as `settle` would."""

    async def settle_all(self) -> None:
        """Wait until every run has settled."""

    async def polled(self, tx: Transaction, row: Row) -> None:
        """Count a client's poll of a run, which at some paces lets it go on."""

    async def streamed(self, tx: Transaction, row: Row) -> None:
        """Let a run go on that waits to be polled: a client reads its stream now."""

    async def resume(self, run_id: str, *, pauses: Mapping[str, Any] | None = None) -> None:
        """Go on with a run that is in the store and that nobody plays. pauses: what `pauses` said of it."""

    async def advance(self, until: float) -> None:
        """Move the namespace's clock on, firing every timer on the way in its order, and settling after each."""

    async def change_clock(self, change: ClockChange) -> None:
        """Change the mode, the time or the speed of the namespace's clock; what has become due by that goes on."""

    async def pauses(self, tx: Transaction) -> Mapping[str, Mapping[str, Any]]:
        """Return, for each run, what it has waited for that its documents do not say."""

    async def changed(self, tx: Transaction, thread_id: str) -> None:
        """Let the thread's run take what a client has changed of it, once that is kept."""

    async def forget(self, tx: Transaction, thread_id: str) -> None:
        """Stop the run of a thread that goes with a transaction, without a trace, and end its streams."""

    async def clear(self, tx: Transaction) -> None:
        """Let go of all runs of a generation that a transaction deletes; `stop` does so where they are in hand."""

    def stop(self) -> "Sequence[asyncio.Task[None]]":
        """Stop every run; the next start resumes what is stored. Return the tasks that are now ending."""
