"""What a server holds, for people: its namespaces, and how much is in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.service.namespaces import DEFAULT, Namespaces
from emulator.store.table import Table
from emulator.store.tables import Assistant, Conversation, File, Run, Thread, VectorStore

_COUNTED: Final[Mapping[str, Table]] = {
    "assistants": Assistant,
    "threads": Thread,
    "runs": Run,
    "conversations": Conversation,
    "files": File,
    "vector stores": VectorStore,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A namespace. counts: of its objects and of the requests in its log, by what people call them."""

    name: str
    counts: Mapping[str, int]

    @property
    def prefix(self) -> str:
        """What a URL has in front of its mount to name the namespace."""
        return prefix_of(self.name)


def prefix_of(name: str) -> str:
    """Return what a URL has in front of its mount to name a namespace; the default one needs nothing."""
    return "" if name == DEFAULT else f"/ns/{name}"


async def names(namespaces: Namespaces, most: int) -> tuple[Sequence[str], int]:
    """Return the names of the first namespaces, and how many there are."""
    named = sorted(row["ns"] for row in await namespaces.documents.namespaces())
    return named[:most], len(named)


async def overview(namespaces: Namespaces, most: int) -> tuple[Sequence[Listed], int]:
    """Return the first namespaces by their names, and how many there are; none is opened for it."""
    rows = await namespaces.documents.namespaces()
    named = sorted((row["ns"], row["generation"] or row["ns"]) for row in rows)
    return [await _listed(namespaces, name, generation) for name, generation in named[:most]], len(named)


async def _listed(namespaces: Namespaces, name: str, generation: str) -> Listed:
    async with namespaces.documents.transaction(name) as tx:
        tx.switch(generation)
        counts = {what: await tx.count(table) for what, table in _COUNTED.items()}
    opened = namespaces.opened(name)
    return Listed(name, {**counts, "requests": 0 if opened is None else sum(1 for _ in opened.requests)})
