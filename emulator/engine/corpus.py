"""What the files of a world's vector stores say: real retrieval, for scripts and for the search endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.engine.world import World
from emulator.retrieval.chunking import chunk
from emulator.retrieval.filters import matches
from emulator.retrieval.ranking import Index
from emulator.store.documents import Row
from emulator.store.tables import File, VectorStoreFile


async def search(
    world: World,
    store_ids: Sequence[str],
    query: str,
    *,
    limit: int,
    threshold: float = 0.0,
    where: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return the best chunks of all stores: file_id, file_name, score in 0..1, attributes, content.

    where: a filter of files by their attributes. Raises ValueError for a filter that cannot be understood.
    """
    matches({}, where)
    found: list[tuple[float, dict[str, Any]]] = []
    for store_id in store_ids:
        await world.fill_store(store_id)  # documented: a run waits for its stores
        index = await _index(world, store_id)
        rows = _files(world, store_id)
        allowed = [key for key, row in rows.items() if matches(row["doc"]["attributes"], where)]
        # A search by meaning always finds something; so does this one, where no threshold forbids it.
        hits = index.search(query, limit, threshold, allowed, fill=True)
        found += [(hit.score, _result(world, rows[hit.key], hit.text, hit.score)) for hit in hits]
    found.sort(key=lambda scored: -scored[0])
    return [result for _, result in found[:limit]]


def forget(world: World, store_id: str, file_id: str) -> None:
    """Forget what was read of a file: it is read anew, and its new row may look like the old one."""
    index, known = world.indexes.get(store_id, (Index(), {}))
    if known.pop(file_id, None) is not None:
        index.remove(file_id)


def _files(world: World, store_id: str) -> dict[str, Row]:
    rows = world.documents.all(VectorStoreFile, world.name, store_id=store_id, status="completed")
    return {row["file_id"]: row for row in rows}


async def _index(world: World, store_id: str) -> Index:
    """Return the index of a store: made when it is first searched, then kept up to date with the files in it.

    Others go first between two files, so the files are looked at anew until nothing is left to do.
    """
    index, known = world.indexes.setdefault(store_id, (Index(), {}))
    while True:
        rows = _files(world, store_id)
        gone = [file_id for file_id, seq in known.items() if file_id not in rows or rows[file_id]["seq"] != seq]
        new = next((row for file_id, row in rows.items() if file_id not in known), None)
        for file_id in gone:
            index.remove(file_id)
            del known[file_id]
        if new is None and not gone:
            return index
        if new is not None:
            sizes = new["doc"]["chunking_strategy"]["static"]
            pieces = chunk(new["text"] or "", sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
            index.add(new["file_id"], [piece.text for piece in pieces])
            known[new["file_id"]] = new["seq"]
            await world.clock.breathe()


def _result(world: World, row: Row, text: str, score: float) -> dict[str, Any]:
    file = world.documents.get(File, world.name, row["file_id"])
    return {
        "file_id": row["file_id"],
        "file_name": file["doc"]["filename"] if file else row["file_id"],
        "score": score,
        "attributes": row["doc"]["attributes"],
        "content": [{"type": "text", "text": text}],
    }
