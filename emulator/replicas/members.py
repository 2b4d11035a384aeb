"""Who works on a database: each process says so every second, and knows which others do.

A process that has not been seen for `DEAD_AFTER` seconds counts as gone: nobody waits for it. It may be there all the
same, because it was stopped for a while or heard nothing; then it takes in everything anew before it goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from emulator.domain.bus import Bus, Leave
from emulator.domain.errors import UnavailableDatabaseError
from emulator.machine_time import pass_seconds
from emulator.store import replica_rows
from emulator.store.database import DatabaseError, Session, UnusableDatabaseError
from emulator.store.documents import Documents
from emulator.store.replica_rows import ReplicaRow

# Seconds between two signs of life; after how many without one a process counts as gone; and after how many its row is
# removed.
HEARTBEAT: Final = 1.0
DEAD_AFTER: Final = 3.0
SWEPT_AFTER: Final = 10.0
# Seconds between two looks whether a process that differs is gone by now.
_BETWEEN: Final = 0.5
# No namespace has such a name.
_LOCK: Final = "/replicas"
_BEAT, _LEFT = "beat", "left"
_log: Final = logging.getLogger(__name__)

# Seconds since the epoch on the database's clock.
Now = Callable[[], float]


class Members:
    """The processes on a database, of which this is one, once it has joined.

    setup: what all must have alike, by what people call it. at_return: called before this process is there again, after
    others may have counted it as gone. at_death: called with the ids of processes that are gone for good, in the
    transaction in which their rows are removed.
    """

    def __init__(self, documents: Documents, bus: Bus, now: Now, role: str, setup: Mapping[str, str]) -> None:
        self.id = 0
        self.others: frozenset[int] = frozenset()
        self.at_return: list[Callable[[], Awaitable[None]]] = []
        self.at_death: list[Callable[[Session, Sequence[int]], Awaitable[None]]] = []
        self._documents = documents
        self._bus = bus
        self._now = now
        self._role = role
        self._setup = dict(setup)
        self._seen_until = 0.0
        self._sent = self._heard = 0
        self._has_missed = False
        self._joined: set[int] = set()  # since the rows were read last
        self._sign: asyncio.Task[None] | None = None
        self._heard_own = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None
        self._leaves: list[Leave] = []

    # --- joining and leaving ------------------------------------------------------------------------------------------

    async def join(self) -> None:
        """Begin to work on the database. Raises `UnusableDatabaseError` where others there differ from this process."""
        self._leaves = [
            self._bus.subscribe(_BEAT, self._hear_beat),
            self._bus.subscribe(_LEFT, self._hear_left),
            self._bus.on_gap(self._miss),
        ]
        until = None
        while (differing := await self._enter()) is not None:
            until = self._now() + DEAD_AFTER if until is None else until
            if self._now() > until:
                raise UnusableDatabaseError(_refusal(differing, self._setup))
            await pass_seconds(_BETWEEN)  # it may have died just now
        self._beating = asyncio.create_task(self._beat_on(), name="heartbeat")

    async def _enter(self) -> ReplicaRow | None:
        """Add this process; return one that differs from it, if there is one."""
        async with self._documents.session(_LOCK) as session:
            now = self._now()
            rows = [row for row in await replica_rows.every(session) if row.heartbeat > now - DEAD_AFTER]
            differing = next((row for row in rows if row.setup != self._setup), None)
            if differing is None:
                self.id = await replica_rows.add(session, self._role, now, self._setup)
                self.others = frozenset(row.id for row in rows)
                self._seen_until = now + DEAD_AFTER
        return differing

    async def leave(self) -> None:
        """Work on the database no more; others wait for this process no longer."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([one for one in (self._beating, self._sign) if one is not None])
            self._beating = None
            with suppress(*DatabaseError):  # then others will notice
                async with self._documents.session(_LOCK) as session:
                    await replica_rows.remove(session, [self.id])
                    session.notify(_LEFT, str(self.id))
        for leave in self._leaves:
            leave()
        self._leaves = []

    def _hear_left(self, payload: str) -> None:
        self.others -= {int(payload)}

    def add(self, id: int) -> None:  # noqa: A002 - its name everywhere
        """Know of another process, which has just joined."""
        self._joined.add(id)
        self.others |= {id}

    # --- signs of life ------------------------------------------------------------------------------------------------

    @property
    def is_current(self) -> bool:
        """Whether others still wait for this process, so that it knows whatever they have changed."""
        return self._now() < self._seen_until

    async def ensure_current(self) -> None:
        """Take in anew what others may have changed without waiting for this process.

        Raises `UnavailableDatabaseError` if it still hears nothing of them.
        """
        await self.beat()
        if not self.is_current:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT):
                    await self._heard_own.wait()
            await self.beat()
        if not self.is_current:
            raise UnavailableDatabaseError("nothing is heard of other replicas")

    async def beat(self) -> None:
        """Give a sign of life, unless the last one was not heard here, and see who else has given one.

        Several who want one at the same time have one together. Raises `UnavailableDatabaseError`.
        """
        if self._sign is None or self._sign.done():
            self._sign = asyncio.create_task(self._give_sign(), name="sign of life")
            self._sign.add_done_callback(_retrieve)
        await asyncio.shield(self._sign)

    async def _give_sign(self) -> None:
        is_hearing, number = self._heard >= self._sent, self._sent + 1
        if self._has_missed or (is_hearing and not self.is_current):
            await self._return()
        self._joined.clear()
        async with self._documents.session(_LOCK) as session:
            now = self._now()
            rows = await replica_rows.every(session)
            if is_hearing:
                await replica_rows.renew(session, ReplicaRow(self.id, self._role, now, self._setup))
            await self._sweep(session, rows, now)
            self._heard_own.clear()
            session.notify(_BEAT, f"{self.id} {number}")
        self._sent = number
        live = {row.id for row in rows if row.heartbeat > now - DEAD_AFTER}
        self.others = frozenset((live | self._joined) - {self.id})
        if is_hearing and not self._has_missed:
            self._seen_until = now + DEAD_AFTER

    async def _return(self) -> None:
        self._has_missed = False
        try:
            for take_in in self.at_return:
                await take_in()
        except BaseException:
            self._has_missed = True
            raise

    async def _sweep(self, session: Session, rows: Iterable[ReplicaRow], now: float) -> None:
        dead = [row.id for row in rows if row.id != self.id and row.heartbeat < now - SWEPT_AFTER]
        if dead:
            for call in self.at_death:
                await call(session, dead)
            await replica_rows.remove(session, dead)

    async def _beat_on(self) -> None:
        while True:
            await pass_seconds(HEARTBEAT)
            try:
                await self.beat()
            except DatabaseError:
                continue  # whoever reads and writes says so
            except Exception:  # noqa: BLE001 - a process that gives no sign any more would be cut off for good
                _log.exception("no sign of life could be given")

    def _hear_beat(self, payload: str) -> None:
        who, _, number = payload.partition(" ")
        if int(who) == self.id:
            self._heard = int(number)
            self._heard_own.set()

    def _miss(self) -> None:
        """Messages may have been lost: what they said has to be taken in before this process counts again."""
        self._has_missed = True
        self._seen_until = 0.0
        self._heard = self._sent  # those that are lost are not waited for


def _retrieve(sign: "asyncio.Task[None]") -> None:
    """Know of a failure that nobody waits for any more."""
    if not sign.cancelled():
        sign.exception()


def _refusal(row: ReplicaRow, setup: Mapping[str, str]) -> str:
    """Return why a process may not join another one, in one line, and what can be done."""
    names = {**setup, **row.setup}
    different = " and ".join(name for name in names if row.setup.get(name) != setup.get(name))
    return (
        f"replica {row.id} works on this database with {different}: start this one with the same, or stop all others"
        " first"
    )
