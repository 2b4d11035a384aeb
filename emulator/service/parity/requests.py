"""What the request log adds to a record: how each turn was asked for, and what was refused outside of them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from emulator.domain.mounts import NAMESPACE
from emulator.domain.parity.records import Asked, Dialogue
from emulator.domain.redaction import shown_sent_path, shown_value
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import break_of, is_hidden, is_lost
from emulator.service import request_log
from emulator.service.parity.played import PlayedDialogue

_BAD_REQUEST: Final = 400
_RESPONSES: Final = "/responses"
_WITH_THREAD: Final = "/threads/runs"
# What ends the path of a request that prepares the next turn of its dialogue.
_PREPARES: Final = ("/threads", "/messages", "/conversations", "/items")
Place = tuple[int, int]  # of a turn: the number of its dialogue, and its own


def unread(log: Sequence[LoggedRequest]) -> set[str]:
    """Return the ids of the runs and responses whose makers did not get to read the whole answer."""
    made = (request for request in log if _makes(request) and _is_unread(request))
    return {request.run for request in made if request.run is not None}


def lost_threads(log: Sequence[LoggedRequest]) -> set[str]:
    """Return the ids of the threads that were made with a run and that no other request was about."""
    about = Counter(request.thread for request in log)
    made = (request for request in log if request.path.rstrip("/").endswith(_WITH_THREAD) and _is_unread(request))
    return {request.thread for request in made if request.thread is not None and about[request.thread] == 1}


def _is_unread(request: LoggedRequest) -> bool:
    return bool(is_lost(request) or is_hidden(request) or break_of(request))


def _makes(request: LoggedRequest) -> bool:
    return request.method == "POST" and request.path.rstrip("/").endswith(("/runs", _RESPONSES))


@dataclass(frozen=True, slots=True)
class AskedDialogues:
    """Dialogues with how they were asked for. refused: requests outside of any turn that were refused."""

    dialogues: Sequence[Dialogue]
    refused: Sequence[Asked]
    notes: Sequence[str]


def with_requests(dialogues: Sequence[PlayedDialogue], log: Sequence[LoggedRequest], dropped: int) -> AskedDialogues:
    """Return dialogues with the requests of a log. dropped: how many the log has lost."""
    sorted_out = _Sorted.of(dialogues)
    for request in sorted(log, key=lambda one: one.began):
        sorted_out.take(request)
    sorted_out.end(dialogues)
    notes = list(_notes(dialogues, sorted_out, dropped))
    return AskedDialogues(
        [_dialogue(number, one, sorted_out) for number, one in enumerate(dialogues)], sorted_out.refused, notes
    )


@dataclass(slots=True)
class _Sorted:
    """Requests by the turns that they belong to.

    runs: the turn of a run or a response. asked: by turn. made_by: of a run, the request that made it. last: by
    dialogue the turn that it has come to; waiting: what prepares its next one. again: refused requests for a turn that
    may be sent again, and then belong to that one.
    """

    runs: Mapping[str, Place]
    names: Mapping[str, int]
    asked: dict[Place, list[Asked]] = field(default_factory=dict)
    made_by: dict[str, str] = field(default_factory=dict)
    refused: list[Asked] = field(default_factory=list)
    last: dict[int, Place] = field(default_factory=dict)
    waiting: dict[int, list[Asked]] = field(default_factory=dict)
    again: list[tuple[LoggedRequest, Asked]] = field(default_factory=list)

    @classmethod
    def of(cls, dialogues: Sequence[PlayedDialogue]) -> "_Sorted":
        runs = {
            run_id: (number, place)
            for number, dialogue in enumerate(dialogues)
            for place, turn in enumerate(dialogue.turns)
            for run_id in turn.runs
        }
        return cls(runs, {dialogue.id: number for number, dialogue in enumerate(dialogues)})

    def take(self, request: LoggedRequest) -> None:
        """Put a request where it belongs."""
        asked = _asked(request)
        place = self.runs.get(request.run or "") or self._meant(request)
        if place is not None:
            number = place[0]
            before = [*self.waiting.pop(number, ()), *self._refused_before(request)]
            self.asked.setdefault(place, []).extend([*before, asked])
            self.last[number] = max(place, self.last.get(number, place))
            if request.run is not None and _makes(request):
                self.made_by.setdefault(request.run, f"{asked.method} {asked.path}")
            return
        dialogue = self.names.get(request.thread or "")
        if dialogue is None:
            if _is_refused(request) and _makes(request):
                self.again.append((request, asked))
            elif _is_refused(request):
                self.refused.append(asked)
            return
        last = self.last.get(dialogue)
        if last is None or (_prepares(request) and not _is_refused(request)):
            self.waiting.setdefault(dialogue, []).append(asked)
        else:
            self.asked.setdefault(last, []).append(asked)

    def _refused_before(self, request: LoggedRequest) -> list[Asked]:
        """Return the refusals of a request that is now answered."""
        if not _makes(request):
            return []
        same = [one for one in self.again if _is_same(one[0], request)]
        self.again = [one for one in self.again if one not in same]
        return [asked for _, asked in same]

    def _meant(self, request: LoggedRequest) -> Place | None:
        """Return the turn that a request for a response would have gone on with, had it not been refused."""
        if not _is_refused(request) or request.method != "POST" or not request.path.endswith(_RESPONSES):
            return None
        body = request_log.body(request)
        if not isinstance(body, Mapping):
            return None
        conversation = body.get("conversation")
        conversation = conversation.get("id") if isinstance(conversation, Mapping) else conversation
        previous = body.get("previous_response_id")
        if isinstance(previous, str) and previous in self.runs:
            return self.runs[previous]
        number = self.names.get(conversation) if isinstance(conversation, str) else None
        return None if number is None else self.last.get(number)

    def end(self, dialogues: Sequence[PlayedDialogue]) -> None:
        """Give what prepared a turn that never came, or of which the log knows nothing, to the last of its dialogue.

        What was refused and not sent again belongs to none.
        """
        self.refused += [asked for _, asked in self.again]
        for number, several in self.waiting.items():
            self.asked.setdefault((number, len(dialogues[number].turns) - 1), []).extend(several)


def _is_same(request: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether two requests ask the same. Where a connection broke off at once, nobody read the body."""
    is_alike = (request.method, request.path) == (other.method, other.path)
    return is_alike and (None in (request.body, other.body) or request.body == other.body)


def _prepares(request: LoggedRequest) -> bool:
    return request.method == "POST" and request.path.rstrip("/").endswith(_PREPARES)


def _is_refused(request: LoggedRequest) -> bool:
    return request.status >= _BAD_REQUEST or not request.status


def _asked(request: LoggedRequest) -> Asked:
    path = shown_sent_path(request.sent_path)
    prefix = NAMESPACE.match(path)
    return Asked(request.method, path[prefix.end() :] if prefix else path, request.status, _error_of(request))


def _error_of(request: LoggedRequest) -> str | None:
    """Return the code of a refusal, or else its message."""
    if request.status < _BAD_REQUEST:
        return None
    try:
        error = json.loads(request.answer)["error"]
        said = error.get("code") or error.get("message")
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return None if said is None else str(shown_value(str(said)))


def _dialogue(number: int, dialogue: PlayedDialogue, found: _Sorted) -> Dialogue:
    turns = [
        replace(
            one.turn,
            asked=tuple(found.asked.get((number, place), ())),
            saw=tuple(replace(saw, request=found.made_by.get(saw.object, saw.request)) for saw in one.turn.saw),
        )
        for place, one in enumerate(dialogue.turns)
    ]
    return Dialogue(dialogue.id, dialogue.api, tuple(turns), dialogue.is_deleted)


def _notes(dialogues: Sequence[PlayedDialogue], found: _Sorted, dropped: int) -> Iterator[str]:
    if dropped:
        yield f"The request log has lost {dropped} older requests: what was asked for is not complete."
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    unknown = sum(not any(run_id in found.made_by for run_id in turn.runs) for turn in turns)
    if unknown:
        why = "it was emptied, or the server was started again" if not dropped else "these requests are lost"
        yield f"The request log does not know how {unknown} of {len(turns)} turns were asked for: {why}."
