"""Mistakes of ports to Responses: what only Assistants has, calls that nobody answers, what is sent only once."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from emulator.domain.faults import PathPattern
from emulator.domain.hints.kinds import Hint, HintKind
from emulator.domain.hints.port_errors import advice_on_error, advice_on_url
from emulator.domain.hints.trace import Trace, is_accepted
from emulator.domain.redaction import shown_path
from emulator.domain.request_log import LoggedRequest

_CREATION: Final = PathPattern.parse("/responses")
_BEGINNINGS: Final = ("/responses", "/conversations")
_CALL_ID: Final = re.compile(rb'"call_id":\s*"([^"\\]{1,100})"')
_UNANSWERED: Final = re.compile(r"No tool output found for function call (\S{1,100})\.")
# What goes with every request; tools may be left out of one that only brings outputs, so that none is called again.
_REPEATED: Final = ("instructions", "tools")


def ports(trace: Trace) -> Iterator[Hint]:
    """Yield the hints at a program that speaks to Responses, and does not do it as they have to be spoken to."""
    requests = [request for request in trace.requests if request.path.startswith(_BEGINNINGS)]
    if requests:
        yield from _shapes(requests)
        yield from _calls(requests, trace.shown)
        yield from _sent_once(requests)


def _shapes(requests: list[LoggedRequest]) -> Iterator[Hint]:
    """Yield one hint for all requests that were refused for the same reason; it is about the first of them."""
    found: dict[str, Hint] = {}
    for request in requests:
        advice = None if is_accepted(request) else advice_on_url(request) or advice_on_error(_error(request))
        if advice is not None:
            about = f"{request.method} {shown_path(request.path)}"
            known = found.setdefault(advice, Hint(HintKind.SHAPED_FOR_ASSISTANTS, about, count=0, detail=advice))
            found[advice] = replace(known, count=known.count + 1)
    yield from found.values()


def _calls(requests: list[LoggedRequest], shown: Mapping[str, frozenset[str]]) -> Iterator[Hint]:
    """Yield a hint for each response with calls that nobody answered, or that were not all answered at once.

    shown: the statuses of responses that answers showed; of one that failed nobody expects that its calls are answered.
    """
    made: dict[str, str] = {}
    left: dict[str, str] = {}
    refused: set[str] = set()
    for request in requests:
        if request.body is not None and len(request.body) < request.body_bytes:
            left.clear()  # what it answers may stand in the part that is not kept
        for call_id in _CALL_ID.findall(request.body or b""):
            left.pop(call_id.decode(), None)
        if not is_accepted(request):
            refused |= set(_UNANSWERED.findall(str(_error(request).get("message"))))
        elif request.run is not None and not (request.method == "GET" and request.path.endswith("/input_items")):
            for call_id in map(bytes.decode, _CALL_ID.findall(request.answer)):
                if call_id not in made and call_id not in left:
                    made[call_id] = left[call_id] = request.run
    responses = [*left.values(), *(made[call_id] for call_id in refused if call_id in made)]
    for response in dict.fromkeys(responses):
        if "completed" not in shown.get(response, ("completed",)):
            continue
        count = len({call for call, run in made.items() if run == response and (call in left or call in refused)})
        yield Hint(HintKind.CALLS_UNANSWERED, response, response, count)


def _sent_once(requests: list[LoggedRequest]) -> Iterator[Hint]:
    """Yield a hint for each response that goes on without what was sent for one before it."""
    sent_before: dict[str, frozenset[str]] = {}  # by conversation, or response
    for request in requests:
        body = _creation(request)
        if body is None or request.run is None:
            continue
        place = body.get("previous_response_id") or _id_of(body.get("conversation"))
        before = sent_before.get(place, frozenset()) if isinstance(place, str) else frozenset()
        sent = frozenset(name for name in _REPEATED if body.get(name))
        expected = _REPEATED if _asks(body.get("input")) else _REPEATED[:1]
        if lacking := [name for name in expected if name in before and name not in sent]:
            yield Hint(HintKind.SENT_ONLY_ONCE, request.run, request.run, detail=" and no ".join(lacking))
        sent_before[request.run] = before | sent
        if isinstance(conversation := _id_of(body.get("conversation")), str):
            sent_before[conversation] = before | sent


def _creation(request: LoggedRequest) -> Mapping[str, Any] | None:
    """Return what was sent to create a response, where it was created and all of it is known."""
    if request.method != "POST" or not is_accepted(request) or not _CREATION.matches(request.path):
        return None
    body = _document(request.body)
    return body or None


def _error(request: LoggedRequest) -> Mapping[str, Any]:
    error = _document(request.answer).get("error")
    return error if isinstance(error, dict) else {}


def _document(data: bytes | None) -> Mapping[str, Any]:
    try:
        found = json.loads(data or b"")
    except (ValueError, RecursionError):  # none, or only the beginning of one
        return {}
    return found if isinstance(found, dict) else {}


def _id_of(named: Any) -> Any:
    return named.get("id") if isinstance(named, dict) else named


def _asks(given: Any) -> bool:
    """Return whether an input has a message of the user."""
    items = given if isinstance(given, list) else []
    return isinstance(given, str) or any(isinstance(item, dict) and item.get("role") == "user" for item in items)
