"""Writes what the emulator covers of the API, and on which evidence: ``python docs/coverage.py [--check]``.

Everything comes from three places: the endpoints that are served, the law's tables, and the evidence ledger of the
contract tests. With ``--check`` nothing is written; a stale page is told and the exit code is 1.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from emulator.api.endpoints import ENDPOINTS
from emulator.domain import errors
from emulator.domain.lifecycle import MACHINES
from emulator.wire.history.behaviors import BEHAVIORS
from emulator.wire.history.changes import ALWAYS, CHANGES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
AREAS = {
    "assistants": "Assistants",
    "threads": "Threads",
    "messages": "Messages",
    "runs": "Runs",
    "steps": "Run steps",
    "streams": "Streams",
    "files": "Files",
    "uploads": "Uploads",
    "stores": "Vector stores",
    "store-files": "Files in vector stores",
    "batches": "File batches",
    "search": "Search",
    "resources": "What tools may read",
    "v1": "v1",
    "wires": "Wires, mounts and the end",
    "headers": "Headers",
    "errors": "Errors",
    "pages": "Pages",
    "models": "Models",
}
# Told in streams beside the arrivals of the law's tables: what begins, and pieces.
BESIDE = {
    "thread.created": "recorded",
    "thread.run.created": "recorded",
    "thread.run.step.created": "recorded",
    "thread.run.step.in_progress": "recorded",
    "thread.run.step.delta": "recorded",
    "thread.message.created": "recorded",
    "thread.message.in_progress": "recorded",
    "thread.message.delta": "recorded",
    "error": "recorded",
    "done": "recorded",
}
# Events that the specification names and no public recording shows.
NEVER_SEEN = {
    "thread.run.cancelling",
    "thread.run.cancelled",
    "thread.run.expired",
    "thread.run.incomplete",
    "thread.run.step.failed",
    "thread.run.step.cancelled",
    "thread.run.step.expired",
}
GRADES = ("recorded", "reported", "generic", "documented", "unverified")


def ledger() -> Any:
    """Return the evidence ledger, which lies beside the tests."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module("contract_tests.ledger")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def page() -> str:
    """Return the page."""
    book = ledger()
    unverified = sum(not rule.is_verified for rule in book.RULES)
    lines = [
        "# What is covered",
        "",
        "Written by `python docs/coverage.py`. The tests behind it are named in `contract_tests/ledger.py`.",
        "",
        f"- {len(book.ENDPOINTS)} endpoints, all of them served: those of v1, of v2, or of both",
        f"- {len(book.RULES)} rules of the API, {unverified} of them unverified: neither seen nor said anywhere",
        f"- {len(CHANGES)} dated changes of shapes, each asked for from both sides of its day",
        "",
        *endpoints(book),
        *statuses(),
        *events(),
        *changes(),
        *behaviors(),
        *refusals(),
        *rules(book),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def endpoints(book: Any) -> Iterator[str]:
    """Yield the endpoints: since when each was on which wire."""
    yield from (
        "## Endpoints",
        "",
        "Since when each was in the specification of a wire; a dash where it never was.",
        "",
    )
    rows = []
    for endpoint in sorted(ENDPOINTS, key=lambda one: (one.path, one.method)):
        path = endpoint.path.replace(":path}", "}")
        known = book.ENDPOINTS[endpoint.method, path]
        beta = "yes" if endpoint.needs_beta else "no"
        after = "404" if endpoint.sunset else "served"
        rows.append((f"`{endpoint.method} {path}`", known.v1 or "-", known.v2 or "-", beta, after))
    yield from table(("endpoint", "v1", "v2", "needs the beta header", "after the end"), rows)


def statuses() -> Iterator[str]:
    """Yield every status of the law's tables, and the signals that lead on from it."""
    yield from ("## Statuses", "", "The tables and their evidence stand in `emulator/domain/lifecycle.py`.", "")
    rows = []
    for name, machine in MACHINES.items():
        for status, row in machine.items():
            rows.append((name, f"`{status}`", ", ".join(f"{s} → `{a.status}`" for s, a in row.items()) or "the end"))
    yield from table(("of", "status", "leads on"), rows)


def events() -> Iterator[str]:
    """Yield every event of a stream."""
    yield from ("## Events", "")
    arrivals = [arrival for machine in MACHINES.values() for row in machine.values() for arrival in row.values()]
    told = {arrival.event for arrival in arrivals if arrival.event} | set(BESIDE)
    rows = [(f"`{event}`", "unverified" if event in NEVER_SEEN else "recorded") for event in sorted(told)]
    yield from table(("event", "evidence"), rows)


def changes() -> Iterator[str]:
    """Yield the dated changes of shapes."""
    yield from ("## Changes of shapes", "")
    rows = [
        (change.day if change.day != ALWAYS else "v2", change.what, ", ".join(change.objects), change.evidence)
        for change in CHANGES
    ]
    yield from table(("since", "what came", "objects", "evidence"), rows)


def behaviors() -> Iterator[str]:
    """Yield the dated changes that no shape tells."""
    yield from ("## Changes of behaviors", "")
    yield from table(
        ("since", "what came", "evidence"), [(behavior.day, behavior.what, behavior.evidence) for behavior in BEHAVIORS]
    )


def refusals() -> Iterator[str]:
    """Yield the API's refusals with the evidence that the law notes of each."""
    yield from ("## Refusals", "", "Each is a function of `emulator/domain/errors.py`.", "")
    rows = []
    for name, function in inspect.getmembers(errors, inspect.isfunction):
        if inspect.signature(function).return_annotation is not errors.ApiError:
            continue
        text = " ".join((function.__doc__ or "").split())
        rows.append((f"`{name}`", text.partition(". ")[0].rstrip(".").replace("|", "\\|"), grade(text)))
    yield from table(("refusal", "what it says", "evidence"), rows)


def grade(text: str) -> str:
    """Return the first grade of evidence that a docstring names; none is the emulator's own."""
    found = re.search(rf"\b({'|'.join(GRADES)})\b", text, re.IGNORECASE)
    return found[1].lower() if found else "the emulator's own"


def rules(book: Any) -> Iterator[str]:
    """Yield the ledger, area by area."""
    yield from ("## Rules", "")
    for area, title in AREAS.items():
        yield from (f"### {title}", "")
        rows = [(rule.rule, rule.expectation, rule.evidence) for rule in book.RULES if rule.area == area]
        yield from table(("rule", "what a client sees", "evidence"), rows)
    if strange := {rule.area for rule in book.RULES} - set(AREAS):
        raise LookupError(f"areas without a title: {', '.join(sorted(strange))}")


def main(*, check: bool) -> int:
    """Write the page, or check it; return the exit code."""
    text = page()
    if check and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text):
        print(f"{PAGE.name} is stale; run python docs/coverage.py")
        return 1
    if not check:
        PAGE.write_text(text, encoding="utf-8")
    print("coverage: in order")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
