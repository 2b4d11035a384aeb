"""The request log as people search it: the newest first, by what was asked for and by a text in it, page by page."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from emulator.domain.errors import ApiError
from emulator.domain.redaction import shown_path, shown_query, shown_text
from emulator.domain.request_log import LoggedRequest
from emulator.service.request_contents import answer_text, request_text
from emulator.service.request_log import Filter

# Of a text that is searched for.
MOST_CHARACTERS: Final = 200
_CLASSES: Final = range(1, 6)
_ANY_STATUS: Final = range(1_000)
# Characters that JSON writes as their numbers; one beyond the first plane has two.
_ESCAPE: Final = re.compile(r"(?:\\u[0-9a-f]{4})+")


def statuses(text: str) -> range:
    """Return the statuses that a text means: `404`, `4xx`, or `0`, of what was never answered. Raises `ApiError`."""
    if not text:
        return _ANY_STATUS
    digits = text.lower().removesuffix("xx")
    if digits.isascii() and digits.isdigit():
        number = int(digits[:4])
        if text.lower().endswith("xx") and number in _CLASSES:
            return range(100 * number, 100 * number + 100)
        if digits == text and (number == 0 or number // 100 in _CLASSES):
            return range(number, number + 1)
    message = f"status: no answer has the status '{shown_text(text[:20])}': write one such as 404, a class such as 4xx"
    raise ApiError(400, f"{message}, or 0 for no answer", param="status")


@dataclass(frozen=True, slots=True)
class Search:
    """Which requests. statuses: of their answers. text: in the URL or in a body, as both are shown; empty: any.

    has_fault: only those that met a fault. Cases of letters do not count in a text.
    """

    wanted: Filter = field(default_factory=Filter)
    statuses: range = _ANY_STATUS
    text: str = ""
    has_fault: bool = False

    def __post_init__(self) -> None:
        if len(self.text) > MOST_CHARACTERS:
            raise ApiError(400, f"text: at most {MOST_CHARACTERS} characters can be searched for", param="text")

    def matches(self, request: LoggedRequest) -> bool:
        """Return whether a request is meant."""
        return (
            request.status in self.statuses
            and (request.fault is not None or not self.has_fault)
            and self.wanted.matches(request)
            and (not self.text or self._stands_in(request))
        )

    def _stands_in(self, request: LoggedRequest) -> bool:
        """Return whether the text is there to be read: what is masked is not found.

        Few bodies are decoded: those whose bytes have the text.
        """
        text = self.text.casefold()
        url = f"{shown_path(request.path)}?{shown_query(request.query)}"
        if text in url.casefold():
            return True
        if request.form is not None and text in request_text(request).casefold():
            return True
        return any(
            _may_have(data, text) and text in shown(request).casefold()
            for data, shown in ((request.body or b"", request_text), (request.answer, answer_text))
        )


def _may_have(data: bytes, text: str) -> bool:
    """Return whether bytes may hold a text, in whatever way JSON writes it."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    if text.isascii():  # as most are, which takes half the time
        lower = data.lower()
        if text.encode() in lower or written.encode() in lower:
            return True
        if b"\\u" not in lower:
            return False
    plain = data.decode("utf-8", "ignore").casefold()
    if text in plain or written in plain:
        return True
    return "\\u" in plain and text in _ESCAPE.sub(_character, plain)


def _character(found: re.Match[str]) -> str:
    units = bytes.fromhex(found[0].replace("\\u", ""))
    return units.decode("utf-16-be", "ignore").casefold()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the log. has_more: whether there are older ones. is_first: nothing newer was left out."""

    requests: Sequence[LoggedRequest]
    has_more: bool
    is_first: bool


def newest_first(log: Sequence[LoggedRequest], search: Search, after: str | None, limit: int) -> Found:
    """Return the newest requests, or those older than one. Raises `ApiError` where the log has no such request."""
    found = list(islice(filter(search.matches, _older(log, after)), limit + 1))
    return Found(found[:limit], len(found) > limit, after is None)


def _older(log: Sequence[LoggedRequest], after: str | None) -> Iterator[LoggedRequest]:
    requests = reversed(log)
    if after is None:
        return requests
    if all(request.id != after for request in requests):  # which goes as far as that one
        raise ApiError(404, f"The log has no request '{shown_path(after[:100])}' (any more).")
    return requests


@dataclass(frozen=True, slots=True)
class Neighborhood:
    """A request, and those beside it: in the log, and among those of its run; None where there is none."""

    request: LoggedRequest
    before: LoggedRequest | None
    after: LoggedRequest | None
    before_of_run: LoggedRequest | None = None
    after_of_run: LoggedRequest | None = None


def find(log: Sequence[LoggedRequest], request_id: str) -> Neighborhood:
    """Return one request. Raises the 404 of one that the log does not have."""
    place = next((place for place, one in enumerate(log) if one.id == request_id), None)
    if place is None:
        raise ApiError(404, f"The log has no request '{shown_path(request_id[:100])}' (any more).")
    request = log[place]
    before, after = log[place - 1] if place else None, log[place + 1] if place + 1 < len(log) else None
    if request.run is None:
        return Neighborhood(request, before, after)

    def of_run(others: Iterator[LoggedRequest]) -> LoggedRequest | None:
        return next((one for one in others if one.run == request.run), None)

    earlier = (log[at] for at in range(place - 1, -1, -1))
    return Neighborhood(request, before, after, of_run(earlier), of_run(islice(log, place + 1, None)))
