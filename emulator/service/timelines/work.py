"""What a run did, as spans: its calls with their outputs, and its messages; of a response its items.

The journal says to the fraction of a second when a step began and ended; what it has lost is as exact as the step's
document, whose times are whole seconds. When the items of a response came is kept nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.timelines import Kind
from emulator.service.responses import records as responses
from emulator.service.run_records import calls_of
from emulator.service.timelines.drafts import Draft, Point, short
from emulator.store.documents import Row

Doc = Mapping[str, Any]
_ENDS: Final = ("completed_at", "failed_at", "cancelled_at")
_SHORTLY: Final = 0.001


def drafts_of_work(
    row: Row, steps: Sequence[Doc], changes: Sequence[Doc], statuses: Sequence[Draft], texts: Mapping[str, str]
) -> list[Draft]:
    """Return it in its order. changes: what the journal has of the run. texts: of messages, by their ids."""
    if responses.is_response(row):
        return list(_items(row, statuses))
    known: dict[str, list[Doc]] = {}
    for change in changes:
        known.setdefault(change["object_id"], []).append(change)
    return [
        draft
        for number, step in enumerate(steps)
        for draft in _of_step(step, *_span(step, number, known.get(step["id"], ()), statuses), texts)
    ]


def _of_step(step: Doc, began: Point, ended: Point | None, texts: Mapping[str, str]) -> Iterator[Draft]:
    details = step["step_details"]
    if (message := details.get("message_creation")) is not None:
        text = texts.get(message["message_id"], "")
        detail = f"{step['status']}: {short(text)}" if text else step["status"]
        yield Draft("work", "message", "message", began, ended, detail, step["status"], id=message["message_id"])
    for call in calls_of([step]):
        yield _call(call, began, ended, step["status"])


def _call(call: Doc, began: Point, ended: Point | None, status: str) -> Draft:
    output = "no output yet" if call["output"] is None else f"→ {short(call['output'])}"
    return Draft(
        "work",
        "call",
        short(call["name"]),
        began,
        ended,
        f"{short(call['arguments'] or '')} {output}".strip(),
        status,
        id=call["step_id"],
    )


# --- when a step was --------------------------------------------------------------------------------------------------


def _span(step: Doc, number: int, known: Sequence[Doc], statuses: Sequence[Draft]) -> tuple[Point, Point | None]:
    begun = next((change for change in known if change["cause"] == "create"), None)
    done = next((change for change in known if change["cause"] != "create"), None)
    if begun is not None and done is not None:
        return _point(begun), _point(done)
    within = _status_of(step["created_at"], statuses)
    began = _point(begun) if begun is not None else _beginning(step, number, statuses[within])
    if done is not None:
        return began, _point(done)
    at = next((step[name] for name in _ENDS if step.get(name) is not None), None)
    if at is None:
        return began, statuses[-1].began if statuses[-1].status in RUN_TERMINAL else None
    return began, _end(at, number, began, statuses[within + 1 :])


def _point(change: Doc) -> Point:
    return Point(change["at"], (float(change["seq"]), 0))


def _status_of(created_at: int, statuses: Sequence[Draft]) -> int:
    """Return the number of the status within which a step began: the last that it may have been, to the second.

    An imported run knows when it started last, so a step of it may have begun before.
    """
    within = [place for place, one in enumerate(statuses) if one.began.at < created_at + 1]
    working = [place for place in within if statuses[place].status == "in_progress"]
    return (working or within or [0])[-1]


def _beginning(step: Doc, number: int, within: Draft) -> Point:
    at = max(float(step["created_at"]), within.began.at)
    if within.ended is not None:
        at = min(at, within.ended.at)
    return Point(at, (within.began.key[0] + _SHORTLY * (number + 1), 0))


def _end(at: int, number: int, began: Point, later: Sequence[Draft]) -> Point:
    """Return where a step ended: before the next status but the one in which it waits for outputs."""
    behind = next((one for one in later if one.began.at >= at and one.status != "requires_action"), None)
    if behind is None:
        return Point(max(float(at), began.at), (began.key[0] + _SHORTLY / 2, 0))
    return Point(min(max(float(at), began.at), behind.began.at), (behind.began.key[0] - 1 + _SHORTLY * (number + 1), 0))


# --- responses --------------------------------------------------------------------------------------------------------


def _items(row: Row, statuses: Sequence[Draft]) -> Iterator[Draft]:
    """Yield the items of a response, each as long as it was in progress."""
    working = next((one for one in statuses if one.status == "in_progress"), statuses[0])
    for item in row["doc"]["output"]:
        kind, name, detail = _item(item)
        yield Draft("work", kind, name, working.began, working.ended, detail, item.get("status"), id=item["id"])


def _item(item: Doc) -> tuple[Kind, str, str]:
    if (call := next(responses.calls_in([item]), None)) is not None:
        return "call", short(call["name"]), short(call["arguments"] or "")
    if item["type"] == "message":
        return "message", "message", short(" ".join(str(part.get("text", "")) for part in item["content"]))
    return "item", short(str(item["type"]).replace("_", " ")), ""
