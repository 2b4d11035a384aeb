"""A small record of Assistants, and what a right port of it to Responses leaves behind, for tests of parity."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.records import Api, Asked, Dialogue, Did, Record, Saw, SeenMessage, Turn
from emulator.domain.parity.report import Report

INSTRUCTIONS: Final = "Be a librarian."
PARAMETERS: Final[Mapping[str, Any]] = {
    "type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]
}  # fmt: skip
LOOK_UP: Final[Mapping[str, Any]] = {
    "type": "function",
    "function": {"name": "look_up", "description": "Look up.", "parameters": PARAMETERS, "strict": False},
}
SEARCH: Final[Mapping[str, Any]] = {
    "type": "file_search",
    "file_search": {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}},
}
CODE: Final[Mapping[str, Any]] = {"type": "code_interpreter"}
_RUN: Final = "POST /v1/threads/thread_1/runs"
_RESPONSE: Final = "POST /v1/responses"


def user(text: str, *files: str, images: int = 0) -> SeenMessage:
    """Return a message of the user."""
    return SeenMessage("user", text, files, images)


def model(text: str, *files: str, images: int = 0) -> SeenMessage:
    """Return a message of the model."""
    return SeenMessage("assistant", text, files, images)


def said(text: str, **more: Any) -> Did:
    """Return a text that came of a turn."""
    return Did("text", text, **more)


def called(title: str = "Emma", output: str | None = "two copies", name: str = "look_up") -> Did:
    """Return a call that came of a turn."""
    return Did("call", f'{{"title": "{title}"}}', name=name, output=output)


def saw(api: Api, *messages: SeenMessage, number: int = 1, **more: Any) -> Saw:
    """Return what a model was given: with the defaults of the API."""
    is_run = api == "assistants"
    defaults: dict[str, Any] = {
        "request": _RUN if is_run else _RESPONSE,
        "object": f"run_{number}" if is_run else f"resp_{number}",
        "model": "gpt-4o",
        "instructions": INSTRUCTIONS,
        "tools": (LOOK_UP,),
        "temperature": 1.0,
        "top_p": 1.0,
        "truncation": {"type": "auto" if is_run else "disabled", "last_messages": None},
        "assistant": "Librarian" if is_run else None,
    }
    return Saw(**{**defaults, "messages": messages, **more})


def turn(message: str, saws: Sequence[Saw], *did: Did, number: int = 1, **more: Any) -> Turn:
    """Return a turn that is completed."""
    defaults = {"turn": f"turn {number}", "place": f"library.yaml:{4 * number}", "status": "completed", "reason": None}
    return Turn(message, saw=tuple(saws), did=did, **{**defaults, **more})


def record(api: Api, *turns: Turn, id: str = "") -> Record:  # noqa: A002
    """Return a record with one dialogue."""
    return Record("before" if api == "assistants" else "after", "2026-08-26", (dialogue(api, *turns, id=id),))


def dialogue(api: Api, *turns: Turn, id: str = "") -> Dialogue:  # noqa: A002
    """Return a dialogue."""
    return Dialogue(id or ("thread_1" if api == "assistants" else "conv_1"), api, turns)


def of_one_turn(api: Api, *messages: SeenMessage, did: Sequence[Did] = (), **more: Any) -> Record:
    """Return a record with one turn and one request. more: of what the model was given."""
    messages = messages or (user("Emma?"),)
    return record(api, turn(messages[-1].text, (saw(api, *messages, **more),), *(did or (said("Two copies."),))))


# --- one dialogue over both -------------------------------------------------------------------------------------------

_FIRST: Final = (user("Do you have Emma?"),)
_SECOND: Final = (*_FIRST, model("I look."), model("Two copies."), user("Thank you."))


def before() -> Record:
    """Return the record of a program on Assistants: two turns, of which the first calls a function."""
    asked = (Asked("POST", "/v1/threads/thread_1/runs", 200),)
    submitted = Asked("POST", "/v1/threads/thread_1/runs/run_1/submit_tool_outputs", 200)
    return record(
        "assistants",
        turn(
            "Do you have Emma?",
            (saw("assistants", *_FIRST),),
            said("I look."),
            called(),
            said("Two copies."),
            asked=(*asked, submitted),
        ),
        turn(
            "Thank you.",
            (saw("assistants", *_SECOND, number=2),),
            said("You are welcome."),
            number=2,
            asked=asked,
        ),
    )


def after() -> Record:
    """Return the record of its port: three responses, two of them for the first turn."""
    asked = Asked("POST", "/v1/responses", 200)
    return record(
        "responses",
        turn(
            "Do you have Emma?",
            (saw("responses", *_FIRST), saw("responses", *_FIRST, model("I look."), number=2)),
            said("I look."),
            called(),
            said("Two copies."),
            asked=(asked, asked),
        ),
        turn(
            "Thank you.",
            (saw("responses", *_SECOND, number=3),),
            said("You are welcome."),
            number=2,
            asked=(asked,),
        ),
    )


def with_saw(record: Record, turn: int, place: int, **changes: Any) -> Record:
    """Return a record in which a model was given something else. turn, place: from 0."""
    old = record.dialogues[0].turns[turn]
    saws = [replace(one, **changes) if n == place else one for n, one in enumerate(old.saw)]
    return with_turn(record, turn, saw=tuple(saws))


def with_turn(record: Record, turn: int, **changes: Any) -> Record:
    """Return a record in which a turn is another one. turn: from 0."""
    first, *others = record.dialogues
    turns = tuple(replace(one, **changes) if n == turn else one for n, one in enumerate(first.turns))
    return replace(record, dialogues=(replace(first, turns=turns), *others))


def sentences(before: Record, after: Record, **more: Any) -> list[str]:
    """Return what a comparison finds, in words."""
    return [one.sentence for one in compare(before, after, **more).differences]


def rules_used(report: Report) -> set[str]:
    """Return the names of the rules by which something counts as equal, without that of ids."""
    return {one.rule for one in report.equalities} - {"ids", "assistants"}
