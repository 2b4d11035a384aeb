"""Removals: what is deleted is gone for everybody at once, and its rows go a piece at a time.

A few rows go in the transaction that deletes them. For more of them a row in ``removals`` says what is to go; until
then transactions do not see it, also after a restart, and `emulator.store.sweeper` removes it in the background.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from emulator.store import tables
from emulator.store.table import Table
from emulator.store.tables import (
    OF_A_NAMESPACE,
    SHARED_OF_A_NAMESPACE,
    Container,
    ContainerFile,
    File,
    FileBatch,
    IndexChange,
    IngestionProgress,
    Message,
    NamespaceRecord,
    Run,
    RunAction,
    RunProgress,
    RunSignal,
    RunStep,
    ScriptMemory,
    Thread,
    Timer,
    Upload,
    UploadPart,
    VectorStore,
    VectorStoreFile,
)
from emulator.store.transaction import Transaction

# How many rows go with the transaction that deletes them, and with each of the background.
AT_ONCE: Final = 500
EACH_TIME: Final = 250
# What a row counts for; that of a file in a store has a text of any size.
_WEIGHTS: Final[Mapping[Table, int]] = {VectorStoreFile: 25}
_WITH_BYTES: Final = (File, UploadPart, ContainerFile)
# Kind of owner -> the tables whose rows go with it, found by their owner. The runs of a thread are more work.
_TABLES: Final[Mapping[str, tuple[Table, ...]]] = {
    Thread.name: (Message,),
    VectorStore.name: (VectorStoreFile, FileBatch),
    Upload.name: (UploadPart,),
    Container.name: (ContainerFile,),
}


@dataclass(frozen=True, slots=True)
class Removal:
    """What is deleted and still has rows. kind: the name of the owner's table; owner: its id, "" for all of ns."""

    ns: str
    kind: str
    owner: str


class PendingRemovals:
    """The removals that are not over yet.

    owners: by generation, the ids whose rows are not seen any more. on_delete: called when something was deleted.
    at_once: whether all rows go in the transaction that deletes them, so that nothing is ever pending: other processes
    would not know of it.
    """

    def __init__(self, pending: Iterable[Removal] = (), *, at_once: bool = False) -> None:
        self.at_once = at_once
        self.owners: dict[str, set[str]] = {}
        self.on_delete: Callable[[], None] = lambda: None
        self._pending: dict[Removal, None] = {}
        for removal in pending:
            self.add(removal)

    def __iter__(self) -> Iterator[Removal]:
        return iter(tuple(self._pending))

    def __contains__(self, removal: Removal) -> bool:
        return removal in self._pending

    def add(self, removal: Removal) -> None:
        """Let nobody see what is removed."""
        self._pending[removal] = None
        if removal.owner:
            self.owners.setdefault(removal.ns, set()).add(removal.owner)

    def deleted(self, removal: Removal | None) -> None:
        """Note that something was deleted. removal: of the rows that are still there; None if there are none."""
        if removal is not None:
            self.add(removal)
        self.on_delete()

    def discard(self, removal: Removal) -> None:
        """Forget a removal that is over."""
        self._pending.pop(removal, None)
        owners = self.owners.get(removal.ns, set())
        owners.discard(removal.owner)
        if not owners:
            self.owners.pop(removal.ns, None)

    def hides(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Return whether a row is being removed."""
        ns: str = row["ns"]
        if Removal(ns, NamespaceRecord.name, "") in self._pending:
            return True
        return table.owner is not None and row[table.owner] in self.owners.get(ns, ())

    def next_generation(self, name: str, current: str | None = None) -> str:
        """Return a generation of a namespace of which there are no rows. current: the one that it has."""
        used = [one.ns for one in self._pending if one.kind == NamespaceRecord.name and name_of(one.ns) == name]
        used += [current] if current is not None else []
        if not used:
            return name
        return f"{name}{_MARK}{1 + max(int(one.partition(_MARK)[2] or 0) for one in used)}"


_MARK: Final = "@"  # cannot be part of a name


def generation_at(name: str, time: float) -> str:
    """Return a generation of a namespace that begins now. time: seconds since the epoch; no older one has its name."""
    return f"{name}{_MARK}{int(time * 1000)}"


def name_of(generation: str) -> str:
    """Return the name of the namespace that a generation belongs to."""
    return generation.partition(_MARK)[0]


# --- deleting --------------------------------------------------------------------------------------------------------


async def remove(tx: Transaction, pending: PendingRemovals, kind: Table, owner: str = "") -> list[str]:
    """Delete all that goes with an owner; return the names of the bytes that nothing refers to any more.

    kind: `Thread`, `VectorStore`, `Upload`, `Container`, or `NamespaceRecord`: the whole generation but what stays.
    """
    removal = Removal(tx.generation, kind.name, owner)
    blobs = await blobs_of(tx, removal, AT_ONCE)
    is_over = await sweep(tx, removal, AT_ONCE)
    while pending.at_once and not is_over:
        blobs += await blobs_of(tx, removal, AT_ONCE)
        is_over = await sweep(tx, removal, AT_ONCE)
    if not is_over:
        tx.insert(tables.Removal, removal, kind=removal.kind, owner=owner)
    tx.after_commit(partial(pending.deleted, None if is_over else removal), removal)
    return blobs


async def remove_whole(tx: Transaction, pending: PendingRemovals, kind: Table, owner: str) -> None:
    """Delete all that goes with an owner now, however much it is, so that another one may have its id."""
    removal = Removal(tx.generation, kind.name, owner)
    while not await sweep(tx, removal, AT_ONCE):
        pass
    if removal in pending:
        end(tx, pending, removal)


def end(tx: Transaction, pending: PendingRemovals, removal: Removal) -> None:
    """End a removal whose rows are all gone."""
    tx.delete(tables.Removal, kind=removal.kind, owner=removal.owner)
    pending.discard(removal)
    tx.after_rollback(partial(pending.add, removal))


# --- pieces ----------------------------------------------------------------------------------------------------------


async def blobs_of(tx: Transaction, removal: Removal, most: int) -> list[str]:
    """Return the names of the bytes that the next piece of a removal leaves behind, or one of the next."""
    found: list[str] = []
    for table, where in _rows_of(tx, removal):
        if table in _WITH_BYTES:
            found += await tx.some(table, "blob", most, **where)
    return found


async def sweep(tx: Transaction, removal: Removal, most: int) -> bool:
    """Remove rows, at most about so many; return whether all are gone."""
    if removal.kind == Thread.name:
        most = await _sweep_runs(tx, removal.owner, most)
    for table, where in _rows_of(tx, removal):
        if most <= 0:
            return False
        most = await _sweep_rows(tx, table, most, **where)
    return most > 0


def _rows_of(tx: Transaction, removal: Removal) -> list[tuple[Table, Mapping[str, str]]]:
    """Return the tables with rows that a removal removes, and how they are found there."""
    if not removal.owner:
        return [(table, {}) for table in (*(SHARED_OF_A_NAMESPACE if tx.is_shared else ()), *OF_A_NAMESPACE)]
    rows: list[tuple[Table, Mapping[str, str]]] = [
        (table, {str(table.owner): removal.owner}) for table in _TABLES[removal.kind]
    ]
    if removal.kind == Thread.name:
        rows.append((ScriptMemory, {"owner": f"thread:{removal.owner}"}))
    if removal.kind == VectorStore.name and tx.is_shared:
        rows += [(table, {"store_id": removal.owner}) for table in (IngestionProgress, IndexChange)]
    return rows


async def _sweep_rows(tx: Transaction, table: Table, most: int, **where: str) -> int:
    """Remove some rows of a table; return how many more may be removed now, 0 if there are rows left."""
    weight = _WEIGHTS.get(table, 1)
    at_most = max(1, most // weight)
    found = await tx.delete_some(table, at_most, **where)
    return most - found * weight if found < at_most else 0


async def _sweep_runs(tx: Transaction, thread_id: str, most: int) -> int:
    """Remove runs of a thread, each with what is below it; return as `_sweep_rows`."""
    while most > 0:
        if not (found := await tx.some(Run, "id", 1, thread_id=thread_id)):
            return most
        for table in (RunStep, RunAction, RunSignal, *((RunProgress,) if tx.is_shared else ())):
            if (most := await _sweep_rows(tx, table, most, run_id=found[0])) <= 0:
                return 0
        if tx.is_shared:
            tx.delete(Timer, owner=found[0])
        tx.delete(Run, id=found[0])
        most -= 1
    return 0
