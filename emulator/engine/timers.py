"""The moments on a namespace's clock at which something goes on, as rows that every process sees.

On a clock that tests move, whoever moves it fires them. On a real one a job does, at the time of the earliest.
"""

from dataclasses import dataclass
from typing import Final

from emulator.domain.config import ClockChange
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.engine.namespace import Namespace
from emulator.store.database import Job
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, Timer

WAIT: Final = "wait"
EXPIRY: Final = "expiry"
AWAITED_EXPIRY: Final = "awaited_expiry"  # one that the script waits for, as for a delay
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
    if namespace.clock.mode == "real":
        await _look_at(namespace, tx, alarm.at)
    about = {"owner": alarm.owner, "kind": alarm.kind, "at": alarm.at, "is_delay": alarm.is_delay}
    tx.insert(Timer, object(), **about)


async def _look_at(namespace: Namespace, tx: Transaction, when: float) -> None:
    """Have a job look at a time, unless one does so before."""
    known = (tx.generation, namespace.clock.state())
    if namespace.looks_at is not None and namespace.looks_at[1:] == known and _is_near(namespace, when):
        return
    row = await tx.find(Timer, owner="", kind=_JOB)
    if row is None:
        tx.insert(Timer, object(), owner="", kind=_JOB, at=when, is_delay=False)
    elif row["at"] > when:
        tx.update(Timer, row["seq"], by={"seq": row["seq"]}, at=when)
    else:
        when = row["at"]
    if row is None or row["at"] > when:
        tx.defer(Job(TASK, namespace.name, at=namespace.clock.machine_time_of(when)))
    tx.after_commit(lambda: namespace.look_at(when, *known))


def _is_near(namespace: Namespace, when: float) -> bool:
    """Return whether a job looks before some time, as far as is known here, and has not done so yet."""
    looks_at = namespace.looks_at
    return looks_at is not None and namespace.clock.now() < looks_at[0] <= when


# --- firing ----------------------------------------------------------------------------------------------------------


async def fire_next(namespace: Namespace, until: float) -> bool:
    """Move a clock to the first alarm up to a time, and fire it; without one, move it there.

    Return whether there was one.
    """
    async with namespace.transaction() as tx:
        row = await tx.earliest(Timer, until)
        clock = namespace.clock
        clock.due(max(clock.now(), until if row is None else min(row["at"], until)))
        namespace.store(tx)
        if row is not None:
            await _fire(namespace, tx, row)
        else:
            await look_anew(namespace, tx)
    return row is not None


async def change_clock(namespace: Namespace, tx: Transaction, change: ClockChange) -> None:
    """Change the mode, the time or the speed; on a clock that becomes auto, all delays end, in their order."""
    clock = namespace.clock
    clock.change(change.new_mode, at=change.at, speed=change.speed)
    while clock.mode == "auto" and (row := await tx.earliest(Timer, _END_OF_TIME, delays=True)) is not None:
        clock.jump(max(0.0, row["at"] - clock.now()))
        await _fire(namespace, tx, row)
    namespace.store(tx)
    await look_anew(namespace, tx)


async def fire_due(namespace: Namespace) -> None:
    """Fire what is due on a real clock, and have the next one looked at."""
    async with namespace.transaction() as tx:
        if namespace.clock.mode == "real":
            while (row := await tx.earliest(Timer, namespace.clock.now())) is not None:
                await _fire(namespace, tx, row)
        await look_anew(namespace, tx)


async def look_anew(namespace: Namespace, tx: Transaction) -> None:
    """Have the earliest alarm looked at: the last job is over, or the clock runs otherwise now."""
    tx.delete(Timer, owner="", kind=_JOB)
    namespace.looks_at = None
    if namespace.clock.mode == "real" and (row := await tx.earliest(Timer, _END_OF_TIME)) is not None:
        await _look_at(namespace, tx, row["at"])


async def _fire(namespace: Namespace, tx: Transaction, timer: Row) -> None:
    tx.delete(Timer, seq=timer["seq"])
    if timer["kind"] == INGESTION:
        await namespace.ingestions.fire(tx, timer["owner"])
        return
    run = await tx.get(Run, timer["owner"], deleted=True)
    if run is None or run["status"] in RUN_TERMINAL:
        return
    if timer["kind"] == WAIT:
        await namespace.runs.wake(tx, run)
    elif (expires_at := run["doc"]["expires_at"]) is not None and expires_at > timer["at"]:  # it was given more time
        await set_alarm(namespace, tx, Alarm(run["id"], timer["kind"], expires_at, is_delay=timer["is_delay"]))
    else:
        await namespace.runs.signal(tx, run, Signal.EXPIRE)
