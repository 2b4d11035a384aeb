"""Findings about the ends of runs: one that nobody looked at, and one that never came."""

from collections.abc import Iterator
from typing import Final

from emulator.domain import waiting
from emulator.domain.faults import PathPattern
from emulator.domain.lifecycle import RUN, RUN_TERMINAL
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import is_failure
from emulator.domain.verdict.findings import Finding, FindingKind
from emulator.domain.verdict.history import History, RunRecord

_MESSAGES: Final = PathPattern.parse("/threads/*/messages/**")
# Of a run that its client has cancelled, it need not read how it ended.
_KNOWN: Final = RUN_TERMINAL | {"cancelling"}


def run_ends(history: History) -> Iterator[Finding]:
    """Yield what is found of the runs of a namespace."""
    yield from _unseen_ends(history)
    yield from _left_behind(history)


# --- an end that nobody looked at -----------------------------------------------------------------------------------


def _unseen_ends(history: History) -> Iterator[Finding]:
    """Yield a finding for each bad end behind which messages were read as if the run had completed."""
    runs = {run.id: run for run in history.runs}
    order = {run.id: place for place, run in enumerate(history.runs)}
    newest: dict[str, RunRecord] = {}  # by thread
    found: set[str] = set()
    for place, request in enumerate(history.requests):
        run = runs.get(request.run or "")
        if run is not None and request.method == "POST":
            newest[run.thread] = max(run, newest.get(run.thread, run), key=lambda one: order[one.id])
        if not _reads_messages(request):
            continue
        run = newest.get(request.thread or "")
        if run is not None and run.id not in found and _is_unseen(history, run, place):
            found.add(run.id)
            message = f"{run.id} ended as {run.status}, and the messages of its thread were read without a look at that"
            yield Finding.of(FindingKind.END_NOT_LOOKED_AT, message, request)


def _reads_messages(request: LoggedRequest) -> bool:
    return request.method == "GET" and not is_failure(request) and _MESSAGES.matches(request.path)


def _is_unseen(history: History, run: RunRecord, place: int) -> bool:
    """Return whether a run had come to a bad end when a request came, and no answer had shown that."""
    if run.status == "completed" or run.ended is None or history.requests[place].at < run.ended:
        return False
    shown = history.shown.get(run.id, ())
    if any(one.place > place and one.status not in RUN_TERMINAL for one in shown):  # it was still going on
        return False
    return not any(one.place < place and one.status in _KNOWN for one in shown)


# --- an end that never came -----------------------------------------------------------------------------------------


def _left_behind(history: History) -> Iterator[Finding]:
    for run in history.runs:
        if run.status in RUN_TERMINAL or run.status not in RUN or _is_kept(history, run):
            continue
        last = next((request for request in reversed(history.requests) if request.run == run.id), None)
        what = "waits for tool outputs" if run.waits_for == waiting.OUTPUTS else f"is {run.status}"
        message = f"{run.id} still {what}, so its thread {run.thread} stays locked"
        yield Finding.of(FindingKind.RUN_LEFT_BEHIND, message, last)


def _is_kept(history: History, run: RunRecord) -> bool:
    """Return whether it is the test that keeps a run from its end: by a hold, or by a pace at which it steps."""
    waits_for = run.waits_for or ""
    is_stepped = waits_for == waiting.GATE and history.pace.progression == "manual"
    return is_stepped or waiting.held_at(waits_for) is not None
