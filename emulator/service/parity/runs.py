"""Dialogues of Assistants: a thread is a dialogue, a run is a turn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.parity.records import Did, Turn
from emulator.domain.view import ModelView
from emulator.service.parity.file_names import FileNames
from emulator.service.parity.messages import cited_by, message_of_run
from emulator.service.parity.played import Began, PlayedDialogue, PlayedTurn
from emulator.service.parity.seen import reason_of, saw
from emulator.service.run_records import calls_of
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Message, RunStep

Doc = Mapping[str, Any]
_WAITS: Final = "requires_action"


def view_of(row: Row) -> ModelView | None:
    """Return what the model was given for a run that was played here; None for an imported one, and for a copy."""
    view = row["view"]
    if view is None or view["run_id"] != row["id"]:
        return None
    return ModelView.from_json(view)


async def dialogue_of(tx: Transaction, thread_id: str, rows: Sequence[Row], names: FileNames) -> PlayedDialogue | None:
    """Return the dialogue that a thread is; None where no run was played on it. rows: of its runs, with all columns."""
    views = {row["id"]: view for row in rows if (view := view_of(row)) is not None}
    if not views:
        return None
    messages = {row["id"]: row["doc"] for row in await tx.all(Message, thread_id=thread_id)}
    own = [doc for doc in messages.values() if doc["run_id"] in views]
    await names.look_up(tx, views.values(), (file_id for doc in own for file_id in cited_by(doc)))
    turns = [await _turn(tx, row, views[row["id"]], messages, names) for row in rows if row["id"] in views]
    return PlayedDialogue(thread_id, "assistants", turns)


async def _turn(
    tx: Transaction, row: Row, view: ModelView, messages: Mapping[str, Doc], names: FileNames
) -> PlayedTurn:
    """Return the turn that a run is. messages: of its thread, by their ids."""
    steps = await tx.all(RunStep, run_id=row["id"])
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
    return PlayedTurn(turn, (row["id"],), Began.of(row))


def _status(status: str) -> str:
    return status if status in RUN_TERMINAL or status == _WAITS else "in_progress"


def _did(steps: Sequence[Row], messages: Mapping[str, Doc], names: FileNames) -> Iterator[Did]:
    for step in steps:
        details = step["doc"]["step_details"]
        message = messages.get(details.get("message_creation", {}).get("message_id"))
        if message is not None and (said := message_of_run(message, names)) is not None:
            yield said
        for call in details.get("tool_calls", ()):
            yield _called(step, call, names)


def _called(step: Row, call: Doc, names: FileNames) -> Did:
    match call["type"]:
        case "file_search":
            results = call["file_search"].get("results") or ()
            return Did("search", step["query"] or "", found=names.found(results))
        case "code_interpreter":
            about = call["code_interpreter"]
            printed = [one["logs"] for one in about["outputs"] if one["type"] == "logs"]
            images = sum(one["type"] == "image" for one in about["outputs"])
            return Did("code", about["input"], output="".join(printed) if printed else None, images=images)
    (known,) = calls_of([{**step["doc"], "step_details": {"tool_calls": [call]}}])
    return Did("call", known["arguments"] or "", name=known["name"], output=known["output"])
