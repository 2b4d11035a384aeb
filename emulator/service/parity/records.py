"""The record of a namespace: what its dialogues were, computed from the store and the request log when it is asked for.

Whoever asks moves nothing, as with the records of runs.
"""

from collections.abc import Sequence

from emulator.domain.parity.records import Dialogue, Record
from emulator.engine.namespace import Namespace
from emulator.service.parity import responses, runs
from emulator.service.parity.file_names import FileNames
from emulator.service.parity.played import Began, PlayedDialogue, in_order
from emulator.service.responses.records import is_response
from emulator.service.run_records import settle
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import Message, Run

_EACH = 200  # rows of runs that are read at a time
_READ = ("view", "play", "timeline")


async def record(namespace: Namespace) -> Record:
    """Return what is known of the dialogues of a namespace."""
    await settle(namespace, None)
    async with namespace.transaction() as tx:
        rows = await _rows(tx)
        names = FileNames()
        await names.read(tx, (view for row in rows if (view := runs.view_of(row)) is not None))
        found = [
            *await _of_threads(tx, [row for row in rows if not is_response(row)], names),
            *_of_responses([row for row in rows if is_response(row)], names),
        ]
    dialogues = [
        Dialogue(one.id, one.api, tuple(turn.turn for turn in one.turns), one.is_deleted) for one in in_order(found)
    ]
    return Record(namespace.name, namespace.config.wire, tuple(dialogues))


async def _rows(tx: Transaction) -> list[Row]:
    """Return all runs and responses, the oldest first, those that cannot be read any more among them."""
    rows: list[Row] = []
    after = None
    while True:
        page = await tx.page(Run, Cursor(_EACH, "asc", after=after), also=_READ, deleted=True)
        rows += page.rows
        if not page.has_more:
            return [row for row in rows if row["doc"] is not None]
        after = page.rows[-1]["seq"]


async def _of_threads(tx: Transaction, rows: Sequence[Row], names: FileNames) -> list[PlayedDialogue]:
    threads: dict[str, list[Row]] = {}
    for row in rows:
        threads.setdefault(row["thread_id"], []).append(row)
    return [
        one for thread_id, of_it in threads.items() if (one := await thread(tx, thread_id, of_it, names)) is not None
    ]


async def thread(tx: Transaction, thread_id: str, rows: Sequence[Row], names: FileNames) -> PlayedDialogue | None:
    """Return the dialogue that a thread is; None where no run was played on it. rows: of its runs."""
    messages = {row["id"]: row for row in await tx.all(Message, thread_id=thread_id)}
    played = [(row, await runs.turn_of(tx, row, messages, names)) for row in rows]
    turns = [(row, turn) for row, turn in played if turn is not None]
    if not turns:
        return None
    return PlayedDialogue(thread_id, "assistants", _began(turns[0][0]), [turn for _, turn in turns])


def _of_responses(rows: Sequence[Row], names: FileNames) -> list[PlayedDialogue]:
    turns: dict[str, list[Row]] = {}
    for row in rows:
        turns.setdefault(row["play"]["began"], []).append(row)
    dialogues: dict[str, list[list[Row]]] = {}
    for of_turn in turns.values():
        dialogues.setdefault(of_turn[0]["play"]["dialogue"], []).append(of_turn)
    return [
        PlayedDialogue(id_, "responses", _began(of_it[0][0]), [responses.turn_of(one, names) for one in of_it])
        for id_, of_it in dialogues.items()
    ]


def _began(row: Row) -> Began:
    timeline = row["timeline"]
    return Began(float(timeline[0]["at"] if timeline else row["doc"]["created_at"]), row["seq"])
