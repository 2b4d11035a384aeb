"""Writes which parts of the API the emulator covers, with the evidence: ``python docs/coverage.py [--check]``.

Everything comes from three sources: the endpoints that are served, the tables of life cycles, and the evidence ledger
of the contract tests. With ``--check`` nothing is written; a stale page is reported and the exit code is 1.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from emulator.api.endpoints import ENDPOINTS
from emulator.domain import container_refusals, context_refusals, refusals, response_refusals
from emulator.domain.lifecycle import MACHINES
from emulator.wire.history.behaviors import BEHAVIORS
from emulator.wire.history.changes import ALWAYS, CHANGES
from emulator.wire.history.responses import CHANGES as CHANGES_OF_RESPONSES

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
    "foundry": "Tools of Foundry's agents",
    "v1": "v1",
    "wires": "Wires, base URLs and the end of the service",
    "headers": "Headers",
    "errors": "Errors",
    "pages": "Pages",
    "models": "Models",
    "responses": "Responses",
    "conversations": "Conversations",
    "containers": "Containers of responses",
}
# Events of streams that no table of life cycles has: objects that are created, and deltas.
STREAM_EVENTS = {
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
    "response.created": "recorded",
    "response.queued": "recorded",
    "response.output_item.added": "recorded",
    "response.output_item.done": "recorded",
    "response.content_part.added": "recorded",
    "response.content_part.done": "recorded",
    "response.output_text.delta": "recorded",
    "response.output_text.done": "recorded",
    "response.output_text.annotation.added": "recorded",
    "response.refusal.delta": "documented",
    "response.refusal.done": "documented",
    "response.function_call_arguments.delta": "recorded",
    "response.function_call_arguments.done": "recorded",
    "response.file_search_call.in_progress": "documented",
    "response.file_search_call.searching": "documented",
    "response.file_search_call.completed": "documented",
    "response.code_interpreter_call.in_progress": "recorded",
    "response.code_interpreter_call_code.delta": "recorded",
    "response.code_interpreter_call_code.done": "recorded",
    "response.code_interpreter_call.interpreting": "recorded",
    "response.code_interpreter_call.completed": "recorded",
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
    "response.failed",
}
GRADES = ("recorded", "measured", "reported", "generic", "documented", "unverified")


def ledger() -> Any:
    """Return the evidence ledger of the contract tests."""
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
        f"- {len(book.ENDPOINTS)} endpoints of v1, of v2 or of both, all of them served",
        f"- {len(book.RULES)} rules of the API, {unverified} of them unverified: without any evidence",
        f"- {len(CHANGES) + len(CHANGES_OF_RESPONSES)} dated changes of shapes, each tested before and after its day",
        "",
        *endpoints(book),
        *statuses(),
        *events(),
        *changes(),
        *behaviors(),
        *api_errors(),
        *rules(book),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def endpoints(book: Any) -> Iterator[str]:
    """Yield the endpoints, with the month in which each appeared in v1 and v2."""
    yield from (
        "## Endpoints",
        "",
        "The month in which each appeared in the specification of v1 and of v2; a dash where it never did.",
        "",
    )
    rows = []
    for endpoint in sorted(ENDPOINTS, key=lambda one: (one.path, one.method)):
        path = endpoint.path.replace(":path}", "}")
        known = book.ENDPOINTS[endpoint.method, path]
        beta = "yes" if endpoint.needs_beta else "no"
        after = "404" if endpoint.sunset else "served"
        rows.append((f"`{endpoint.method} {path}`", known.v1 or "-", known.v2 or "-", beta, after))
    yield from table(("endpoint", "v1", "v2", "needs the beta header", "after the end of the service"), rows)


def statuses() -> Iterator[str]:
    """Yield every status, and the signals that lead from it to another."""
    yield from ("## Statuses", "", "The tables and their evidence are in `emulator/domain/lifecycle.py`.", "")
    rows = []
    for name, machine in MACHINES.items():
        for status, row in machine.items():
            rows.append((name, f"`{status}`", ", ".join(f"{s} → `{a.status}`" for s, a in row.items()) or "terminal"))
    yield from table(("object", "status", "transitions"), rows)


def events() -> Iterator[str]:
    """Yield every event of a stream."""
    yield from ("## Events", "")
    arrivals = [arrival for machine in MACHINES.values() for row in machine.values() for arrival in row.values()]
    names = {arrival.event for arrival in arrivals if arrival.event} | set(STREAM_EVENTS)
    rows = [
        (f"`{event}`", "unverified" if event in NEVER_SEEN else STREAM_EVENTS.get(event, "recorded"))
        for event in sorted(names)
    ]
    yield from table(("event", "evidence"), rows)


def changes() -> Iterator[str]:
    """Yield the dated changes of shapes."""
    yield from ("## Changes of shapes", "")
    rows = [
        (change.day if change.day != ALWAYS else "v2", change.what, ", ".join(change.objects), change.evidence)
        for change in (*CHANGES_OF_RESPONSES, *CHANGES)
    ]
    yield from table(("since", "change", "objects", "evidence"), rows)


def behaviors() -> Iterator[str]:
    """Yield the dated changes that no shape shows."""
    yield from ("## Changes of behavior", "")
    rows = [(behavior.day, behavior.until, behavior.what, behavior.evidence) for behavior in BEHAVIORS]
    yield from table(("since", "until", "change", "evidence"), rows)


def api_errors() -> Iterator[str]:
    """Yield the API's errors with the evidence in their docstrings."""
    for title, module in (
        ("Errors", refusals),
        ("Errors of responses", response_refusals),
        ("Errors of contexts and conversations", context_refusals),
        ("Errors of containers", container_refusals),
    ):
        place = f"emulator/domain/{module.__name__.rpartition('.')[2]}.py"
        yield from (f"## {title}", "", f"Each is a function in `{place}`.", "")
        yield from table(("function", "error", "evidence"), list(_errors_of(module)))


def _errors_of(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the error and the evidence of each function of a module that makes one."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if inspect.signature(function).return_annotation is refusals.ApiError:
            text = " ".join((function.__doc__ or "").split())
            yield f"`{name}`", text.partition(". ")[0].rstrip(".").replace("|", "\\|"), grade(text)


def grade(text: str) -> str:
    """Return the first grade of evidence that a docstring names; an error without one is the emulator's own."""
    found = re.search(rf"\b({'|'.join(GRADES)})\b", text, re.IGNORECASE)
    return found[1].lower() if found else "the emulator's own"


def rules(book: Any) -> Iterator[str]:
    """Yield the rules of the ledger, by area."""
    yield from ("## Rules", "")
    for area, title in AREAS.items():
        yield from (f"### {title}", "")
        rows = [(rule.rule, rule.expectation, rule.evidence) for rule in book.RULES if rule.area == area]
        yield from table(("rule", "what a client sees", "evidence"), rows)
    if unknown := {rule.area for rule in book.RULES} - set(AREAS):
        raise LookupError(f"areas without a title: {', '.join(sorted(unknown))}")


def main(*, check: bool) -> int:
    """Write the page, or check it; return the exit code."""
    text = page()
    if check and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text):
        print(f"{PAGE.name} is stale; run python docs/coverage.py")
        return 1
    if not check:
        PAGE.write_text(text, encoding="utf-8")
    print("coverage: up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
