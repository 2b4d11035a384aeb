"""What is asked of the run that is created next, kept in the place of its signals until there is such a run."""

from typing import Final

from emulator.engine import holds, scheduled_ends
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row, Transaction
from emulator.store.tables import RunSignal

NEXT: Final = "next"  # what stands in place of the id of a run


def expect(namespace: Namespace, tx: Transaction) -> None:
    """Note that something is asked of the next run."""
    tx.after_commit(lambda: setattr(namespace, "may_ask_of_next", True))


async def hand_on(namespace: Namespace, tx: Transaction, row: Row) -> None:
    """Ask of a run that is being created what was asked of the next one. row: its columns."""
    if not namespace.may_ask_of_next:
        return  # looked up once, not with each run
    asked = await tx.all(RunSignal, run_id=NEXT)
    namespace.may_ask_of_next = bool(asked)
    for status in sorted(holds.statuses_among(asked)):
        await namespace.runs.hold(tx, row, status)
    for status, signal in scheduled_ends.ends_among(asked).items():
        await namespace.runs.end_at(tx, row, status, signal)
    if asked:
        tx.delete(RunSignal, run_id=NEXT)
