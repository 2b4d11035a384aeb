"""What a test should know of a namespace: unmatched runs, unused turns, drift, failed checks, runs that wait."""

from typing import Any

from emulator.service.namespaces import Namespaces
from emulator.store.tables import ReportLine


def report(namespaces: Namespaces, name: str) -> dict[str, Any]:
    """Return the report of a namespace; raise the 404 of one that does not exist."""
    namespace = namespaces.find(name)
    lines: dict[str, list[Any]] = {"unmatched": [], "drift": [], "check": [], "script": []}
    for row in namespace.documents.all(ReportLine, name):
        lines.setdefault(row["kind"], []).append({"run": row["run_id"], **row["doc"]})
    unused = [turn for turn in namespaces.scripts.turns(namespace) if not turn["used"]]
    waiting = [{"run": task.run["id"], "status": task.run["status"]} for task in namespace.runs]
    return {**lines, "unused": unused, "waiting": waiting}
