"""A thread as a short text that people read: who said what, what was called, and how each run ended."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.first_words import first_words
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.printable import printable
from emulator.engine.namespace import Namespace
from emulator.service.conversations import begun_behind
from emulator.service.run_records import SUMMARIZED, calls_of
from emulator.service.thread_records import find
from emulator.store.documents import Cursor, Row
from emulator.store.tables import Message, Run, RunStep

Doc = Mapping[str, Any]
_LONGEST: Final = 300  # characters of one text
_MOST_CALLS: Final = 20  # of one run


async def text(namespace: Namespace, thread_id: str, most: int) -> str:
    """Return the newest messages of a thread as a text, with its runs between them. most: of messages, and of runs."""
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        await find(tx, thread_id)
        older = max(0, await tx.count(Message, thread_id=thread_id) - most)
        messages = await tx.newest(Message, most, thread_id=thread_id)
        page = await tx.page(Run, Cursor(most), also=SUMMARIZED, thread_id=thread_id)
        by_id = {message["id"]: message for message in messages}
        runs = [_Run(row, await begun_behind(tx, row, by_id)) for row in page.rows[::-1]]
        first, writers = messages[0]["seq"] if messages else 0, {message["run_id"] for message in messages}
        runs = [run for run in runs if not older or run.place >= first or run.row["id"] in writers]
        for run in runs:
            run.steps = [step["doc"] for step in await tx.all(RunStep, run_id=run.row["id"])]
    lines = [f"thread {thread_id}"]
    if older:
        lines.append(f"… {older} older message{'s'[: older != 1]}")
    return "\n".join([*lines, *_conversation(messages, runs)]) + "\n"


@dataclass(slots=True)
class _Run:
    """place: that of the message behind which it began."""

    row: Row
    place: int
    steps: Sequence[Doc] = field(default_factory=list)


def _conversation(messages: Sequence[Row], runs: Sequence[_Run]) -> Iterator[str]:
    left = {message["id"]: message["doc"] for message in messages}
    runs_left = deque(runs)
    for message in messages:
        while runs_left and runs_left[0].place < message["seq"]:
            yield from _of_run(runs_left.popleft(), left)
        if left.pop(message["id"], None) is not None:
            yield _said(message["doc"])
    for run in runs_left:
        yield from _of_run(run, left)


def _of_run(run: _Run, left: dict[str, Doc]) -> Iterator[str]:
    """Yield the lines of a run, its messages among its calls. left: messages that were not shown yet."""
    yield f"  {run.row['id']} {_state(run.row)}"
    shown = 0
    for step in run.steps:
        for call in calls_of([step]):
            shown += 1
            if shown <= _MOST_CALLS:
                yield f"  {called(call)}"
        message = left.pop(step["step_details"].get("message_creation", {}).get("message_id"), None)
        if message is not None:
            yield _said(message)
    if shown > _MOST_CALLS:
        yield f"  … {shown - _MOST_CALLS} more calls"


def _state(row: Row) -> str:
    """Return where a run is, and why."""
    doc = row["doc"]
    turn = (row["play"] or {}).get("turn")
    played = f' (turn "{short(turn)}")' if turn else ""
    if row["status"] not in RUN_TERMINAL:
        why = f", waits for {short(row['waits_for'])}" if row["waits_for"] else ""
    elif doc["last_error"]:
        why = f": {short(doc['last_error']['code'])}: {short(doc['last_error']['message'])}"
    else:
        why = f": {doc['incomplete_details']['reason']}" if doc["incomplete_details"] else ""
    return f"{row['status']}{played}{why}"


def called(call: Doc) -> str:
    """Return a call with its output, on one line."""
    output = "(no output)" if call["output"] is None else short(call["output"])
    return f"{short(call['name'])}({short(call['arguments'] or '')}) -> {output}"


def _said(message: Doc) -> str:
    files = [f"[file {one}]" for one in _files(message)]
    ending = "" if message["status"] == "completed" else f" [{message['status']}]"
    return f"{message['role']}: {short(' '.join([*map(_part, message['content']), *files]))}{ending}"


def _files(message: Doc) -> list[str]:
    return [str(attachment["file_id"]) for attachment in message["attachments"] if attachment.get("file_id")]


def _part(part: Doc) -> str:
    match part["type"]:
        case "text":
            return str(part["text"]["value"])
        case "image_file":
            return f"[image {part['image_file']['file_id']}]"
        case "image_url":
            return f"[image {part['image_url']['url']}]"
        case _:
            return str(part.get("refusal", f"[{part['type']}]"))


def short(value: str) -> str:
    """Return a text on one line, of a long one its beginning."""
    words, more = first_words(value, _LONGEST)
    return printable(words) + more
