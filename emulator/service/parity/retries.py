"""What was asked for again, because its answer was lost: the same request twice makes one turn."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from emulator.domain.past_steps import PastCall, steps_from_json
from emulator.service.parity.played import PlayedDialogue
from emulator.store.documents import Row


@dataclass(slots=True)
class Attempts:
    """What is left of responses without those that were asked for again.

    rows: those left, in their order. continued: the ids of what others go on from, responses and calls. earlier: for
    one of the rows those that came before it. dialogues: the name of a dialogue in place of that which an attempt has.
    """

    rows: Sequence[Row]
    continued: Collection[str]
    earlier: dict[str, list[Row]] = field(default_factory=dict)
    dialogues: dict[str, str] = field(default_factory=dict)

    def dialogue_of(self, row: Row) -> str:
        """Return the dialogue of a row."""
        name = str(row["play"]["dialogue"])
        return self.dialogues.get(name, name)

    def first(self, row: Row) -> Row:
        """Return the first attempt at a row."""
        earlier = self.earlier.get(row["id"])
        return earlier[0] if earlier else row

    def lost(self, row: Row) -> list[str]:
        """Return the ids of the attempts before a row."""
        return [one["id"] for one in self.earlier.get(row["id"], ())]


def attempts(rows: Sequence[Row], unread: Collection[str]) -> Attempts:
    """Return what is left of responses. unread: ids of those whose answers did not reach their clients whole.

    Whoever has lost a response can but ask again, with the same request: there is no list of responses. One that
    another goes on from was not lost. Without a sign of a loss, equal requests are dialogues that are alike.
    """
    continued = set(_continued(rows))
    found = Attempts(rows, continued)
    waiting: dict[bytes, Row] = {}
    gone: set[str] = set()
    for row in rows:
        key = _request_of(row)
        before = waiting.pop(key, None)
        if before is not None:
            gone.add(before["id"])
            found.earlier[row["id"]] = [*found.earlier.pop(before["id"], ()), before]
            if (own := row["play"]["dialogue"]) != (name := found.dialogue_of(before)):
                found.dialogues[own] = name
        is_unread = row["id"] in unread or _is_abandoned(row)
        if is_unread and not continued & {row["id"], *_calls_of(row)}:
            waiting[key] = row
    found.rows = [row for row in rows if row["id"] not in gone]
    return found


def _request_of(row: Row) -> bytes:
    """Return what a response was asked with: equal for equal requests that found the same context.

    Outputs of the same calls are equal: whoever has lost the answer to them may have called again.
    """
    play = row["play"]
    without = {"message": ("id",), "function_call_output": ("id", "output")}
    own = [
        {name: value for name, value in item.items() if name not in without.get(item["type"], ("id",))}
        for item in play["input"]
    ]
    return orjson.dumps([play["previous"], play["conversation"], play["seen"], own], option=orjson.OPT_SORT_KEYS)


def _is_abandoned(row: Row) -> bool:
    """Return whether a response ended because its client had gone."""
    return bool(row["deleted"] and row["status"] == "cancelled" and not row["play"]["background"])


def _continued(rows: Iterable[Row]) -> Iterable[str]:
    """Yield the ids of the responses that others name as previous, and of the calls that others answer."""
    for row in rows:
        play: Mapping[str, Any] = row["play"]
        if play["previous"] is not None:
            yield play["previous"]
        steps = steps_from_json(play.get("past") or ())
        yield from (step.id for step in steps if isinstance(step, PastCall))


def _calls_of(row: Row) -> list[str]:
    return [item["call_id"] for item in row["doc"]["output"] if item["type"] == "function_call"]


# --- threads that are made with their runs --------------------------------------------------------------------------


def threads_asked_once(dialogues: Sequence[PlayedDialogue], lost: Collection[str]) -> list[PlayedDialogue]:
    """Return dialogues without the threads that are lost, and were made again with a run that was given the same.

    lost: ids of threads that were made with a run, and of which their client knows nothing: there is no list of them.
    """
    found: dict[int, PlayedDialogue] = {}
    waiting: dict[Hashable, int] = {}
    for number, one in enumerate(dialogues):
        first = one.turns[0].turn.saw
        given = one.api, tuple((saw.model, saw.instructions, saw.messages) for saw in first)
        before = waiting.pop(given, None)
        found[number] = one if before is None else _after(one, found.pop(before))
        if one.id in lost:
            waiting[given] = number
    return list(found.values())


def _after(dialogue: PlayedDialogue, lost: PlayedDialogue) -> PlayedDialogue:
    """Return a dialogue whose first turn was asked for already by one that was lost."""
    first, *later = dialogue.turns
    first = replace(first, runs=(*lost.turns[0].runs, *first.runs), began=lost.turns[0].began)
    return replace(dialogue, turns=(first, *later))
