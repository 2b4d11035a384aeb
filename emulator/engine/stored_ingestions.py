"""Files on their way into vector stores that any process on the database may read: by jobs, from rows.

A row stands for the files of a store, or of a batch, that one request has added. It is paused while they are only
shown, and due from then on until they have been read, which ends it. Whoever reads takes what has not been read yet,
and writes it only where it has not changed meanwhile: so it does no harm that a job is done twice.
"""

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Final

from emulator.engine import timers
from emulator.engine.ingestions import Read, Shown
from emulator.engine.namespace import Namespace
from emulator.engine.settlements import SETTLED, Settlements, key_of
from emulator.store.database import Job
from emulator.store.documents import Row, Transaction
from emulator.store.tables import IngestionProgress, Timer

INGEST: Final = "ingest"
DUE: Final = "due"
PAUSED: Final = "paused"
# Seconds of the machine's time that a run waits for others to read its files; they may all be waiting like it.
_PATIENCE: Final = 3.0


class StoredIngestions:
    """All that is under way in a namespace. read: reads files. settlements: who waits here until a store settles."""

    def __init__(self, namespace: Namespace, read: Read, settlements: Settlements) -> None:
        self._namespace = namespace
        self._read = read
        self._settlements = settlements

    # --- beginning --------------------------------------------------------------------------------------------------

    async def add(self, tx: Transaction, store_id: str, batch_id: str | None, before: Shown | None = None) -> None:
        """Show the files that a transaction has added, and read them when the time has come."""
        if tx.has_added(IngestionProgress, (store_id, batch_id)):
            return
        shown = self._shown_at_first(Shown(store_id, batch_id) if before is None else before)
        is_paused = shown.until is not None or self._namespace.config.pace.progression == "polls"
        about = {"store_id": store_id, "batch_id": batch_id, "until": shown.until, "polls": shown.polls}
        ingestion_id = secrets.token_hex(8)
        state = PAUSED if is_paused else DUE
        tx.insert(IngestionProgress, (store_id, batch_id), id=ingestion_id, state=state, **about)
        if shown.until is not None:
            alarm = timers.Alarm(ingestion_id, timers.INGESTION, shown.until, is_delay=True)
            await timers.set_alarm(self._namespace, tx, alarm)
        elif not is_paused:
            self._defer(tx, ingestion_id, store_id)

    def _shown_at_first(self, before: Shown) -> Shown:
        """Return what is to be shown, until when by the clock; an auto clock is there at once."""
        pace, clock = self._namespace.config.pace, self._namespace.clock
        seconds = pace.seconds if pace.progression == "time" else 0.0
        if not seconds or clock.jump(seconds):
            return Shown(before.store_id, before.batch_id, None, before.polls)
        until = clock.now() + seconds if before.until is None else before.until
        return Shown(before.store_id, before.batch_id, until, before.polls)

    def _defer(self, tx: Transaction, ingestion_id: str, store_id: str) -> None:
        lock = f"{tx.generation}/{store_id}"
        tx.defer(Job(INGEST, self._namespace.name, {"ingestion_id": ingestion_id}, lock=lock))

    async def has(self, tx: Transaction, store_id: str, batch_id: str | None) -> bool:
        """Return whether files are taken care of."""
        rows = await tx.all(IngestionProgress, store_id=store_id)
        return any(row["batch_id"] == batch_id for row in rows)

    # --- jobs -------------------------------------------------------------------------------------------------------

    async def ingest(self, ingestion_id: str) -> None:
        """Read the files of a row that is due; do nothing where there is none.

        Raises an error of the database, after which the job has to be done once more.
        """
        async with self._namespace.transaction() as tx:
            row = await tx.find(IngestionProgress, id=ingestion_id)
        if row is None or row["state"] != DUE:
            return  # it is over, or of a generation that is gone

        async def end(tx: Transaction) -> None:
            tx.delete(IngestionProgress, id=ingestion_id)
            tx.notify(SETTLED, key_of(self._namespace.name, row["store_id"]))

        await self._read(self._namespace, row["store_id"], row["batch_id"], end)

    def _let_read(self, tx: Transaction, row: Row) -> None:
        """Have the files of a row read that is paused."""
        if row["state"] == PAUSED:
            tx.update(IngestionProgress, row["id"], by={"id": row["id"]}, state=DUE)
            tx.delete(Timer, owner=row["id"])
            self._defer(tx, row["id"], row["store_id"])

    # --- what lets files be read ------------------------------------------------------------------------------------

    async def polled(self, tx: Transaction, store_id: str) -> None:
        """Count a client's poll of a store."""
        pace = self._namespace.config.pace
        if pace.progression != "polls":
            return
        for row in await tx.all(IngestionProgress, store_id=store_id):
            if row["state"] != PAUSED:
                continue
            tx.update(IngestionProgress, row["id"], by={"id": row["id"]}, polls=row["polls"] + 1)
            if row["polls"] + 1 >= pace.times:
                self._let_read(tx, row)

    async def fire(self, tx: Transaction, ingestion_id: str) -> None:
        """Let files be read whose time has come."""
        row = await tx.find(IngestionProgress, id=ingestion_id)
        if row is not None:
            self._let_read(tx, row)

    async def resume(self, tx: Transaction) -> None:
        """Let everything continue that only shows itself as in progress."""
        for row in await tx.all(IngestionProgress):
            self._let_read(tx, row)

    async def end(self, tx: Transaction, store_id: str, batch_id: str) -> None:
        """End the showing of a batch, of which nothing is left to be read."""
        for row in await tx.all(IngestionProgress, store_id=store_id):
            if row["batch_id"] == batch_id:
                self._let_read(tx, row)

    async def complete(self, store_id: str) -> None:
        """Ingest every file that is on its way into a store now.

        A run waits for this, and keeps a worker from reading: after a while it reads by itself.
        """
        async with self._namespace.transaction() as tx:
            rows = await tx.all(IngestionProgress, store_id=store_id)
            for row in rows:
                self._let_read(tx, row)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.settle(store_id)
        except TimeoutError:
            for row in rows:
                await self.ingest(row["id"])
            await self.settle(store_id)

    # --- settling ---------------------------------------------------------------------------------------------------

    async def settle(self, store_id: str) -> None:
        """Wait until no file can be ingested further without a poll or the clock."""
        tx = await self.begin(store_id)
        await tx.roll_back()

    async def begin(self, store_id: str) -> Transaction:
        """Begin a transaction as soon as no job of the store is waiting or working."""
        look = partial(self._begun_unless_busy, store_id=store_id)
        return await self._settlements.wait(key_of(self._namespace.name, store_id), look)

    async def settle_all(self) -> None:
        """Wait until every store has settled."""
        tx = await self._settlements.wait(key_of(self._namespace.name), self._begun_unless_busy)
        await tx.roll_back()

    async def _begun_unless_busy(self, **where: str) -> Transaction | None:
        tx = await self._namespace.begin()
        try:
            if not await tx.busy(IngestionProgress, **where):
                return tx
        except BaseException:
            await tx.roll_back()
            raise
        await tx.roll_back()
        return None

    # --- the end ----------------------------------------------------------------------------------------------------

    async def forget(self, tx: Transaction, store_id: str) -> None:
        """Give up what is under way in a store that goes with a transaction."""
        for row in await tx.all(IngestionProgress, store_id=store_id):
            tx.delete(Timer, owner=row["id"])
            tx.delete(IngestionProgress, id=row["id"])

    async def shown(self, tx: Transaction) -> Sequence[Shown]:
        """Return how far the showing has come."""
        rows = await tx.all(IngestionProgress)
        return [Shown(row["store_id"], row["batch_id"], row["until"], row["polls"]) for row in rows]

    def stop(self) -> "Sequence[asyncio.Task[None]]":
        """Stop nothing: what is in hand here is a job, and another process goes on with it."""
        return ()
