"""Ends that a run comes to at a status: rows beside its signals, which last until the run is there, or over.

Like a hold, and unlike a signal, such a row is not taken: so the run ends there whenever the server is killed.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from emulator.domain.lifecycle import Signal
from emulator.store.documents import Row, Transaction
from emulator.store.tables import RunSignal

END: Final = "end"  # what such a row has in place of a signal


def ends_among(rows: Iterable[Row]) -> Mapping[str, Signal]:
    """Return how a run ends, by the status at which it does. rows: what was asked of it."""
    return {row["data"]["at"]: Signal(row["data"]["by"]) for row in rows if row["signal"] == END}


async def schedule(tx: Transaction, run_id: str, status: str, signal: Signal) -> None:
    """Let a run, or the next one, end by a signal once it is in a status; what was said of that status is replaced."""
    for row in await tx.all(RunSignal, run_id=run_id, signal=END):
        if row["data"]["at"] == status:
            tx.delete(RunSignal, seq=row["seq"])
    tx.insert(RunSignal, object(), run_id=run_id, signal=END, data={"at": status, "by": signal.value})
