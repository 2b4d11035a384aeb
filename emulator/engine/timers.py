"""The moments on a namespace's clock at which something goes on, as rows that every process sees.

On a clock that tests move, whoever moves it fires them. On a real one a job does, at the time of the earliest.
"""

from dataclasses import dataclass
from typing import Final

from emulator.domain.lifecycle import Signal
from emulator.engine.namespace import Namespace
from emulator.store.database import Job
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, Timer

WAIT: Final = "wait"
EXPIRY: Final = "expiry"
INGESTION: Final = "ingestion"
TASK: Final = "timers"
_JOB: Final = "job"  # the row of the job that looks which are due
_END_OF_TIME: Final = 1e15


@dataclass(frozen=True, slots=True)
class Alarm:
    """A moment at which something goes on. owner: the id of a run or a store. at: on the namespace's clock."""

    owner: str
    kind: str
    at: float
    is_delay: bool = False


async def set_alarm(namespace: Namespace, tx: Transaction, alarm: Alarm) -> None:
    """Set an alarm; on a real clock a job looks at its time."""
    about = {"owner": alarm.owner, "kind": alarm.kind, "at": alarm.at, "is_delay": alarm.is_delay}
    tx.insert(Timer, object(), **about)
    if namespace.clock.mode == "real":
        await _look_at(namespace, tx, alarm.at)


async def _look_at(namespace: Namespace, tx: Transaction, when: float) -> None:
    """Have a job look at a time, unless one does so before."""
    row = await tx.find(Timer, owner="", kind=_JOB)
    if row is not None and row["at"] <= when:
        return
    if row is None:
        tx.insert(Timer, object(), owner="", kind=_JOB, at=when, is_delay=False)
    else:
        tx.update(Timer, row["seq"], by={"seq": row["seq"]}, at=when)
    tx.defer(Job(TASK, namespace.name, at=namespace.clock.machine_time_of(when)))


# --- firing ----------------------------------------------------------------------------------------------------------


async def advance(namespace: Namespace, until: float) -> None:
    """Move a clock on, firing every alarm on the way in its order, and let the namespace settle after each."""
    while await _fire_next(namespace, until):
        await namespace.settle()


async def _fire_next(namespace: Namespace, until: float) -> bool:
    async with namespace.transaction() as tx:
        row = await tx.earliest(Timer, until)
        namespace.clock.due(max(namespace.clock.now(), until if row is None else min(row["at"], until)))
        namespace.store(tx)
        if row is not None:
            await _fire(namespace, tx, row)
    return row is not None


async def jump_delays(namespace: Namespace) -> None:
    """End all delays that are under way, in their order: the clock has become auto."""
    while True:
        async with namespace.transaction() as tx:
            row = await tx.earliest(Timer, _END_OF_TIME, delays=True)
            if row is None:
                return
            namespace.clock.jump(max(0.0, row["at"] - namespace.clock.now()))
            namespace.store(tx)
            await _fire(namespace, tx, row)


async def fire_due(namespace: Namespace) -> None:
    """Fire what is due on a real clock, and have the next one looked at."""
    async with namespace.transaction() as tx:
        tx.delete(Timer, owner="", kind=_JOB)
        if namespace.clock.mode != "real":
            return
        while (row := await tx.earliest(Timer, namespace.clock.now())) is not None:
            await _fire(namespace, tx, row)
        if (row := await tx.earliest(Timer, _END_OF_TIME)) is not None:
            await _look_at(namespace, tx, row["at"])


async def look_anew(namespace: Namespace, tx: Transaction) -> None:
    """Have the earliest alarm looked at: the clock runs otherwise now."""
    tx.delete(Timer, owner="", kind=_JOB)
    if namespace.clock.mode == "real" and (row := await tx.earliest(Timer, _END_OF_TIME)) is not None:
        await _look_at(namespace, tx, row["at"])


async def _fire(namespace: Namespace, tx: Transaction, timer: Row) -> None:
    tx.delete(Timer, seq=timer["seq"])
    run = await tx.get(Run, timer["owner"])
    if run is None:
        return
    if timer["kind"] == EXPIRY:
        await namespace.runs.signal(tx, run, Signal.EXPIRE)
    else:
        await namespace.runs.wake(tx, run)
