"""Dialogues of Assistants: a thread is a dialogue, a run is a turn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.parity.records import Did, Turn
from emulator.domain.view import ModelView
from emulator.service.parity.file_names import FileNames
from emulator.service.parity.messages import message_of_run
from emulator.service.parity.played import PlayedTurn
from emulator.service.parity.seen import reason_of, saw
from emulator.service.run_records import calls_of
from emulator.store.documents import Row, Transaction
from emulator.store.tables import RunStep

Doc = Mapping[str, Any]
_WAITS: Final = "requires_action"


def view_of(row: Row) -> ModelView | None:
    """Return what the model was given for a run that was played here; None for an imported one, and for a copy."""
    view = row["view"]
    if view is None or view["run_id"] != row["id"]:
        return None
    return ModelView.from_json(view)


async def turn_of(tx: Transaction, row: Row, messages: Mapping[str, Row], names: FileNames) -> PlayedTurn | None:
    """Return the turn that a run is; None for one of which is not known what the model was given.

    row: with its view and its play. messages: of its thread, by their ids.
    """
    view = view_of(row)
    if view is None:
        return None
    steps = [step["doc"] for step in await tx.all(RunStep, run_id=row["id"])]
    play = row["play"] or {}
    request = f"POST /v1/threads/{row['thread_id']}/runs"
    turn = Turn(
        message=view.message,
        turn=play.get("turn"),
        place=play.get("place"),
        status=_status(row["status"]),
        reason=reason_of(row["doc"]),
        saw=(saw(view, names, run_id=row["id"], request=request),),
        did=tuple(_did(steps, messages, names)),
    )
    return PlayedTurn(turn, (row["id"],))


def _status(status: str) -> str:
    return status if status in RUN_TERMINAL or status == _WAITS else "in_progress"


def _did(steps: Sequence[Doc], messages: Mapping[str, Row], names: FileNames) -> Iterator[Did]:
    for step in steps:
        message_id = step["step_details"].get("message_creation", {}).get("message_id")
        if message_id is not None:
            message = messages.get(message_id)
            if message is not None and (said := message_of_run(message["doc"], names)) is not None:
                yield said
            continue
        for call in step["step_details"].get("tool_calls", ()):
            yield _called(step, call, names)


def _called(step: Doc, call: Doc, names: FileNames) -> Did:
    match call["type"]:
        case "file_search":
            results = call["file_search"].get("results") or ()
            return Did("search", "", found=names.found(results))
        case "code_interpreter":
            about = call["code_interpreter"]
            printed = [one["logs"] for one in about["outputs"] if one["type"] == "logs"]
            images = sum(one["type"] == "image" for one in about["outputs"])
            return Did("code", about["input"], output="".join(printed) if printed else None, images=images)
    (known,) = calls_of([{**step, "step_details": {"tool_calls": [call]}}])
    return Did("call", known["arguments"] or "", name=known["name"], output=known["output"])
