"""Several replicas in one process: on one database of SQLite, as if others changed it, and on a bus that can break."""

import asyncio

import scripted_models
from emulator.clock import make_clock
from emulator.domain.config import ClockStart, NamespaceConfig
from emulator.ids import SeededIds
from emulator.replicas.shared_namespaces import SharedNamespaces
from emulator.service.namespaces import Namespaces
from emulator.service.scripts import ScriptRegistry, ServerScripts
from emulator.store.database import nothing
from emulator.store.documents import Documents
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.journal import Journal
from emulator.store.namespace_row import COLUMNS, NamespaceRow
from emulator.store.sqlite.connection import Connection, SqliteSession
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import SHARED
from emulator.transcripts.apis import transcript_of
from emulator.wire.history.behaviors import behaviors_of

START = 1_767_603_600.0
ALIKE = {"other scripts": "echo"}


class Time:
    """The database's clock, which a test moves. step: seconds that pass with each look at it."""

    def __init__(self):
        self.at, self.step = START, 0.0

    def __call__(self):
        self.at += self.step
        return self.at


class Wire:
    """What carries messages to each bus on it."""

    def __init__(self):
        self.buses = []
        self.sent = []

    def carry(self, topic, payload):
        self.sent.append((topic, payload))
        for bus in self.buses:
            asyncio.get_running_loop().call_soon(bus.hear, topic, payload)


class WireBus:
    """A bus. is_cut: it hears nothing, though what it sends is heard."""

    def __init__(self, wire):
        self.wire, self.is_cut = wire, False
        self.calls, self.at_gaps = {}, []
        wire.buses.append(self)

    def subscribe(self, topic, call):
        self.calls.setdefault(topic, []).append(call)
        return lambda: self.calls[topic].remove(call)

    def on_gap(self, call):
        self.at_gaps.append(call)
        return lambda: self.at_gaps.remove(call)

    async def send(self, topic, payload):
        self.wire.carry(topic, payload)

    def hear(self, topic, payload):
        for call in () if self.is_cut else tuple(self.calls.get(topic, ())):
            call(payload)

    def mend(self):
        """Hear again, as after a lost connection."""
        self.is_cut = False
        for call in tuple(self.at_gaps):
            call()


class SharedSqlite(Connection):
    """A database that says that others change it, too."""

    is_shared = True

    def __init__(self, driver, turns, bus):
        super().__init__(driver)
        self.turns, self.bus, self.wire = turns, bus, bus.wire

    async def begin(self, ns):
        await self.turns.take()
        return SharedSession(self, ns)

    def close(self):
        self.closed = True


class SharedSession(SqliteSession):
    def __init__(self, database, ns):
        super().__init__(database)
        self._wire, self._notes = database.wire, []
        row = self._driver.execute(f"SELECT {', '.join(COLUMNS)} FROM namespaces WHERE ns = ?", (ns,)).fetchone()
        self.namespace = NamespaceRow({} if row is None else dict(zip(COLUMNS, row, strict=True)))

    def notify(self, topic, payload):
        self._notes.append((topic, payload))

    async def commit(self, then=nothing):
        await super().commit(then)
        for topic, payload in self._notes:
            self._wire.carry(topic, payload)


class Replica:
    """A replica, with its namespaces and what it shares of them."""

    def __init__(self, together, setup):
        self.bus = WireBus(together.wire)
        database = SharedSqlite(together.first.driver, together.first.turns, self.bus)
        self.namespaces = Namespaces(
            documents=Documents(database, Journal()),
            blobs=FolderBlobs(together.folder),
            make_clock=make_clock,
            make_ids=SeededIds,
            scripts=ScriptRegistry(scripted_models.load, ServerScripts(scripted_models.Echo())),
            config=NamespaceConfig(seed=5, clock=ClockStart("frozen", START)),
            behaviors_of=behaviors_of,
            transcripts=transcript_of,
        )
        self.shared = SharedNamespaces(self.namespaces, self.bus, together.time, "both", setup)
        self.members, self.questions = self.shared.members, self.shared.questions

    def die(self):
        """Give no sign of life any more, and hear nothing."""
        self.members._beating.cancel()
        self.bus.is_cut = True


class Together:
    """Replicas that a test starts, on one database."""

    def __init__(self, folder):
        self.folder = folder
        self.wire, self.time = Wire(), Time()
        self.first = open_database(None)
        for statement in (statement for table in SHARED for statement in table.ddl):
            self.first.driver.execute(statement)
        self.replicas = []

    async def start(self, setup=ALIKE):
        replica = Replica(self, setup)
        await replica.shared.start()
        self.replicas.append(replica)
        return replica

    def rows(self, text):
        return self.first.driver.execute(text).fetchall()

    async def stop(self):
        for replica in self.replicas:
            replica.bus.is_cut = False
            await replica.shared.stop()
            await replica.namespaces.stop()
        self.first.close()
