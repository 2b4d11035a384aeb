"""What the files of a namespace's vector stores say: real retrieval, for scripts and for the search endpoint."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.engine.namespace import Namespace
from emulator.engine.store_index import StoreIndex
from emulator.store.documents import Transaction
from emulator.store.tables import File

if TYPE_CHECKING:
    from emulator.retrieval.filters import Predicate
    from emulator.retrieval.ranking import Hit


async def search(
    namespace: Namespace,
    store_ids: Sequence[str],
    query: str,
    *,
    limit: int,
    threshold: float = 0.0,
    where: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return the best chunks of all stores: vector_store_id, file_id, file_name, score in 0..1, attributes, content.

    where: a filter of files by their attributes. Raises ValueError for a filter that cannot be understood.
    """
    from emulator.retrieval.filters import predicate  # noqa: PLC0415 - most servers never search

    fits = None if where is None else predicate(where)
    found: list[dict[str, Any]] = []
    for store_id in store_ids:
        await namespace.ingestions.complete(store_id)  # documented: a run waits for its stores
        found += await _search(namespace, store_id, query, limit=limit, threshold=threshold, fits=fits)
    found.sort(key=lambda result: -float(result["score"]))
    return found[:limit]


async def _search(
    namespace: Namespace, store_id: str, query: str, *, limit: int, threshold: float, fits: "Predicate | None"
) -> list[dict[str, Any]]:
    while True:
        index = namespace.indexes.of(namespace.name, store_id)
        async with index.lock:
            hits = await index.search(namespace.transaction, query, limit=limit, threshold=threshold, fits=fits)
            async with namespace.transaction() as tx:
                if not index.is_dropped:
                    # What was taken out or changed meanwhile is not shown.
                    results = [await _result(tx, store_id, index, hit) for hit in hits if index.has(hit.key)]
                    namespace.indexes.trim()
                    return results


async def _result(tx: Transaction, store_id: str, index: StoreIndex, hit: "Hit") -> dict[str, Any]:
    file = await tx.get(File, hit.key)
    return {
        "vector_store_id": store_id,
        "file_id": hit.key,
        "file_name": file["doc"]["filename"] if file else hit.key,
        "score": hit.score,
        "attributes": index.attributes(hit.key),
        "content": [{"type": "text", "text": hit.text}],
    }
