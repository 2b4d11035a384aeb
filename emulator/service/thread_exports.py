"""A thread as a file: all that is known of it, in the form in which it is imported again."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.timelines import Timeline
from emulator.engine.namespace import Namespace
from emulator.service.conversations import begun_behind
from emulator.service.stand_ins import is_stand_in, named_files, stand_ins
from emulator.service.steps import as_of_now
from emulator.service.thread_records import find
from emulator.service.timelines import timelines_on
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Message, Run, RunStep, VectorStore, VectorStoreFile
from emulator.wire.exported import document
from emulator.wire.files import files_of

Doc = dict[str, Any]
_PAGE: Final = 500
# What a stand-in may have otherwise than one that is made anew: others may have said more, or less, of it.
_OWN: Final = frozenset({"steps", "bytes", "created_at", "model", "instructions", "tools"})


@dataclass(frozen=True, slots=True)
class ThreadExport:
    """A thread with its messages, oldest first, its runs with their steps, and what these name.

    blobs: the names of the bytes of files, by the ids of these. begun_behind: how many messages there were when a run
    began, by its id. timelines: of the runs, by their ids, where pictures of them are wanted.
    """

    thread: Doc
    messages: Sequence[Doc]
    runs: Sequence[Doc]
    assistants: Sequence[Doc]
    files: Sequence[Doc]
    vector_stores: Sequence[Doc]
    vector_store_files: Sequence[Doc]
    blobs: Mapping[str, str]
    begun_behind: Mapping[str, int]
    timelines: Mapping[str, Timeline] = field(default_factory=dict)

    def to_json(self) -> Doc:
        """Return it in the form in which it is imported."""
        return {
            "thread": self.thread,
            "messages": list(self.messages),
            "runs": list(self.runs),
            "assistants": list(self.assistants),
            "files": list(self.files),
            "vector_stores": list(self.vector_stores),
            "vector_store_files": list(self.vector_store_files),
        }


async def export(namespace: Namespace, thread_id: str, *, timelines: bool = False) -> ThreadExport:
    """Return a thread with all that belongs to it; raise the 404 of one that is not there.

    Objects that an import would make again, because they stand in for what was never there, are left out. timelines:
    with those of its newest runs.
    """
    await namespace.ingestions.settle_all()  # files on their way into stores
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        found = await gather(tx, thread_id)
        return replace(found, timelines=await timelines_on(namespace, tx, thread_id)) if timelines else found


async def gather(tx: Transaction, thread_id: str) -> ThreadExport:
    """Return a thread with all that belongs to it, within a transaction; raise the 404 of one that is not there."""
    thread = await find(tx, thread_id)
    on_thread = await tx.all(Message, thread_id=thread_id)
    messages = [row["doc"] for row in on_thread]
    rows = await _runs(tx, thread_id)
    runs = [_run(row, await tx.all(RunStep, run_id=row["id"])) for row in rows]
    begun = await _begun(tx, rows, on_thread)
    steps = [step for run in runs for step in run["steps"]]
    assistants = await _found(tx, Assistant, [one["assistant_id"] for one in (*runs, *messages)])
    naming = [thread, *(row["doc"] for row in assistants)]
    stores = await _found(tx, VectorStore, [id_ for one in naming for id_ in _stores_of(one)])
    in_stores = [row for store in stores for row in await tx.all(VectorStoreFile, store_id=store["id"])]
    named = [*(id_ for one in naming for id_ in files_of(one)), *named_files([*messages, *steps])]
    files = await _found(tx, File, [*named, *(row["file_id"] for row in in_stores)])
    docs = [row["doc"] for row in (*files, *assistants)]
    kept = _without_stand_ins([*docs, thread, *messages, *runs, *steps])
    return ThreadExport(
        thread,
        messages,
        [run for run in runs if run["id"] in kept],
        [row["doc"] for row in assistants if row["id"] in kept],
        [row["doc"] for row in files if row["id"] in kept],
        [row["doc"] for row in stores],
        [row["doc"] for row in in_stores],
        {row["id"]: row["blob"] for row in files if row["id"] in kept},
        begun,
    )


async def _runs(tx: Transaction, thread_id: str) -> list[Row]:
    """Return the runs of a thread with what they are played with."""
    found: list[Row] = []
    after: int | None = None
    while True:
        page = await tx.page(Run, Cursor(_PAGE, "asc", after=after), also=("play",), thread_id=thread_id)
        found += page.rows
        if not page.has_more:
            return found
        after = found[-1]["seq"]


async def _begun(tx: Transaction, runs: Sequence[Row], messages: Sequence[Row]) -> dict[str, int]:
    """Return how many messages there were when each run began."""
    by_id = {message["id"]: message for message in messages}
    places = [message["seq"] for message in messages]
    return {run["id"]: bisect_right(places, await begun_behind(tx, run, by_id)) for run in runs}


def _run(row: Row, steps: Sequence[Row]) -> Doc:
    is_over = row["status"] in RUN_TERMINAL
    return {**row["doc"], "steps": [as_of_now(step["doc"], run_is_over=is_over) for step in steps]}


async def _found(tx: Transaction, table: Table, ids: Sequence[str | None]) -> list[Row]:
    """Return the rows of those objects that are there, each once, in the order in which they are named."""
    rows = [await tx.get(table, one) for one in dict.fromkeys(ids) if one]
    return [row for row in rows if row is not None]


def _stores_of(doc: Mapping[str, Any]) -> Iterator[str]:
    yield from doc.get("tool_resources", {}).get("file_search", {}).get("vector_store_ids", ())


def _without_stand_ins(docs: Sequence[Doc]) -> set[str]:
    """Return the ids of objects, but of no stand-in that would be made anew as it is."""
    held = [one for one in docs if not is_stand_in(one)]
    made = {one["id"]: document(one["object"], one, 0) for one in stand_ins(held, {})}
    return {one["id"] for one in docs if not (is_stand_in(one) and _as_made(one) == _as_made(made.get(one["id"], {})))}


def _as_made(doc: Mapping[str, Any]) -> Doc:
    return {name: value for name, value in doc.items() if name not in _OWN}
