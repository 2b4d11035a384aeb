"""Databases filled straight through the store: a server makes one conversation, and the rest are copies of it."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from contract_tests.benchmarks import material
from contract_tests.benchmarks.servers import Server, emulator
from emulator.store.documents import Cursor, Documents
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.journal import Journal
from emulator.store.sqlite.opening import open_database
from emulator.store.table import Table
from emulator.store.tables import File, Message, NamespaceRecord, Run, RunStep, Thread, VectorStore, VectorStoreFile

_AT_ONCE = 1_000


def begin(file: Path, script: Path) -> None:
    """Let a server hold the conversation that is copied, in its default namespace."""
    with emulator(db=file, script=script) as server, material.client(server) as http:
        converse(server, http)


def converse(server: Server, http: Any) -> str:
    """Hold a conversation; return its thread's path."""
    assistant = http.post("/v1/assistants", json=material.ASSISTANT).json()
    messages = [{"role": "user", "content": material.QUESTION}]
    path = f"/v1/threads/{http.post('/v1/threads', json={'messages': messages}).json()['id']}"
    run = http.post(f"{path}/runs", json={"assistant_id": assistant["id"]}).json()["id"]
    if http.get(f"{path}/runs/{run}").json()["status"] != "completed":
        raise RuntimeError("the conversation that is to be copied went wrong")
    return path


@contextlib.asynccontextmanager
async def _opened(file: Path) -> AsyncIterator[Documents]:
    documents = Documents(open_database(file), Journal())
    try:
        yield documents
    finally:
        documents.database.close()


# --- conversations ---------------------------------------------------------------------------------------------------


def add_conversations(file: Path, times: int) -> None:
    """Copy the conversation, with ids of their own."""
    asyncio.run(_add_conversations(file, times))


async def _add_conversations(file: Path, times: int) -> None:
    async with _opened(file) as documents:
        texts, ids = await _conversation(documents)
        for first in range(0, times, _AT_ONCE):
            async with documents.transaction("default") as tx:
                for number in range(first, min(first + _AT_ONCE, times)):
                    for table, text in texts:
                        tx.insert(table, object(), **_renamed(text, ids, number))


def add_namespaces(file: Path, times: int) -> list[str]:
    """Copy the namespace with its conversation; return the names of the new ones."""
    names = [f"small-{number}" for number in range(times)]
    asyncio.run(_add_namespaces(file, names))
    return names


async def _add_namespaces(file: Path, names: Sequence[str]) -> None:
    async with _opened(file) as documents:
        texts, _ = await _conversation(documents)
        async with documents.transaction("default") as tx:
            record = await tx.find(NamespaceRecord)
        for name in names:
            async with documents.transaction(name) as tx:
                tx.insert(NamespaceRecord, name, **{**(record or {}), **dict.fromkeys(_PLACES & {*record}, name)})
                for table, text in texts:
                    tx.insert(table, object(), **{**json.loads(text), "ns": name})


_PLACES = {"ns", "generation"}


async def _conversation(documents: Documents) -> tuple[list[tuple[Table, str]], list[str]]:
    """Return the rows of the conversation as texts, and its ids; it is the first of the namespace."""
    first = Cursor(limit=1, order="asc")
    async with documents.transaction("default") as tx:
        (thread,) = (await tx.page(Thread, first)).rows
        of = {"thread_id": thread["id"]}
        messages = (await tx.page(Message, Cursor(limit=2, order="asc"), **of)).rows
        (run,) = await tx.all(Run, heavy=True, **of)
        steps = await tx.all(RunStep, run_id=run["id"])
    tables = {Thread: [thread], Message: messages, Run: [run], RunStep: steps}
    rows = [(table, row) for table, found in tables.items() for row in found]
    return [(table, json.dumps({**row, "seq": None})) for table, row in rows], [row["id"] for _, row in rows]


def _renamed(text: str, ids: Sequence[str], number: int | str) -> dict[str, Any]:
    """Return a row with other ids, in its columns and in its document; they are as scattered as those of a server."""
    for id_ in ids:
        kind = re.match("[a-z]+[_-]", id_)
        new = hashlib.blake2b(f"{id_}/{number}".encode(), digest_size=12).hexdigest()
        text = text.replace(id_, f"{kind.group() if kind else ''}{new}")
    row: dict[str, Any] = json.loads(text)
    return row


# --- messages --------------------------------------------------------------------------------------------------------


def add_messages(file: Path, times: int) -> str:
    """Copy a message of the conversation, into its thread; return that thread's path."""
    return asyncio.run(_add_messages(file, times))


async def _add_messages(file: Path, times: int) -> str:
    async with _opened(file) as documents:
        texts, _ = await _conversation(documents)
        text = next(text for table, text in texts if table is Message)
        row = json.loads(text)
        for first in range(0, times, _AT_ONCE):
            async with documents.transaction("default") as tx:
                for number in range(first, min(first + _AT_ONCE, times)):
                    tx.insert(Message, object(), **_renamed(text, [row["id"]], f"message {number}"))
    return f"/v1/threads/{row['thread_id']}"


# --- files -----------------------------------------------------------------------------------------------------------


def add_files(file: Path, store_id: str, texts: Sequence[str]) -> None:
    """Copy the one file of a vector store, which a server has read; each copy says something else."""
    asyncio.run(_add_files(file, store_id, texts))


async def _add_files(file: Path, store_id: str, texts: Sequence[str]) -> None:
    blobs = FolderBlobs(file.with_name(f"{file.name}.files"))
    async with _opened(file) as documents:
        async with documents.transaction("default") as tx:
            (in_store,) = await tx.all(VectorStoreFile, store_id=store_id)
            one = await tx.get(File, in_store["file_id"])
            store = await tx.get(VectorStore, store_id)
        if one is None or store is None:
            raise LookupError(f"{store_id} is not there")
        templates = [
            (table, json.dumps({**row, "seq": None})) for table, row in ((File, one), (VectorStoreFile, in_store))
        ]
        for first in range(0, len(texts), _AT_ONCE):
            async with documents.transaction("default") as tx:
                for number, text in enumerate(texts[first : first + _AT_ONCE], first):
                    blob = blobs.name("default", f"copy-{number}")
                    blobs.write(blob, text.encode())
                    for table, template in templates:
                        row = _renamed(template, [in_store["file_id"]], number)
                        tx.insert(table, object(), **{**row, **({"blob": blob} if table is File else {"text": text})})
        counts = dict.fromkeys(("completed", "total"), len(texts) + 1)
        async with documents.transaction("default") as tx:
            doc = {**store["doc"], "file_counts": {**store["doc"]["file_counts"], **counts}}
            tx.update(VectorStore, store_id, doc=doc)
