"""Runs and responses as they stand between messages: how each went, what it called, and why it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.control.inspector.visible import on_one_line, visible
from emulator.control.inspector.wording import waits
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.service.run_records import error_of
from emulator.service.thread_pages import ShownRun

Doc = Mapping[str, Any]
_MOST_CALLS: Final = 20
_MOST_OF_CALL: Final = 4_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call. arguments, output: None where there is none (yet). preview: the arguments in a few words."""

    name: str
    preview: str
    arguments: str | None
    output: str | None


@dataclass(frozen=True, slots=True)
class RunBox:
    """A run, or a later piece of it (`begins` is false). seconds: how long it has taken, None while it goes on.

    code: of the error that ended it. why: what ended it, or what it waits for. thoughts: summaries of its reasoning.
    more: whether it did more than that.
    """

    id: str
    noun: str
    begins: bool
    status: str
    code: str
    why: str
    model: str
    turn: str
    at: float
    seconds: float | None
    tokens: str
    calls: Sequence[Call]
    thoughts: Sequence[str] = ()
    more: bool = False

    @property
    def is_message(self) -> bool:
        """Whether this entry is a message."""
        return False


def run_box(shown: ShownRun) -> RunBox:
    """Return a run, or a piece of it, as it stands between messages."""
    run, doc = shown.run, shown.doc
    timeline = run["timeline"]
    is_over = run["status"] in RUN_TERMINAL and len(timeline) > 1
    return RunBox(
        id=run["id"],
        noun="Response" if run.get("api") == "responses" else "Run",
        begins=shown.begins,
        status=run["status"],
        code=on_one_line(str((error_of(doc) or {}).get("code") or "")),
        why=_why(run, doc),
        model=on_one_line(str(doc.get("model") or "")),
        turn=on_one_line(str(run.get("turn") or "")),
        at=run["created_at"],
        seconds=round(timeline[-1]["at"] - timeline[0]["at"], 3) if is_over else None,
        tokens=_tokens(doc.get("usage") or {}),
        calls=[_call(one) for one in shown.calls[:_MOST_CALLS]],
        thoughts=[_beginning(one) for one in shown.thoughts[:_MOST_CALLS]],
        more=shown.more or len(shown.calls) > _MOST_CALLS,
    )


def _call(call: Doc) -> Call:
    arguments = call["arguments"]
    output = call["output"]
    return Call(
        on_one_line(str(call["name"])),
        on_one_line(str(arguments or ""), 80),
        None if arguments is None else _beginning(str(arguments)),
        None if output is None else _beginning(str(output)),
    )


def _beginning(text: str) -> str:
    left_out = len(text) - _MOST_OF_CALL
    return visible(text[:_MOST_OF_CALL]) + (f"\n… {left_out:,} more characters" if left_out > 0 else "")


def _why(run: Doc, doc: Doc) -> str:
    if run["status"] not in RUN_TERMINAL:
        return waits(on_one_line(str(run["waits_for"]))) if run["waits_for"] else ""
    if error := error_of(doc):
        return on_one_line(str(error.get("message") or ""), 500)
    details = doc.get("incomplete_details") or {}
    return on_one_line(str(details.get("reason") or ""))


def _tokens(usage: Doc) -> str:
    given = usage.get("prompt_tokens", usage.get("input_tokens"))
    written = usage.get("completion_tokens", usage.get("output_tokens"))
    return f"{given:,} + {written:,} tokens" if usage.get("total_tokens") else ""
