"""The record of a namespace: what its dialogues were, computed from the store and the request log when it is asked for.

Whoever asks moves nothing, as with the records of runs. It is read piece by piece, each in a transaction of its own, so
that requests of others come in between.
"""

from collections.abc import Collection, Sequence
from typing import Final

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
from emulator.store.documents import Cursor, Row
from emulator.store.tables import Run, Thread

_EACH: Final = 100  # rows of runs that are read at a time


async def record(namespace: Namespace) -> Record:
    """Return what is known of the dialogues of a namespace."""
    await settle(namespace, None)
    requests = await namespace.requests.read()
    log, dropped, wire = tuple(requests), requests.dropped, namespace.config.wire
    names = FileNames()
    threads, of_responses = await _ids(namespace)
    found: list[PlayedDialogue] = []
    others = 0
    for thread_id in threads:
        dialogue, more = await _of_thread(namespace, thread_id, names)
        others += more
        found += [] if dialogue is None else [dialogue]
    found += await _of_responses(namespace, of_responses, unread(log), names)
    async with namespace.transaction() as tx:  # the last, for what was deleted meanwhile
        deleted, notes = await kept.dialogues(tx)
    if others:
        notes.append(f"Runs that were not played on their threads, but imported or copied, are no turns: {others}.")
    whole = threads_asked_once(in_order([*deleted, *found]), lost_threads(log))
    asked = with_requests(whole, log, dropped)
    return Record(namespace.name, wire, tuple(asked.dialogues), tuple(asked.refused), (*notes, *asked.notes))


async def _ids(namespace: Namespace) -> tuple[Sequence[str], Sequence[str]]:
    """Return the threads on which there are runs, and the responses, those too that cannot be read any more."""
    threads: dict[str, None] = {}
    of_responses = []
    after = None
    while True:
        async with namespace.transaction() as tx:
            page = await tx.page(Run, Cursor(_EACH, "asc", after=after), deleted=True)
        for row in page.rows:
            if is_response(row):
                of_responses.append(row["id"])
            else:
                threads[row["thread_id"]] = None
        if not page.has_more:
            return list(threads), of_responses
        after = page.rows[-1]["seq"]
        await namespace.clock.yield_to_loop()


async def _of_thread(namespace: Namespace, thread_id: str, names: FileNames) -> tuple[PlayedDialogue | None, int]:
    """Return the dialogue that a thread is, and how many of its runs are no turns."""
    await namespace.clock.yield_to_loop()
    rows: list[Row] = []
    after = None
    async with namespace.transaction() as tx:
        if not await tx.has(Thread, thread_id):
            return None, 0
        while True:
            page = await tx.page(Run, Cursor(_EACH, "asc", after=after), also=kept.READ, thread_id=thread_id)
            rows += page.rows
            if not page.has_more:
                break
            after = page.rows[-1]["seq"]
        dialogue = await runs.dialogue_of(tx, thread_id, rows, names)
    return dialogue, len(rows) - (0 if dialogue is None else len(dialogue.turns))


async def _of_responses(
    namespace: Namespace, ids: Sequence[str], lost: Collection[str], names: FileNames
) -> list[PlayedDialogue]:
    """Return the dialogues of some responses. lost: those whose answers were not read."""
    rows: list[Row] = []
    for first in range(0, len(ids), _EACH):
        await namespace.clock.yield_to_loop()
        async with namespace.transaction() as tx:
            some = [await tx.get(Run, id_, deleted=True, also=kept.READ) for id_ in ids[first : first + _EACH]]
            read = [row for row in some if row is not None]
            await names.look_up(tx, (ModelView.from_json(row["view"]) for row in read))
        rows += read
    return responses.dialogues_of(attempts(rows, lost), names)
