"""A world: one namespace with its clock, its ids, its scripts and the runs that are under way in it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlmodel import SQLModel

from emulator.domain.faults import Fault
from emulator.domain.ports import Backend, Clock, Ids, Turn
from emulator.domain.view import Memory
from emulator.retrieval.ranking import Index
from emulator.store.blobs import Blobs
from emulator.store.documents import Documents, Unit
from emulator.store.tables import Namespace, ReportLine, ScriptMemory

if TYPE_CHECKING:
    from emulator.sandbox.sessions import Sessions

USES: Final = "uses"
MOST_REQUESTS: Final = 10_000


class ActiveRun(Protocol):
    """A run that locks its thread. settled: set while nothing can go on without the clock or the client."""

    settled: asyncio.Event
    script_version: int

    @property
    def run(self) -> dict[str, Any]:
        """The run as it stands."""

    def take(self, doc: dict[str, Any]) -> None:
        """Take over a client's change of a document, if it is this run, or its message that is still open."""

    def submit(self, outputs: Mapping[str, str]) -> None:
        """Take the outputs of all outstanding calls, by their ids."""

    def cancel(self) -> None:
        """Begin to cancel; the rest follows by itself."""

    def polled(self) -> None:
        """Take note that a client has seen the run as it stands."""

    def go_on(self) -> bool:
        """Let a run that shows a status go on to the next; False if it does not wait for that."""

    def held_at(self) -> str | None:
        """Return the name of the breakpoint where the run is held."""

    def release(self, name: str) -> bool:
        """Let a held run go on; False if it is not held there."""

    def stop(self) -> None:
        """Let go of the run without a word."""


class Intake(Protocol):
    """Files on their way into a store, alone or as a batch.

    settled: set while nothing goes on without a poll or the clock, and at the end.
    """

    batch_id: str | None
    settled: asyncio.Event

    def polled(self) -> None:
        """Take note that a client has seen the files as they stand."""

    def go_on(self) -> None:
        """Take the files in, however long they were to be shown."""

    def stop(self) -> None:
        """Let go of them without a word."""


@dataclass(slots=True)
class World:
    """What one namespace consists of.

    backend: of a script version. drivers: by thread, the run that locks it. intakes: by store, what is being taken
    in. indexes: by store, what has been searched, with the files in it. sessions: where code runs; None: nowhere.
    """

    name: str
    documents: Documents
    blobs: Blobs
    clock: Clock
    ids: Ids
    setup: dict[str, Any]
    backend: Callable[[int], Backend]
    script_version: int = 0
    drivers: dict[str, "ActiveRun"] = field(default_factory=dict)
    intakes: dict[str, set["Intake"]] = field(default_factory=dict)
    indexes: dict[str, tuple[Index, dict[str, int]]] = field(default_factory=dict)
    sessions: "Sessions | None" = None
    faults: list[Fault] = field(default_factory=list)
    requests: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_REQUESTS))

    def now(self) -> int:
        """Return the time as documents show it: whole seconds."""
        return int(self.clock.now())

    def unit(self) -> Unit:
        """Begin a unit of writes."""
        return self.documents.unit(self.name)

    def commit(self, unit: Unit) -> None:
        """Write a unit, and with it how many ids were made and what time it is: neither may go back after a crash."""
        unit.update(Namespace, self.name, by={}, counters=dict(self.ids.counters()), clock=dict(self.clock.state()))
        unit.commit()

    def amend(self, model: type[SQLModel], doc: dict[str, Any]) -> None:
        """Write a client's change of a run or a message, and tell the run that is active on its thread."""
        unit = self.unit()
        unit.update(model, doc["id"], doc=doc)
        self.commit(unit)
        if (driver := self.drivers.get(doc["thread_id"])) is not None:
            driver.take(doc)

    def keep_setup(self) -> None:
        """Write how the world is set up, and where its clock stands."""
        unit = self.unit()
        unit.update(Namespace, self.name, by={}, setup=self.setup)
        self.commit(unit)

    async def settle(self, thread_id: str) -> None:
        """Wait until no action of the thread's run can go on without the clock or the client."""
        while (driver := self.drivers.get(thread_id)) and not driver.settled.is_set():
            await driver.settled.wait()

    async def settle_all(self) -> None:
        """Wait until every run and every store has settled."""
        for store_id in tuple(self.intakes):
            await self.settle_store(store_id)
        while busy := [driver for driver in self.drivers.values() if not driver.settled.is_set()]:
            await asyncio.gather(*(driver.settled.wait() for driver in busy))

    async def settle_store(self, store_id: str) -> None:
        """Wait until no file goes on into a store without a poll or the clock."""
        while busy := [intake for intake in self.intakes.get(store_id, ()) if not intake.settled.is_set()]:
            await asyncio.gather(*(intake.settled.wait() for intake in busy))

    async def fill_store(self, store_id: str) -> None:
        """Let every file be taken into a store that is needed now."""
        for intake in tuple(self.intakes.get(store_id, ())):
            intake.go_on()
        await self.settle_store(store_id)

    def store_polled(self, store_id: str) -> None:
        """Take note that a client has seen a store, or what is in it, as it stands."""
        for intake in tuple(self.intakes.get(store_id, ())):
            intake.polled()

    def go_on(self) -> None:
        """Let every run and every intake that only shows itself go on."""
        for driver in tuple(self.drivers.values()):
            driver.go_on()
        for intake in self._all_intakes():
            intake.go_on()

    def _all_intakes(self) -> list["Intake"]:
        return [intake for intakes in self.intakes.values() for intake in intakes]

    async def advance(self, seconds: float) -> list[Mapping[str, Any]]:
        """Move the clock on, firing every timer on the way in its order; return the runs' events that this caused."""
        until = self.clock.now() + seconds
        follower = self.documents.journal.follow(self.name)
        try:
            while self.clock.due(until) is not None:
                await self.settle_all()
        finally:
            follower.leave()
        entries = follower.take()
        return [{"run": entry.run_id, "event": entry.event} for entry in entries if entry.row and entry.run_id]

    # --- what scripts remember --------------------------------------------------------------------------------------

    def memory(self, thread_id: str, assistant_id: str) -> Memory:
        """Return what scripts remember that may concern a run."""
        owners = (USES, "namespace", f"thread:{thread_id}", f"assistant:{assistant_id}")
        rows = [row for owner in owners for row in self.documents.all(ScriptMemory, self.name, owner=owner)]
        kept = {row["key"]: row["value"] for row in rows}
        return Memory(uses=kept.pop(USES, {}), scopes=kept)

    def remember(self, unit: Unit, key: str, value: Mapping[str, Any]) -> None:
        """Keep what scripts remember under a key: its owner's name, and behind a slash whatever the script likes."""
        owner = key.partition("/")[0]
        if self.documents.find(ScriptMemory, ns=self.name, owner=owner, key=key) is None:
            unit.insert(ScriptMemory, key, owner=owner, key=key, value=dict(value))
        else:
            unit.update(ScriptMemory, key, by={"owner": owner, "key": key}, value=dict(value))

    def count_use(self, unit: Unit, turn: Turn, memory: Memory) -> None:
        """Count that a turn is played."""
        if turn.key is not None:
            self.remember(unit, USES, {**memory.uses, turn.key: memory.uses.get(turn.key, 0) + 1})

    # --- what tests should know -------------------------------------------------------------------------------------

    def report(self, unit: Unit, kind: str, run_id: str, **about: Any) -> None:
        """Note something for the report."""
        unit.insert(ReportLine, len(unit.added(ReportLine)), kind=kind, run_id=run_id, doc=about)

    def stop(self) -> None:
        """Let go of everything that is under way; what is stored goes on at the next start."""
        for driver in tuple(self.drivers.values()):
            driver.stop()
        self.drivers.clear()
        for intake in self._all_intakes():
            intake.stop()
        self.intakes.clear()
        self.clock.stop()
