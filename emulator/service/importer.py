"""Puts imported objects into a namespace, within a transaction: those that are there already are replaced.

Stand-ins take the place of none. Whatever cannot be put is skipped, with the reason; what refers to something that is
not there is put and noted.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service import files, ingestion, stand_ins
from emulator.service.exported_objects import Item
from emulator.store.blobs import Received
from emulator.store.documents import Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Message, Run, RunStep, Thread, VectorStore, VectorStoreFile
from emulator.wire.data_sources import file_of
from emulator.wire.exported import timeline
from emulator.wire.files import file
from emulator.wire.threads import thread
from emulator.wire.vector_stores import AddFile

# How far ahead new ids are kept from being those of imported objects: what this namespace would have made itself.
_AHEAD: Final = 10_000
_log: Final = logging.getLogger(__name__)
_TABLES: Final[Mapping[str, Table]] = {
    "file": File,
    "vector_store": VectorStore,
    "vector_store.file": VectorStoreFile,
    "assistant": Assistant,
    "thread": Thread,
    "thread.message": Message,
    "thread.run": Run,
    "thread.run.step": RunStep,
}


@dataclass(slots=True)
class Imported:
    """What came of an import. ids: by what was sent. skipped, notes: what and why."""

    imported: dict[str, int] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    skipped: list[Mapping[str, str]] = field(default_factory=list)
    notes: list[Mapping[str, str]] = field(default_factory=list)

    def took(self, kind: str, sent: str, id: str) -> None:  # noqa: A002
        """Note that an object is there."""
        noun = _TABLES[kind].name
        self.imported[noun] = self.imported.get(noun, 0) + 1
        self.ids[sent] = id

    def skip(self, what: str, why: str) -> None:
        """Note that an object was not taken."""
        self.skipped.append({"what": what, "why": why})

    def note(self, what: str, why: str) -> None:
        """Note what is odd about an object that was taken."""
        self.notes.append({"what": what, "why": why})


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file. digest: of SHA-256."""

    received: Received
    digest: str


async def add_changed(namespace: Namespace, tx: Transaction, items: Sequence[Item], before: Sequence[Item]) -> None:
    """Import objects within a transaction, but none that is there and is the same as before."""
    last = {item.key: item.doc for item in before}
    changed = [
        item for item in items if last.get(item.key) != item.doc or not await tx.has(_TABLES[item.kind], _row_id(item))
    ]
    await _add(namespace, tx, changed)


async def add_missing(namespace: Namespace, tx: Transaction, items: Sequence[Item]) -> None:
    """Import objects within a transaction that were never there."""
    new = [item for item in items if await tx.get(_TABLES[item.kind], _row_id(item), deleted=True) is None]
    await _add(namespace, tx, new)


async def _add(namespace: Namespace, tx: Transaction, items: Sequence[Item]) -> None:
    if not items:
        return
    result = Imported()
    await Importer(namespace, tx, result, [item.since(namespace.now()) for item in items], {}).run()
    for one in result.skipped:
        _log.warning("namespace %s: an exported object is left out: %s: %s", namespace.name, one["what"], one["why"])


def _row_id(item: Item) -> str:
    return ingestion.key(item.doc["vector_store_id"], item.id) if item.kind == "vector_store.file" else item.id


class Importer:
    """Writes what is imported, in one transaction."""

    def __init__(
        self,
        namespace: Namespace,
        tx: Transaction,
        result: Imported,
        items: Sequence[Item],
        sent: Mapping[str, Content],
    ) -> None:
        self._namespace = namespace
        self._tx = tx
        self._result = result
        self._items = items
        self._sent = dict(sent)
        self._made: set[str] = set()  # the ids of stand-ins that are needed
        self._said: set[str] = set()  # those of them that were noted

    async def run(self) -> None:
        """Write everything, what others refer to first."""
        await self._leave_out_stand_ins()
        self._namespace.ids.pass_over({item.id for item in self._items}, _AHEAD)
        await self._put_files()
        await self._put_plain("vector_store", VectorStore)
        await self._put_plain("assistant", Assistant)
        await self._put_plain("thread", Thread)
        await self._make_threads()
        await self._put_runs()
        await self._put_messages()
        await self._put_steps()
        await self._put_store_files()
        self._note_stand_ins()

    async def _leave_out_stand_ins(self) -> None:
        """Leave out what stands in for objects that are there."""
        there = {
            item.id for item in self._items if item.is_stand_in and await self._tx.has(_TABLES[item.kind], item.id)
        }
        self._items = [item for item in self._items if not (item.is_stand_in and item.id in there)]
        self._made = {item.id for item in self._items if item.is_stand_in and item.id not in self._sent}

    def _took(self, item: Item) -> None:
        if not item.is_stand_in or item.id in self._sent:
            self._result.took(item.kind, item.id, item.id)

    async def _note_missing(self, what: str, table: Table, named: str, use: str) -> None:
        """Note that an object names one that was not sent. use: what it is for it."""
        if named in self._made:
            self._said.add(named)
            self._result.note(what, f"{named}, {use}, is not there: a stand-in was made for it")
        elif not await self._tx.has(table, named):
            self._result.note(what, f"{named}, {use}, is not there")

    def _note_stand_ins(self) -> None:
        """Note the stand-ins that nothing was said of yet."""
        for item in self._items:
            if item.id in self._made - self._said and item.is_stand_in:
                self._result.note(item.id, "it is named, and was not sent: a stand-in was made for it")

    def _of(self, kind: str) -> list[Item]:
        return [item for item in self._items if item.kind == kind]

    async def _rows(self, table: Table, ids: Sequence[str]) -> dict[str, Row]:
        """Return the rows that are there, deleted or not. All are read before any is written, which is faster."""
        rows = [await self._tx.get(table, one, deleted=True) for one in ids]
        return {row["id"]: row for row in rows if row is not None}

    def _put(self, table: Table, id: str, rows: Mapping[str, Row], **columns: Any) -> None:  # noqa: A002
        """Add a row, or let the one that is there be another, in its place."""
        if id in rows:
            self._tx.update(table, id, deleted=False, **columns)
        else:
            self._tx.insert(table, id, id=id, **columns)

    # --- what stands for itself -------------------------------------------------------------------------------------

    async def _put_plain(self, kind: str, table: Table) -> None:
        items = self._of(kind)
        rows = await self._rows(table, [item.id for item in items])
        for item in items:
            await self._note_resources(item)
            doc = item.doc
            before = rows.get(item.id)
            if kind == "vector_store" and before is not None and not before["deleted"]:
                kept = ("file_counts", "usage_bytes", "status")  # its files stay
                doc = {**doc, **{name: before["doc"][name] for name in kept}}
            self._put(table, item.id, rows, doc=doc)
            self._took(item)

    async def _note_resources(self, item: Item) -> None:
        resources = item.doc.get("tool_resources", {})
        named = [(File, one) for one in resources.get("code_interpreter", {}).get("file_ids", ())]
        named += [(VectorStore, one) for one in resources.get("file_search", {}).get("vector_store_ids", ())]
        named += [(File, one) for one in item.doc.get("file_ids", ())]
        for table, one in named:
            await self._note_missing(item.id, table, one, "which it names")

    # --- files ------------------------------------------------------------------------------------------------------

    async def _put_files(self) -> None:
        items = self._of("file")
        rows = await self._rows(File, [item.id for item in items])
        for item in items:
            content = self._sent.get(item.id)
            doc = dict(item.doc)
            before = rows.get(item.id)
            blob = before["blob"] if before is not None and not before["deleted"] else None
            if content is not None:
                blob = self._keep(item.id, content, blob)
                doc["bytes"] = content.received.size
            elif item.is_stand_in:
                text = stand_ins.content_of(doc)
                blob, doc["bytes"] = await self._keep_text(item.id, text), len(text)
            elif blob is None:
                blob = self._namespace.blobs.name(self._namespace.generation, item.id)
                self._result.note(item.id, "its bytes were not sent, so it cannot be read")
            self._put(File, item.id, rows, purpose=doc["purpose"], blob=blob, doc=doc)
            if content is not None and before is not None:
                await ingestion.read_again(self._namespace, self._tx, item.id)
            self._took(item)
        for name, content in self._sent.items():
            if name.startswith("new/"):
                self._add_file(name.removeprefix("new/"), content)

    def _add_file(self, filename: str, content: Content) -> None:
        """Add a file of which only the bytes were sent."""
        namespace = self._namespace
        file_id = namespace.ids.make(namespace.behaviors.ids_of_files("assistants", azure=False))
        doc = file(file_id, now=namespace.now(), filename=filename, purpose="assistants", size=content.received.size)
        blob = self._keep(file_id, content, None)
        self._tx.insert(File, file_id, id=file_id, purpose=doc["purpose"], blob=blob, doc=doc)
        self._result.took("file", filename, file_id)

    async def _keep_text(self, file_id: str, text: bytes) -> str:
        """Keep the bytes of a stand-in."""
        blobs = self._namespace.blobs
        blob = blobs.name(self._namespace.generation, f"{file_id}/{hashlib.sha256(text).hexdigest()}")
        self._tx.after_rollback(partial(blobs.drop, blob))
        return await blobs.beside(partial(blobs.write, blob, text))

    def _keep(self, file_id: str, content: Content, before: str | None) -> str:
        """Keep bytes, under a name that depends on them: the old ones stay until the new ones are stored."""
        blobs = self._namespace.blobs
        name = blobs.name(self._namespace.generation, f"{file_id}/{content.digest}")
        blob = blobs.keep(content.received, name, self._tx.after_rollback)
        if before not in {None, blob}:
            self._tx.after_commit(partial(blobs.drop, str(before)))
        return blob

    async def _put_store_files(self) -> None:
        namespace, tx = self._namespace, self._tx
        by_store: dict[str, list[Item]] = {}
        for item in self._of("vector_store.file"):
            store_id = item.doc["vector_store_id"]
            file_row = await files.find_live(namespace, tx, item.id)
            if not await tx.has(VectorStore, store_id):
                self._result.skip(item.id, f"the vector store {store_id} is not there")
            elif file_row is None or not await self._has_bytes(file_row):
                self._result.skip(item.id, f"the file {item.id} of {store_id} is not there, or not its bytes")
            else:
                by_store.setdefault(store_id, []).append(item)
        for store_id, items in by_store.items():
            fields = ("attributes", "chunking_strategy")
            added = [AddFile.read({"file_id": item.id, **{name: item.doc[name] for name in fields}}) for item in items]
            await ingestion.add(namespace, tx, store_id, added)
            for item in items:
                row_id = ingestion.key(store_id, item.id)
                row = await tx.get(VectorStoreFile, row_id)
                if row is not None:
                    tx.update(VectorStoreFile, row_id, doc={**row["doc"], "created_at": item.doc["created_at"]})
                    namespace.indexes.touch(tx, row)
                self._result.took("vector_store.file", item.id, item.id)
            await ingestion.recount(namespace, tx, store_id)

    async def _has_bytes(self, file: Row) -> bool:
        blobs = self._namespace.blobs
        return await blobs.beside(partial(blobs.has, file["blob"]))

    # --- threads ----------------------------------------------------------------------------------------------------

    async def _make_threads(self) -> None:
        """Make the threads that are only named by what is on them."""
        named: dict[str, int] = {}
        for item in (*self._of("thread.message"), *self._of("thread.run")):
            thread_id = item.doc["thread_id"]
            named[thread_id] = min(item.doc["created_at"], named.get(thread_id, item.doc["created_at"]))
        rows = await self._rows(Thread, list(named))
        for thread_id, since in named.items():
            if thread_id not in rows or rows[thread_id]["deleted"]:
                doc = thread(thread_id, now=since, metadata=None, resources={})
                self._put(Thread, thread_id, rows, doc=doc)
                self._result.note(thread_id, "it was not sent, so it was made for what is on it")
                self._namespace.ids.pass_over({thread_id}, _AHEAD)

    async def _put_messages(self) -> None:
        by_thread: dict[str, list[Item]] = {}
        for item in self._of("thread.message"):
            by_thread.setdefault(item.doc["thread_id"], []).append(item)
        for thread_id, items in by_thread.items():
            if (active := await self._namespace.runs.active(self._tx, thread_id)) is not None:
                for item in items:
                    self._result.skip(item.id, f"the run {active['id']} is under way on its thread")
            else:
                await self._put_on_thread(thread_id, items)

    async def _put_on_thread(self, thread_id: str, items: Sequence[Item]) -> None:
        """Put messages on a thread by their age; those that are there already and are newer follow them."""
        tx = self._tx
        rows = await tx.all(Message, thread_id=thread_id)
        places = {row["id"]: (0, place, 0) for place, row in enumerate(rows)}
        new = {item.id for item in items}
        oldest = min(item.doc["created_at"] for item in items)
        first = min((places[one] for one in new if one in places), default=(1, 0, 0))
        later = [
            row
            for row in rows
            if row["id"] not in new and (places[row["id"]] > first or row["doc"]["created_at"] > oldest)
        ]
        for message_id in (*await self._rows(Message, sorted(new)), *(row["id"] for row in later)):
            tx.delete(Message, id=message_id)
        docs = [(row["doc"]["created_at"], places[row["id"]], row["doc"]) for row in later]
        # One that was there has its place among those of its time.
        docs += [(item.doc["created_at"], places.get(item.id, (1, *item.place)), item.doc) for item in items]
        for _, _, doc in sorted(docs, key=lambda one: one[:2]):
            tx.insert(Message, doc["id"], id=doc["id"], thread_id=thread_id, run_id=doc["run_id"], doc=doc)
        for item in items:
            await self._note_files(item)
            self._result.took("thread.message", item.id, item.id)

    async def _note_files(self, item: Item) -> None:
        named = [file_of(one) for one in item.doc["attachments"]]
        named += [part["image_file"]["file_id"] for part in item.doc["content"] if part["type"] == "image_file"]
        for file_id in dict.fromkeys(filter(None, named)):
            await self._note_missing(item.id, File, file_id, "which it names")
        if (run_id := item.doc["run_id"]) is not None:
            await self._note_missing(item.id, Run, run_id, "which wrote it")

    # --- runs -------------------------------------------------------------------------------------------------------

    async def _put_runs(self) -> None:
        items = self._of("thread.run")
        rows = await self._rows(Run, [item.id for item in items])
        for item in items:
            before = rows.get(item.id)
            if before is not None and not before["deleted"] and before["status"] not in RUN_TERMINAL:
                self._result.skip(item.id, "it is under way here")
                continue
            about = {"status": item.doc["status"], "waits_for": None, "timeline": timeline(item.doc)}
            play = {"script_version": 0, "turn": None, "key": None, "usage": None, "mount": "openai"}
            about |= {"thread_id": item.doc["thread_id"], "view": None, "play": play, "doc": item.doc}
            self._put(Run, item.id, rows, **about)
            self._took(item)
            if item.doc["assistant_id"] and not item.is_stand_in:
                await self._note_missing(item.id, Assistant, item.doc["assistant_id"], "whose run it is")

    async def _put_steps(self) -> None:
        items = self._of("thread.run.step")
        runs = await self._rows(Run, list(dict.fromkeys(item.doc["run_id"] for item in items)))
        rows = await self._rows(RunStep, [item.id for item in items])
        for item in items:
            run = runs.get(item.doc["run_id"])
            if run is None or run["deleted"]:
                self._result.skip(item.id, f"its run {item.doc['run_id']} is not there")
            elif run["status"] not in RUN_TERMINAL:
                self._result.skip(item.id, f"its run {run['id']} is under way here")
            else:
                about = {"thread_id": run["thread_id"], "run_id": run["id"], "doc": item.doc}
                self._put(RunStep, item.id, rows, **about)
                self._result.took("thread.run.step", item.id, item.id)
