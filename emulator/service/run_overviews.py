"""The list of runs as people read it: each with how long it took, and whether a turn of a script has fitted it."""

from collections.abc import Mapping
from typing import Any

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service import run_records
from emulator.service.lookup import ListQuery
from emulator.store.tables import ReportLine

Doc = dict[str, Any]


async def overview(namespace: Namespace, query: ListQuery, thread_id: str | None, status: str | None) -> Doc:
    """Return the runs of a page, as they are at this moment: none is waited for, and none is moved."""
    listed = await run_records.listing(namespace, query, thread_id=thread_id, status=status, settled=False)
    ids = [run["id"] for run in listed["runs"]]
    async with namespace.transaction() as tx:
        lines = await tx.all_of(ReportLine, "run_id", ids) if ids else ()
    kinds: dict[str, set[str]] = {}
    for line in lines:
        kinds.setdefault(line["run_id"], set()).add(line["kind"])
    now = namespace.clock.now()
    runs = [{**run, "took": _took(run, now), "reported": sorted(kinds.get(run["id"], ()))} for run in listed["runs"]]
    return {"runs": runs, "has_more": listed["has_more"]}


def _took(run: Mapping[str, Any], now: float) -> float | None:
    """Return for how many seconds a run was under way, or has been so far; None where that is not known."""
    changes = run["timeline"]
    if not changes:
        return None
    until = changes[-1]["at"] if run["status"] in RUN_TERMINAL else now
    return max(0.0, float(until - changes[0]["at"]))
