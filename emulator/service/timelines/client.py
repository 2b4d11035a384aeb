"""What a client did with a run, as spans: it asked for it, polled, read streams, sent outputs, cancelled.

Where the clock stands still, a request comes where it has to have come: a poll behind the status that it was shown,
outputs before the status that they led to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from emulator.domain.observations import Ending
from emulator.domain.request_log import LoggedRequest
from emulator.domain.timelines import Kind
from emulator.service.timelines.drafts import Draft, Point
from emulator.service.timelines.places import Places
from emulator.store.documents import Row

_BAD: Final = 400
# Of polls in a row, so many of whose times are kept.
_MOST_TIMES: Final = 500
_VERBS: Final = {"create": "create", "submit": "submit outputs", "cancel": "cancel", "change": "change"}
_ENDINGS: Final[dict[Ending, str]] = {"done": "to its end", "cut": "cut off", "left": "the client left"}


def about_run(log: Iterable[LoggedRequest], row: Row) -> list[LoggedRequest]:
    """Return the requests about a run, and those whose list of the thread's runs showed it."""
    run_id, thread_id = row["id"], row["thread_id"]
    return [
        request for request in log if request.run == run_id or (request.thread == thread_id and _shows(request, run_id))
    ]


def _shows(request: LoggedRequest, run_id: str) -> bool:
    return request.run is None and _shown(request, run_id) is not None


def _shown(request: LoggedRequest, run_id: str) -> str | None:
    """Return the last status of a run that an answer showed."""
    objects = () if request.observed is None else request.observed.objects
    return next((one.status for one in reversed(objects) if one.id == run_id), None)


def drafts_of_requests(
    requests: Sequence[LoggedRequest], run_id: str, statuses: Sequence[Draft], work: Sequence[Draft]
) -> list[Draft]:
    """Return them in the order in which they came. statuses, work: what the run itself did."""
    places = Places(statuses, work)
    groups: list[list[Draft]] = []
    for number, request in enumerate(sorted(requests, key=lambda one: one.began), 1):
        draft = _draft(request, run_id, number, places)
        if groups and _goes_on(groups[-1][-1], draft):
            groups[-1].append(draft)
        else:
            groups.append([draft])
    return [_joined(group) for group in groups]


def open_stream(statuses: Sequence[Draft]) -> Draft:
    """Return a stream that is being read: it began with the run, or when outputs were sent."""
    began = next(one for one in reversed(statuses) if one.status == "queued" or one is statuses[0]).began
    return Draft("client", "stream", "stream", Point(began.at, (began.key[0], 1)), None, "a client is reading it")


# --- one request ------------------------------------------------------------------------------------------------------


def _draft(request: LoggedRequest, run_id: str, number: int, places: Places) -> Draft:
    kind, status = _kind(request), _shown(request, run_id)
    began = places.of_beginning(request, kind, status, number)
    is_stream = request.observed is not None and request.observed.ending is not None
    ended = places.of_end(request, status, number, began) if is_stream else Point(max(request.at, began.at), began.key)
    return Draft(
        "client",
        "stream" if is_stream else kind,
        _name(request, kind, status, is_stream=is_stream),
        began,
        began if kind == "poll" and not is_stream else ended,
        _detail(request),
        status,
        id=request.id,
    )


def _kind(request: LoggedRequest) -> Kind:
    path = request.path.rstrip("/")
    if request.method == "GET":
        return "poll"
    if path.endswith("/submit_tool_outputs"):
        return "submit"
    if path.endswith("/cancel"):
        return "cancel"
    return "create" if path.endswith(("/runs", "/responses")) else "change"


def _name(request: LoggedRequest, kind: Kind, status: str | None, *, is_stream: bool) -> str:
    if not 0 < request.status < _BAD:
        said = f"refused ({request.status})" if request.status else "no answer"
        return f"{_VERBS.get(kind, kind)}: {said}"
    if is_stream and request.observed is not None and request.observed.ending is not None:
        begun = f"{_VERBS[kind]}, " if kind in _VERBS else ""
        return f"{begun}stream: {_ENDINGS[request.observed.ending]}"
    if kind == "poll":
        return f"poll: {status}" if status else f"read {request.path.rstrip('/').rpartition('/')[2][:40]}"
    return _VERBS[kind]


def _detail(request: LoggedRequest) -> str:
    said = [f"{request.method}", f"answered with {request.status}" if request.status else "not answered"]
    if request.observed is not None and request.observed.events:
        said.append(f"{sum(times for _, times in request.observed.events):,} events")
    if request.observed is not None and request.observed.error:
        said.append(request.observed.error)
    if request.fault is not None:
        said.append(f"fault: {', '.join(request.fault)}")
    return ", ".join(said)


# --- polls in a row ---------------------------------------------------------------------------------------------------


def _goes_on(last: Draft, draft: Draft) -> bool:
    """Return whether a request is one more poll of the same, with nothing between."""
    is_poll = last.kind == draft.kind == "poll"
    return is_poll and last.name == draft.name and last.began.key[0] == draft.began.key[0]


def _joined(polls: Sequence[Draft]) -> Draft:
    """Return some polls as one, and anything else as it is."""
    first, last = polls[0], polls[-1]
    if len(polls) == 1:
        return first
    times = tuple(poll.began.at for poll in (*polls[:-1][: _MOST_TIMES - 1], last))
    return replace(first, ended=Point(last.began.at, first.began.key), times=times, count=len(polls))
