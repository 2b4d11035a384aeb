"""A dialogue of responses as a short text that people read: what was sent, what was called, how each response ended."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.responses.records import calls_in, is_response
from emulator.service.run_records import SUMMARIZED
from emulator.service.thread_texts import called, short
from emulator.store.documents import Cursor, Row
from emulator.store.tables import Run
from emulator.transcripts.responses import stored_items
from emulator.transcripts.responses.play import play_of

Doc = Mapping[str, Any]
_BEGINNINGS: Final = ("conv", "resp")
# Of a namespace, the newest responses among which those of a dialogue are looked for.
_MOST_SEARCHED: Final = 1_000


async def text(namespace: Namespace, dialogue: str, most: int) -> str | None:
    """Return the newest responses of a conversation or a chain as a text; None if there are none. most: of responses.

    dialogue: a conversation, or the response with which a chain began.
    """
    if not dialogue.startswith(_BEGINNINGS):
        return None
    async with namespace.transaction(thread=dialogue, unless_reachable=True) as tx:
        page = await tx.page(Run, Cursor(_MOST_SEARCHED), also=SUMMARIZED, deleted=True)
        found = [row for row in page.rows[::-1] if is_response(row) and play_of(row)["dialogue"] == dialogue]
        first = play_of(found[0])["seen"] if found else ()
        before = [*(await stored_items.known(tx, first)).values()]
    if not found:
        return None
    older, shown = found[:-most], found[-most:]
    lines = [f"{'conversation' if dialogue.startswith('conv') else 'chain'} {dialogue}"]
    if older:
        lines.append(f"… {len(older)} older response{'s'[: len(older) != 1]}")
    else:
        lines += _said(before)
    answers = _answers(found)
    for row in shown:
        lines += _of_response(row, answers)
    return "\n".join(lines) + "\n"


def _answers(rows: Sequence[Row]) -> Mapping[str, str]:
    """Return what clients sent as outputs, by the ids of the calls."""
    given = (item for row in rows for item in play_of(row)["input"] if item["type"] == "function_call_output")
    return {item["call_id"]: item["output"] if isinstance(item["output"], str) else "[parts]" for item in given}


def _of_response(row: Row, answers: Mapping[str, str]) -> Iterator[str]:
    given = play_of(row)["input"]
    # A client that sends everything again sends what the model said, too; what comes behind it is new.
    last = max((place for place, item in enumerate(given) if _is_of_model(item)), default=-1)
    yield from _said(given[last + 1 :])
    yield f"  {row['id']} {_state(row)}"
    for item in row["doc"]["output"]:
        yield from _said([item])
        yield from (
            f"  {called({**call, 'output': answers.get(call['id'], call['output'])})}" for call in calls_in([item])
        )


def _is_of_model(item: Doc) -> bool:
    return item["type"] == "function_call" or item.get("role") == "assistant"


def _said(items: Sequence[Doc]) -> Iterator[str]:
    for item in items:
        if item["type"] == "message":
            ending = "" if item["status"] == "completed" else f" [{item['status']}]"
            yield f"{item['role']}: {short(' '.join(map(_part, item['content'])))}{ending}"


def _part(part: Doc) -> str:
    said = part.get("text") or part.get("refusal")
    file = part.get("filename") or part.get("file_id") or part.get("image_url") or part.get("file_url")
    kind = str(part["type"]).removeprefix("input_")
    return str(said) if said else f"[{kind} {file}]" if file else f"[{kind}]"


def _state(row: Row) -> str:
    """Return where a response is, and why."""
    doc, turn = row["doc"], row["play"].get("turn")
    played = f' (turn "{short(turn)}")' if turn else ""
    if row["status"] not in RESPONSE_TERMINAL:
        why = f", waits for {short(row['waits_for'])}" if row["waits_for"] else ""
    elif doc["error"]:
        why = f": {short(doc['error']['code'])}: {short(doc['error']['message'])}"
    else:
        why = f": {doc['incomplete_details']['reason']}" if doc["incomplete_details"] else ""
    return f"{row['status']}{played}{why}"
