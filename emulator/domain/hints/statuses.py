"""Statuses that a run came to, and that no client was ever shown."""

from collections.abc import Iterator
from typing import Final

from emulator.domain.faults import PathPattern
from emulator.domain.hints.kinds import Hint, HintKind
from emulator.domain.hints.trace import Trace, is_accepted
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.request_log import LoggedRequest

# Those for which a program has to be prepared: whatever else a run comes to needs no answer of its own.
DEMANDING: Final = ("requires_action", "failed", "incomplete", "expired")
_WAITS: Final = frozenset(("requires_action",))
_CREATIONS: Final = tuple(map(PathPattern.parse, ("/threads/*/runs", "/threads/runs", "/responses")))
_SIGNALS: Final = ("/submit_tool_outputs", "/cancel")
_BAD_REQUEST: Final = 400


def statuses(trace: Trace) -> Iterator[Hint]:
    """Yield a hint for each run that a client of the log created, and whose statuses it did not all get to know."""
    created = {request.run for request in trace.requests if _creates(request)}
    known = dict(trace.shown)
    for request in trace.requests:
        if request.run is not None and request.path.endswith(_SIGNALS):
            known[request.run] = known.get(request.run, frozenset()) | _known_by(request)
    for run, came_to in trace.runs.items():
        unseen = [one for one in dict.fromkeys(came_to) if one in DEMANDING and one not in known.get(run, ())]
        if unseen and run in created:
            yield Hint(HintKind.STATUS_NEVER_SHOWN, run, run, detail=" and then ".join(unseen))


def _creates(request: LoggedRequest) -> bool:
    return (
        request.method == "POST"
        and is_accepted(request)
        and any(pattern.matches(request.path) for pattern in _CREATIONS)
    )


def _known_by(request: LoggedRequest) -> frozenset[str]:
    """Return what a client knows of a run that it has answered or cancelled, or whose end was a reason to refuse that.

    The refusal names it: Cannot cancel run with status 'failed'.
    """
    if is_accepted(request):
        return _WAITS
    return RUN_TERMINAL if request.status == _BAD_REQUEST else frozenset()
