"""Findings about work that was done twice, because the answer to the first request for it was lost."""

from collections.abc import Iterator, Sequence
from typing import Final

from emulator.domain.faults import PathPattern
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import is_hidden, was_done
from emulator.domain.verdict.attempts import Call
from emulator.domain.verdict.findings import Finding, FindingKind, call_of
from emulator.domain.verdict.history import History
from emulator.domain.verdict.looks import Place, looked_at, to_be_found_at

# What makes something that a client can look for, each time anew, and what that is called. A thread is not among them:
# there is no list of threads, and an empty one more does no harm. Nor is a response: there is no list of them, either,
# and whoever has lost one can but ask again.
_MAKES: Final = {
    "/threads/*/messages": "message",
    "/threads/*/runs": "run",
    "/threads/runs": "run",
    "/threads/*/runs/*/submit_tool_outputs": "tool output",
    "/assistants": "assistant",
    "/files": "file",
    "/vector_stores": "vector store",
    "/conversations/*/items": "conversation item",
    "/containers": "container",
    "/containers/*/files": "container file",
}
_PATTERNS: Final = [(PathPattern.parse(path), what) for path, what in _MAKES.items()]


def repetitions(history: History) -> Iterator[Finding]:
    """Yield a finding for each request that was done, whose answer was lost, and that was done once more.

    A program that looks in between what became of it may do the same again, and mean it so.
    """
    unseen: dict[Call, list[LoggedRequest]] = {}
    to_be_found: dict[Place, dict[Call, None]] = {}
    for request in history.requests:
        for place in looked_at(request):
            for call in to_be_found.pop(place, ()):
                yield from _finding(unseen.pop(call, ()))
        if not request.has_contents or made_by(request) is None or not was_done(request):
            continue
        call = Call.of(request)
        if call in unseen:
            unseen[call].append(request)
            if not is_hidden(request):
                yield from _finding(unseen.pop(call))
        elif is_hidden(request):
            unseen[call] = [request]
            for place in to_be_found_at(request):
                to_be_found.setdefault(place, {})[call] = None
    for several in unseen.values():
        yield from _finding(several)


def _finding(several: Sequence[LoggedRequest]) -> Iterator[Finding]:
    """Yield what there is to say of requests that were all done, of which none but the last was seen."""
    if len(several) > 1:
        first = several[0]
        what = f"{call_of(first)} was done, its answer was lost, and it was sent again without looking"
        message = f"{what}: there are {len(several)} {made_by(first)}s where one was meant"
        yield Finding.of(FindingKind.DID_IT_TWICE, message, first)


def made_by(request: LoggedRequest) -> str | None:
    """Return what a request makes; None for nothing that could be there twice."""
    if request.method != "POST":
        return None
    return next((what for pattern, what in _PATTERNS if pattern.matches(request.path)), None)
