"""A namespace: its clock, its ids, its scripts, and the runs that are under way in it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.config import NamespaceConfig
from emulator.domain.faults import ArmedFault
from emulator.domain.ports import Backend, Clock, Ids, Turn
from emulator.domain.view import Memory
from emulator.engine.ingestions import Ingestions
from emulator.engine.runs import Runs
from emulator.store.blobs import Blobs
from emulator.store.documents import Documents, Unit
from emulator.store.table import Table
from emulator.store.tables import NamespaceRecord, ReportLine, ScriptMemory

if TYPE_CHECKING:
    from emulator.retrieval.ranking import Index
    from emulator.sandbox.sessions import Sessions

USES: Final = "uses"
MOST_REQUESTS: Final = 10_000
_log: Final = logging.getLogger("emulator")


@dataclass(slots=True)
class Namespace:
    """What one namespace consists of.

    backend: of a script version. runs: the active ones. indexes: by store, what has been searched, with the files in
    it. sessions: where code runs; None: nowhere. is_stored: whether it has a row yet, which the first write makes.
    """

    name: str
    documents: Documents
    blobs: Blobs
    clock: Clock
    ids: Ids
    config: NamespaceConfig
    backend: Callable[[int], Backend]
    script_version: int = 0
    is_stored: bool = False
    runs: Runs = field(default_factory=Runs)
    ingestions: Ingestions = field(default_factory=Ingestions)
    indexes: "dict[str, tuple[Index, dict[str, int]]]" = field(default_factory=dict)
    sessions: "Sessions | None" = None
    faults: list[ArmedFault] = field(default_factory=list)
    requests: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_REQUESTS))

    def now(self) -> int:
        """Return the time as documents show it: whole seconds."""
        return int(self.clock.now())

    # --- writing ----------------------------------------------------------------------------------------------------

    def unit(self) -> Unit:
        """Begin a unit of writes."""
        return self.documents.unit(self.name)

    def commit(self, unit: Unit) -> None:
        """Write a unit, and with it how many ids were made and what time it is: neither may go back after a crash."""
        state = {"counters": dict(self.ids.counters()), "clock": dict(self.clock.state())}
        if self.is_stored:
            unit.update(NamespaceRecord, self.name, by={}, **state)
        else:
            config = self.config.to_json()
            unit.insert(NamespaceRecord, self.name, config=config, script_version=self.script_version, **state)
        unit.commit()
        self.is_stored = True

    def store(self) -> None:
        """Write the namespace itself: its configuration, and where its clock stands."""
        unit = self.unit()
        if self.is_stored:
            unit.update(NamespaceRecord, self.name, by={}, config=self.config.to_json())
        self.commit(unit)

    def amend(self, table: Table, doc: dict[str, Any]) -> None:
        """Write a client's change of a run or a message, and hand it to the run that is active on its thread."""
        unit = self.unit()
        unit.update(table, doc["id"], doc=doc)
        self.commit(unit)
        if (task := self.runs.active(doc["thread_id"])) is not None:
            task.take(doc)

    # --- time -------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until every run and every store has settled."""
        await self.ingestions.settle_all()
        await self.runs.settle_all()

    def resume(self) -> None:
        """Let every run and every ingestion continue that only shows a status."""
        self.runs.resume()
        self.ingestions.resume()

    async def advance(self, seconds: float) -> list[Mapping[str, Any]]:
        """Move the clock on, firing every timer on the way in its order; return the runs' events that this caused."""
        until = self.clock.now() + seconds
        follower = self.documents.journal.follow(self.name)
        try:
            while self.clock.due(until) is not None:
                await self.settle()
        finally:
            follower.leave()
        entries = follower.take()
        return [{"run": entry.run_id, "event": entry.event} for entry in entries if entry.row and entry.run_id]

    def stop(self) -> list["asyncio.Task[None]"]:
        """Let go of everything that is under way; return the tasks that are now ending."""
        ending = [*self.runs.stop(), *self.ingestions.stop()]
        self.clock.stop()
        return ending

    # --- what scripts remember --------------------------------------------------------------------------------------

    def memory(self, thread_id: str, assistant_id: str) -> Memory:
        """Return what scripts remember that may concern a run."""
        owners = (USES, "namespace", f"thread:{thread_id}", f"assistant:{assistant_id}")
        rows = self.documents.all_of(ScriptMemory, self.name, "owner", owners)
        values = {row["key"]: row["value"] for row in rows}
        return Memory(uses=values.pop(USES, {}), scopes=values)

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
        """Add a line to the report."""
        unit.insert(ReportLine, len(unit.added(ReportLine)), kind=kind, run_id=run_id, doc=about)

    def warn_of_script(self, run_id: str, message: str) -> None:
        """Say in the log that a run fails because of its script: the app under test may hide it."""
        _log.warning("namespace %s: %s: %s", self.name, run_id, " ".join(message.split()))
