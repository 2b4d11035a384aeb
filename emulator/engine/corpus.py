"""What the files of a world's vector stores say: real retrieval over their text, for scripts and for the search endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.engine.world import World
from emulator.retrieval.chunking import chunk
from emulator.retrieval.filters import matches
from emulator.store.documents import Row
from emulator.store.tables import File, VectorStoreFile


def search(
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
    found = []
    for store_id in store_ids:
        rows = {row["file_id"]: row for row in _files(world, store_id)}
        allowed = {key for key, row in rows.items() if matches(row["doc"]["attributes"], where)}
        for hit in _index(world, store_id, rows).search(query, limit, threshold, allowed=allowed):
            found.append((hit.score, _result(world, rows[hit.key], hit.text, hit.score)))
    found.sort(key=lambda scored: -scored[0])
    return [result for _, result in found[:limit]]


def _files(world: World, store_id: str) -> Sequence[Row]:
    return world.documents.all(VectorStoreFile, world.name, store_id=store_id, status="completed")


def _index(world: World, store_id: str, rows: Mapping[str, Row]) -> Any:
    """Return the index of a store, made when it is first searched and kept up to date by the files that come and go."""
    from emulator.retrieval.ranking import Index

    index, known = world.indexes.setdefault(store_id, (Index(), {}))
    for file_id in [file_id for file_id, seq in known.items() if file_id not in rows or rows[file_id]["seq"] != seq]:
        index.remove(file_id)
        del known[file_id]
    for file_id, row in rows.items():
        if file_id not in known:
            sizes = row["doc"]["chunking_strategy"]["static"]
            pieces = chunk(row["text"] or "", sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
            index.add(file_id, (piece.text for piece in pieces))
            known[file_id] = row["seq"]
    return index


def _result(world: World, row: Row, text: str, score: float) -> dict[str, Any]:
    file = world.documents.get(File, world.name, row["file_id"])
    return {
        "file_id": row["file_id"],
        "file_name": file["doc"]["filename"] if file else row["file_id"],
        "score": score,
        "attributes": row["doc"]["attributes"],
        "content": [{"type": "text", "text": text}],
    }
