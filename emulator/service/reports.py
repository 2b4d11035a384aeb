"""What a test should know of a namespace: unmatched runs, unused turns, drift, failed checks, runs that wait, hints."""

from typing import Any

from emulator.service.namespaces import Namespaces
from emulator.store.tables import ReportLine, Run


async def report(namespaces: Namespaces, name: str) -> dict[str, Any]:
    """Return the report of a namespace; raise the 404 of one that does not exist."""
    namespace = await namespaces.find(name)
    lines: dict[str, list[Any]] = {"unmatched": [], "drift": [], "check": [], "script": []}
    async with namespace.transaction() as tx:
        for row in await tx.all(ReportLine):
            lines.setdefault(row["kind"], []).append({"run": row["run_id"], **row["doc"]})
        unused = [turn for turn in await namespaces.scripts.turns(namespace, tx) if not turn["used"]]
        waiting = [
            {"run": row["id"], "status": row["status"], "waits_for": row["waits_for"]}
            for row in await tx.unfinished(Run)
        ]
    return {**lines, "unused": unused, "waiting": waiting, "hints": namespace.hints.to_json()}
