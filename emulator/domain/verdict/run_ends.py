"""Findings about the ends of runs: one that nobody looked at, and one that never came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from emulator.domain import waiting
from emulator.domain.faults import PathPattern
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import is_failure
from emulator.domain.verdict.findings import Finding, FindingKind
from emulator.domain.verdict.history import History, RunRecord, Showing

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
    unseen = {run.id: run for run in history.runs if run.ended is not None}
    shown = {id: _Shown.of(history.shown.get(id, ())) for id in unseen}  # noqa: A001
    newest: dict[str | None, str] = {}  # run, by thread
    made: set[str] = set()
    for place, request in enumerate(history.requests):
        if request.method == "POST" and request.run is not None and request.run not in made:
            made.add(request.run)
            newest[request.thread] = request.run
        if not _reads_messages(request):
            continue
        run = unseen.get(newest.get(request.thread, ""))
        if run is None or run.ended is None or request.at < run.ended:
            continue
        if shown[run.id].going_on < place < shown[run.id].known:
            del unseen[run.id]
            message = f"{run.id} ended as {run.status}, and the messages of its thread were read without a look at that"
            yield Finding.of(FindingKind.END_NOT_LOOKED_AT, message, request)


def _reads_messages(request: LoggedRequest) -> bool:
    return request.method == "GET" and not is_failure(request) and _MESSAGES.matches(request.path)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What answers showed of a run. known: where its end was first; going_on: where it was last not over."""

    known: float = inf
    going_on: int = -1

    @classmethod
    def of(cls, shown: Sequence[Showing]) -> "_Shown":
        """Return what there is to know of all that was shown."""
        known = min((one.place for one in shown if one.status in _KNOWN), default=inf)
        return cls(known, max((one.place for one in shown if one.status not in RUN_TERMINAL), default=-1))


# --- an end that never came -----------------------------------------------------------------------------------------


def _left_behind(history: History) -> Iterator[Finding]:
    last_requests = {request.run: request for request in history.requests}
    for run in history.runs:
        if run.status in RUN_TERMINAL or _is_kept(history, run):
            continue
        what = "waits for tool outputs" if run.waits_for == waiting.OUTPUTS else f"is {run.status}"
        locks = "" if run.thread == run.id else f", so its thread {run.thread} stays locked"
        message = f"{run.id} still {what}{locks}"
        yield Finding.of(FindingKind.RUN_LEFT_BEHIND, message, last_requests.get(run.id))


def _is_kept(history: History, run: RunRecord) -> bool:
    """Return whether it is the test that keeps a run from its end: by a hold, or by a pace at which it steps."""
    waits_for = run.waits_for or ""
    is_stepped = waits_for == waiting.GATE and history.pace.progression == "manual"
    return is_stepped or waiting.held_at(waits_for) is not None
