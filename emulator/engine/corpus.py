"""What the files of a namespace's vector stores say: real retrieval, for scripts and for the search endpoint.

The retrieval itself is imported when something is searched: most servers never do.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.engine.namespace import Namespace
from emulator.store.documents import Row, Transaction
from emulator.store.tables import File, VectorStoreFile

if TYPE_CHECKING:
    from emulator.retrieval.ranking import Index


async def search(
    namespace: Namespace,
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
    from emulator.retrieval.filters import predicate  # noqa: PLC0415 - see the module

    fits = predicate(where)
    found: list[tuple[float, dict[str, Any]]] = []
    for store_id in store_ids:
        await namespace.ingestions.complete(store_id)  # documented: a run waits for its stores
        index, rows = await _index(namespace, store_id)
        allowed = [key for key, row in rows.items() if fits(row["doc"]["attributes"])]
        # A search by meaning always finds something; so does this one, where no threshold forbids it.
        hits = index.search(query, limit, threshold, allowed, fill=True)
        async with namespace.transaction() as tx:
            found += [(hit.score, await _result(tx, rows[hit.key], hit.text, hit.score)) for hit in hits]
    found.sort(key=lambda scored: -scored[0])
    return [result for _, result in found[:limit]]


def forget(namespace: Namespace, store_id: str, file_id: str) -> None:
    """Forget what was read of a file: it is read anew, and its new row may look like the old one."""
    indexed = namespace.indexes.get(store_id)
    if indexed is not None and indexed[1].pop(file_id, None) is not None:
        indexed[0].remove(file_id)


async def _index(namespace: Namespace, store_id: str) -> "tuple[Index, Mapping[str, Row]]":
    """Return the index of a store, and by their ids the rows of the files in it, without their texts.

    It is made when the store is first searched, then kept up to date. Others go first between two files, so the files
    are looked at anew until nothing is left to do.
    """
    from emulator.retrieval.chunking import chunk  # noqa: PLC0415 - see the module
    from emulator.retrieval.ranking import Index  # noqa: PLC0415

    index, indexed = namespace.indexes.setdefault(store_id, (Index(), {}))
    while True:
        async with namespace.transaction() as tx:
            completed = await tx.all(VectorStoreFile, store_id=store_id, status="completed")
        rows = {row["file_id"]: row for row in completed}
        gone = [file_id for file_id, seq in indexed.items() if file_id not in rows or rows[file_id]["seq"] != seq]
        for file_id in gone:
            index.remove(file_id)
            del indexed[file_id]
        new = [row for file_id, row in rows.items() if file_id not in indexed]
        for row in new:
            text = await _text(namespace, row)
            if text is None or row["file_id"] in indexed:
                continue  # taken out, or indexed by another search, while others went first
            sizes = row["doc"]["chunking_strategy"]["static"]
            chunks = chunk(text, sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
            index.add(row["file_id"], [piece.text for piece in chunks])
            indexed[row["file_id"]] = row["seq"]
            await namespace.clock.yield_to_loop()
        if not new and not gone:
            return index, rows


async def _text(namespace: Namespace, row: Row) -> str | None:
    """Return the text of a file in a store; None if that is not the file of the row any more."""
    async with namespace.transaction() as tx:
        found = await tx.get(VectorStoreFile, row["id"], heavy=True)
    if found is None or (found["seq"], found["status"]) != (row["seq"], row["status"]):
        return None
    return found["text"] or ""


async def _result(tx: Transaction, row: Row, text: str, score: float) -> dict[str, Any]:
    file = await tx.get(File, row["file_id"])
    return {
        "file_id": row["file_id"],
        "file_name": file["doc"]["filename"] if file else row["file_id"],
        "score": score,
        "attributes": row["doc"]["attributes"],
        "content": [{"type": "text", "text": text}],
    }
