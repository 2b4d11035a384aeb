"""Statuses at which a run is held by hand: rows beside its signals, which last until the hold is lifted.

A signal is taken by the run, once; a hold is a state, and what the store says is what holds. So nothing is lost or held
twice, whenever the server is killed.
"""

from collections.abc import Iterable
from typing import Final

from emulator.store.documents import Row, Transaction
from emulator.store.tables import RunSignal

HOLD: Final = "hold"  # what such a row has in place of a signal


def statuses_among(rows: Iterable[Row]) -> frozenset[str]:
    """Return the statuses at which a run is held. rows: what was asked of it."""
    return frozenset(row["data"]["name"] for row in rows if row["signal"] == HOLD)


async def statuses(tx: Transaction, run_id: str) -> frozenset[str]:
    """Return the statuses at which a run is held, or the next one."""
    return statuses_among(await tx.all(RunSignal, run_id=run_id))


async def place(tx: Transaction, run_id: str, status: str) -> None:
    """Hold a run, or the next one, at a status; no effect where it is held there already."""
    if status not in await statuses(tx, run_id):
        tx.insert(RunSignal, object(), run_id=run_id, signal=HOLD, data={"name": status})


async def lift(tx: Transaction, run_id: str, status: str) -> bool:
    """Hold a run, or the next one, no more at a status; return whether it was held there."""
    found = [row for row in await tx.all(RunSignal, run_id=run_id, signal=HOLD) if row["data"]["name"] == status]
    for row in found:
        tx.delete(RunSignal, seq=row["seq"])
    return bool(found)
