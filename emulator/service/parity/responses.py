"""Dialogues of Responses: a conversation or a chain is a dialogue, and a turn may take several responses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.domain.parity.records import Did, Turn
from emulator.domain.past_steps import PastCall, steps_from_json
from emulator.domain.view import ModelView
from emulator.service.parity.file_names import FileNames
from emulator.service.parity.messages import message_of_response
from emulator.service.parity.played import Began, PlayedDialogue, PlayedTurn
from emulator.service.parity.retries import Attempts
from emulator.service.parity.seen import reason_of, saw
from emulator.store.documents import Row

Doc = Mapping[str, Any]
_REQUEST: Final = "POST /v1/responses"


def dialogues_of(found: Attempts, names: FileNames) -> list[PlayedDialogue]:
    """Return the dialogues of some responses. found: their rows, with all columns."""
    turns: dict[str, list[Row]] = {}
    for row in found.rows:
        turns.setdefault(row["play"]["began"], []).append(row)
    dialogues: dict[str, list[PlayedTurn]] = {}
    for rows in turns.values():
        # The turns behind it go on from the first, unless they say otherwise.
        main, *branches = sorted(_paths(rows), key=lambda path: path[-1]["id"] not in found.continued)
        dialogues.setdefault(found.dialogue_of(rows[0]), []).append(_turn(main, found, names))
        dialogues |= {path[-1]["id"]: [_turn(path, found, names)] for path in branches}
    return [PlayedDialogue(id_, "responses", of_it) for id_, of_it in dialogues.items()]


def _paths(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the ways that a turn has gone: several where calls were answered in one way, and then in another."""
    paths: list[list[Row]] = []
    for row in rows:
        past = _past(row)
        before = [one for one in rows if one["seq"] < row["seq"] and _is_in(past, one)]
        if before and paths and (path := next((path for path in paths if path[-1] is before[-1]), None)) is not None:
            path.append(row)
        else:
            paths.append([*before, row])
    return paths


def _turn(rows: Sequence[Row], found: Attempts, names: FileNames) -> PlayedTurn:
    """Return the turn that some responses are, in their order."""
    first, last = rows[0], rows[-1]
    views = [ModelView.from_json(row["view"]) for row in rows]
    outputs = _outputs(rows)
    did = [one for row in rows for item in row["doc"]["output"] for one in _did(item, outputs, names)]
    turn = Turn(
        message=views[0].message,
        turn=first["play"].get("turn"),
        place=first["play"].get("place"),
        status=_status(last, outputs),
        reason=reason_of(last["doc"]),
        saw=tuple(saw(view, names, run_id=row["id"], request=_REQUEST) for row, view in zip(rows, views, strict=True)),
        did=tuple(did),
    )
    ids = [id_ for row in rows for id_ in (*found.lost(row), row["id"])]
    return PlayedTurn(turn, ids, Began.of(found.first(first)))


def _past(row: Row) -> dict[str, str | None]:
    """Return the calls that a response found behind it in its turn, by their ids, with what was answered."""
    steps = steps_from_json(row["play"].get("past") or ())
    return {step.id: step.output for step in steps if isinstance(step, PastCall)}


def _is_in(past: Mapping[str, str | None], row: Row) -> bool:
    """Return whether a response is among what another found: some of its calls are."""
    return any(call_id in past for call_id in _calls(row))


def _calls(row: Row) -> list[str]:
    return [item["call_id"] for item in row["doc"]["output"] if item["type"] == "function_call"]


def _outputs(rows: Sequence[Row]) -> dict[str, str]:
    """Return what was answered to the calls of a turn, by their ids, as later responses of it were told."""
    return {id_: output for row in rows for id_, output in _past(row).items() if output is not None}


def _status(row: Row, outputs: Mapping[str, str]) -> str:
    status = row["status"]
    if status not in RESPONSE_TERMINAL:
        return "in_progress"
    is_open = any(call_id not in outputs for call_id in _calls(row))
    return "requires_action" if status == "completed" and is_open else str(status)


def _did(item: Doc, outputs: Mapping[str, str], names: FileNames) -> Iterator[Did]:
    match item["type"]:
        case "message":
            if (said := message_of_response(item, names)) is not None:
                yield said
        case "function_call":
            yield Did("call", item["arguments"], name=item["name"], output=outputs.get(item["call_id"]))
        case "file_search_call":
            yield Did("search", "\n".join(item["queries"]), found=names.found(item.get("results") or ()))
        case "code_interpreter_call":
            shown = item.get("outputs") or ()
            printed = [one["logs"] for one in shown if one["type"] == "logs"]
            images = sum(one["type"] == "image" for one in shown)
            yield Did("code", item["code"] or "", output="".join(printed) if printed else None, images=images)
