"""The record of a namespace: what its dialogues were, computed from the store and the request log when it is asked for.

Whoever asks moves nothing, as with the records of runs.
"""

from collections.abc import Iterator, Sequence

from emulator.domain.parity.records import Record
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.service.parity import kept, responses, runs
from emulator.service.parity.file_names import FileNames
from emulator.service.parity.played import PlayedDialogue, in_order
from emulator.service.parity.requests import lost_threads, unread, with_requests
from emulator.service.parity.retries import attempts, threads_asked_once
from emulator.service.responses.records import is_response
from emulator.service.run_records import settle
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import Run

_EACH = 200  # rows of runs that are read at a time


async def record(namespace: Namespace) -> Record:
    """Return what is known of the dialogues of a namespace."""
    await settle(namespace, None)
    log, dropped, wire = tuple(namespace.requests), namespace.requests.dropped, namespace.config.wire
    async with namespace.transaction() as tx:
        rows = await _rows(tx)
        of_responses = [row for row in rows if is_response(row)]
        names = FileNames()
        await names.look_up(tx, (ModelView.from_json(row["view"]) for row in of_responses))
        kept_dialogues, notes = await kept.dialogues(tx)
        found = [
            *kept_dialogues,
            *await _of_threads(tx, [row for row in rows if not is_response(row)], names),
            *responses.dialogues_of(attempts(of_responses, unread(log)), names),
        ]
    asked = with_requests(threads_asked_once(in_order(found), lost_threads(log)), log, dropped)
    return Record(
        namespace.name, wire, tuple(asked.dialogues), tuple(asked.refused), (*notes, *_notes(rows), *asked.notes)
    )


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    """Yield what is to be said of runs that are no turns."""
    others = sum(runs.view_of(row) is None for row in rows if not is_response(row))
    if others:
        yield f"{others} runs were not played on their threads, but imported or copied, and are no turns here."


async def _rows(tx: Transaction) -> list[Row]:
    """Return all runs and responses, the oldest first, those that cannot be read any more among them."""
    rows: list[Row] = []
    after = None
    while True:
        page = await tx.page(Run, Cursor(_EACH, "asc", after=after), also=kept.READ, deleted=True)
        rows += page.rows
        if not page.has_more:
            return [row for row in rows if row["doc"] is not None]
        after = page.rows[-1]["seq"]


async def _of_threads(tx: Transaction, rows: Sequence[Row], names: FileNames) -> list[PlayedDialogue]:
    threads: dict[str, list[Row]] = {}
    for row in rows:
        threads.setdefault(row["thread_id"], []).append(row)
    found = [await runs.dialogue_of(tx, thread_id, of_it, names) for thread_id, of_it in threads.items()]
    return [dialogue for dialogue in found if dialogue is not None]
