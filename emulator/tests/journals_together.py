"""Journals of several processes on one database of SQLite, as if others changed it, and on a bus that can break."""

from emulator.store.documents import Documents
from emulator.store.shared_journal import SharedJournal
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import SHARED
from emulator.tests.replicas_together import SharedSqlite, Time, Wire, WireBus


class Process:
    """A process, with its own journal."""

    def __init__(self, name, together):
        self.bus = WireBus(together.wire)
        self.database = SharedSqlite(together.first.driver, together.first.turns, self.bus)
        self.database.process = name
        self.journal = SharedJournal(self.database, self.bus, together.time)
        self.documents = Documents(self.database, self.journal)

    async def commit(self, *entries, ns="a", fails=False):
        """Publish entries in a transaction of a namespace."""
        tx = await self.documents.begin(ns)
        for one in entries:
            tx.record(one)
        if fails:
            await self.journal.share(ns, tx.entries, tx.session)
            await tx.roll_back()
        else:
            await tx.commit()

    async def follow(self, *which, **how):
        """Return a follower that has joined."""
        follower = self.journal.follow("a", *which, **how)
        await self.commit()
        return follower


class JournalsTogether:
    """Processes that a test begins."""

    def __init__(self):
        self.wire, self.time = Wire(), Time()
        self.first = open_database(None)
        for statement in (statement for table in SHARED for statement in table.ddl):
            self.first.driver.execute(statement)
        self._names = iter("pqrstuvw")

    def process(self):
        return Process(next(self._names), self)

    def rows(self, text):
        return self.first.driver.execute(text).fetchall()

    def count(self, table):
        return self.rows(f"SELECT count(*) FROM {table}")[0][0]

    def close(self):
        self.first.close()
