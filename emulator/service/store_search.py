"""Searching a vector store."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from emulator.domain import refusals
from emulator.engine import corpus
from emulator.engine.namespace import Namespace
from emulator.service import vector_stores
from emulator.wire.vector_stores import Search

_DEFAULT_RESULTS = 10  # documented


async def search_store(namespace: Namespace, store_id: str, body: Search) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the queries as they were searched, and what was found, best first."""
    async with namespace.transaction() as tx:
        await vector_stores.usable(namespace, tx, store_id)
    queries = [body.query] if isinstance(body.query, str) else list(body.query)
    limit = body.max_num_results or _DEFAULT_RESULTS
    threshold = body.ranking_options.score_threshold if body.ranking_options else None
    search = partial(corpus.search, namespace, [store_id], limit=limit, threshold=threshold or 0.0, where=body.filters)
    best: list[dict[str, Any]] = []
    try:
        for query in queries:  # there may be thousands, and only the best results of all are kept
            best = _best(best + await search(query), limit)
    except ValueError as error:
        raise refusals.bad_filter(str(error)) from error
    async with namespace.transaction() as tx:
        await vector_stores.use(namespace, tx, store_id)
    return queries, [_as_result(result) for result in best]


def _best(results: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """Return the best results, each piece of a file once: several queries may find it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for result in sorted(results, key=lambda result: -float(result["score"])):
        found.setdefault((result["file_id"], result["content"][0]["text"]), result)
    return list(found.values())[:limit]


def _as_result(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without its store, which the request names."""
    shown = ((name, value) for name, value in result.items() if name != "vector_store_id")
    return {("filename" if name == "file_name" else name): value for name, value in shown}
