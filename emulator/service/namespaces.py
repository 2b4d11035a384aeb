"""The namespaces of a server: opened on demand, configured, reset and deleted, and resumed after a restart."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial, reduce
from typing import Any, Final

from emulator.domain.config import ClockChange
from emulator.domain.state_coverage import Coverage
from emulator.engine import next_run
from emulator.engine.facets import Kind
from emulator.engine.namespace import GONE, Namespace
from emulator.service import clocks, ingestion
from emulator.service.beginnings import empty, note_reset
from emulator.service.open_namespaces import DEFAULT, NAME, forget, unknown
from emulator.service.scripted_namespaces import UNNAMED, ScriptedNamespaces
from emulator.service.work_under_way import UnderWay, under_way
from emulator.store.database import DatabaseError
from emulator.store.documents import Transaction
from emulator.store.removals import name_of
from emulator.store.tables import NamespaceRecord, Run, VectorStoreFile

__all__ = ["DEFAULT", "NAME", "UNNAMED", "Namespaces"]

_log: Final = logging.getLogger(__name__)


class Namespaces(ScriptedNamespaces):
    """The namespaces by name, from the start of the server to its end."""

    __slots__ = ()

    # --- configuring --------------------------------------------------------------------------------------------------

    async def put(self, name: str, change: Mapping[str, Any], clock: ClockChange | None = None) -> Namespace:
        """Configure a namespace anew, keeping its data; it is made if it does not exist.

        change: fields of `NamespaceConfig`. clock: as in `clocks.change`, and where a reset begins.
        """
        namespace = await self.open(name)
        async with namespace.transaction() as tx:
            self._beginnings.keep_in_step(namespace, tx)
            before = namespace.config
            if clock is not None:
                change = {**change, "clock": clock.applied_to(before.clock)}
            namespace.config = replace(before, **change)
            async with namespace.facets.changing(namespace, Kind.WIRE, tx=tx):
                namespace.has_chosen_wire = namespace.has_chosen_wire or "wire" in change
            if namespace.config.seed != before.seed:
                ids = namespace.ids
                namespace.ids = self._beginnings.renewed(ids, namespace.config.seed, name, ids.counters())
                tx.after_commit(namespace.name_requests_by_seed)
            if namespace.config.quotas != before.quotas:
                namespace.facets.drop(tx, Kind.CONSUMPTION)
                tx.after_commit(namespace.consumption.clear)
            if namespace.config.pace.progression != before.pace.progression:
                await namespace.resume(tx)  # what the last pace held up
            namespace.store(tx)
        if clock is not None:
            await clocks.change(namespace, clock)
        return namespace

    async def reset(self, name: str) -> Namespace:
        """Empty a namespace: its scripts, configuration and fixtures stay, ids and counts begin anew."""
        namespace = await self.open(name)
        async with self.begun_anew(namespace) as tx:
            loaded = await self.scripts.loaded(namespace, tx)
            self._beginnings.restart(namespace)
            await self._beginnings.equip(namespace, tx, loaded)
        return namespace

    @asynccontextmanager
    async def begun_anew(self, namespace: Namespace) -> AsyncIterator[Transaction]:
        """Empty a namespace; what the block puts into it comes with the same transaction, or nothing changes."""
        async with namespace.transaction() as tx:
            if namespace.generation == GONE:
                raise unknown(namespace.name)
            self._beginnings.keep_in_step(namespace, tx)
            last, before = await tx.last_change(), namespace.generation
            namespace.requests.clear_with(tx)
            await empty(namespace, tx, self.documents.removals.next_generation(namespace.name, namespace.generation))
            tx.after_commit(partial(forget, namespace), forget)
            tx.after_commit(partial(self._name_requests_anew, namespace), "request ids")
            next_run.expect(namespace, tx)  # a snapshot may know what is asked of it
            yield tx
            note_reset(namespace, tx, last + 1)
            namespace.store(tx)
        await self._end_sessions(before)

    async def _end_sessions(self, generation: str) -> None:
        """End the code of threads that are gone."""
        if self.sessions is not None:
            await self.sessions.end_all(f"{generation}/")

    async def delete(self, name: str) -> None:
        """Remove a namespace with all that is in it; the name may be used again. Raises the 404 of an unknown one."""
        namespace = await self.find(name)
        async with self.documents.transaction(name) as tx:
            generation = namespace.generation
            tx.switch(generation)
            self._beginnings.keep_in_step(namespace, tx)
            if await tx.find(NamespaceRecord) is None:
                raise unknown(name)  # another request was faster
            namespace.requests.end_with(tx)
            await self.coverages.retire(name, tx)
            await empty(namespace, tx, GONE)
            self.scripts.drop(tx)
            tx.delete(NamespaceRecord)
            self.snapshots.drop_all(tx)
            tx.after_commit(partial(self._open.__delitem__, name))
            tx.after_commit(namespace.forget_faults)
            tx.after_commit(namespace.order_requests)
            tx.after_commit(partial(self._keep_coverage, namespace))
        await self._end_sessions(generation)

    async def all_coverage(self) -> Coverage:
        """Return what clients met in all namespaces that there are and were."""
        written = await self.coverages.of_all()
        return reduce(Coverage.merge, (one.met_here() for one in self._open.values()), written.merge(self.coverage))

    async def clear_coverage(self, name: str) -> None:
        """Forget what clients met in a namespace; raise the 404 of one that does not exist."""
        (await self.find(name)).coverage.clear()
        await self.coverages.clear(name)

    # --- starting and stopping ----------------------------------------------------------------------------------------

    async def resume(self) -> int:
        """Go on with everything that the last server left unfinished; return how many runs."""
        if self.documents.database.is_shared:
            return 0  # that is a matter of jobs
        self._sweeper.wake()
        unread = await self.documents.unfinished(VectorStoreFile)
        for name, store_id in dict.fromkeys((row["ns"], row["store_id"]) for row in unread):
            await self._go_on(name, partial(ingestion.resume, store_id=store_id))  # first: runs wait for these
        unfinished = await self.documents.unfinished(Run)
        for row in unfinished:
            await self._go_on(row["ns"], partial(_resume_run, run_id=row["id"]))
        return len(unfinished)

    async def resume_in(self, namespace: Namespace, under_way: UnderWay) -> None:
        """Go on with everything in one namespace that is unfinished, as far as it had come, and let it settle."""
        async with namespace.transaction() as tx:
            stores = dict.fromkeys(row["store_id"] for row in await tx.unfinished(VectorStoreFile))
            unfinished = [row["id"] for row in await tx.unfinished(Run)]
        for store_id in stores:
            await self._go_on(namespace.name, partial(ingestion.resume, store_id=store_id, shown=under_way.shown))
        for run_id in unfinished:
            pauses = under_way.pauses.get(run_id)
            await self._go_on(namespace.name, partial(_resume_run, run_id=run_id, pauses=pauses))
        await namespace.settle()

    async def _go_on(self, generation: str, resume: Callable[[Namespace], Awaitable[None]]) -> None:
        """Open a namespace and resume something in it; one that is broken holds up no other."""
        name = name_of(generation)
        try:
            await resume(await self.open(name))
        except DatabaseError:
            raise
        except Exception:  # noqa: BLE001 - whatever broke, the others go on
            _log.exception("namespace %s cannot go on", name, extra={"namespace": name})

    def stop_reading(self) -> None:
        """End what requests wait for: faults, searches, the reading of scripts and of files; those are read later."""
        self.indexes.stop()
        self.scripts.workers.stop()
        self.snapshots.workers.stop()
        self.blobs.workers.stop()
        for namespace in self._open.values():
            namespace.ingestions.stop()
            namespace.end_waiting()

    async def stop(self) -> None:
        """Let go of everything that is under way, wait for it to end, and close what is stored."""
        await self.halt()
        await self.close()

    async def halt(self) -> None:
        """Let go of everything that is under way, wait for it to end, and store how far it has come."""
        self.documents.journal.close()
        namespaces = tuple(self._open.values())
        if not self.documents.database.is_shared:
            self.halted = {namespace.name: await self._under_way(namespace) for namespace in namespaces}
        ending = [*self._sweeper.stop(), *(task for namespace in namespaces for task in namespace.stop())]
        await asyncio.gather(*ending, return_exceptions=True)
        for namespace in namespaces:
            if namespace.is_stored and not self.documents.database.is_shared:
                try:
                    async with namespace.transaction() as tx:
                        namespace.store(tx)
                except DatabaseError:  # as after a crash, the next start has to do with what is stored
                    about = {"namespace": namespace.name}
                    _log.exception("namespace %s could not be stored", namespace.name, extra=about)

    @staticmethod
    async def _under_way(namespace: Namespace) -> UnderWay:
        async with namespace.documents.transaction(namespace.name) as tx:
            return await under_way(namespace, tx)

    async def close(self) -> None:
        """Close what is stored."""
        self.readers.close()
        self.snapshots.close()
        await self.documents.database.aclose()
        self.blobs.close()


async def _resume_run(namespace: Namespace, run_id: str, pauses: Mapping[str, Any] | None = None) -> None:
    """Go on with a run, or end it: of responses, those whose clients were waiting for their answers."""
    async with namespace.transaction() as tx:
        row = await tx.get(Run, run_id, heavy=True)
        if row is not None and row["doc"]["object"] == "response":
            from emulator.service.responses.abandoned import end_unawaited  # noqa: PLC0415 - loaded once there is one

            if await end_unawaited(namespace, tx, row):
                return
    await namespace.runs.resume(run_id, pauses=pauses)
