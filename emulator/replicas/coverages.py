"""What clients met, as the processes on a database have written it together."""

from collections.abc import Iterable
from functools import reduce

from emulator.domain.state_coverage import Coverage
from emulator.replicas.request_writer import RequestWriter
from emulator.store import coverage_rows
from emulator.store.coverage_rows import Counts
from emulator.store.database import Session
from emulator.store.documents import Documents, Transaction


class SharedCoverages:
    """The coverage of all namespaces. writer: writes that of this process."""

    def __init__(self, documents: Documents, writer: RequestWriter) -> None:
        self._documents = documents
        self._writer = writer

    async def of(self, name: str, tx: Transaction | None = None, *, streams: bool = False) -> Coverage:
        """Return what is written of a namespace. streams: also what streams under way elsewhere have shown."""
        if tx is not None:
            return await self._of(tx.session, name, streams=streams)
        async with self._documents.session() as session:
            return await self._of(session, name, streams=streams)

    async def _of(self, session: Session, name: str, *, streams: bool) -> Coverage:
        if streams:
            return _sum(await coverage_rows.read_with_streams(session, name, self._writer.replica))
        return _sum(await coverage_rows.read(session, name))

    async def of_all(self) -> Coverage:
        """Return what is written of all namespaces that there are and were, also by streams under way elsewhere."""
        async with self._documents.session() as session:
            return _sum(await coverage_rows.read_all(session, self._writer.replica))

    async def clear(self, name: str) -> None:
        """Forget what is written of a namespace."""
        async with self._documents.session() as session:
            await coverage_rows.clear(session, name)

    async def take_over(self, name: str, found: Coverage, tx: Transaction) -> bool:
        """Know of everything at least as often as another coverage, with a transaction."""
        known = Coverage.from_json(await coverage_rows.take(tx.session, name) or Coverage().to_json())
        known.take_over(found)
        await coverage_rows.write(tx.session, name, known.to_json())
        return True

    async def retire(self, name: str, tx: Transaction) -> None:
        """Let what is written of a namespace be of those that are gone, with the transaction that deletes it."""
        gone = Coverage.from_json(await coverage_rows.take(tx.session, "") or Coverage().to_json())
        gone.merge(_sum(await coverage_rows.read(tx.session, name)))
        await coverage_rows.write(tx.session, "", gone.to_json())
        await coverage_rows.remove(tx.session, name)


def _sum(found: Iterable[Counts]) -> Coverage:
    return reduce(lambda met, counts: met.merge(Coverage.from_json(counts)), found, Coverage())
