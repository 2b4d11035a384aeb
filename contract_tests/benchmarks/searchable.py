"""Stores of many small files that can be searched, written straight into a database: uploading them would take longer."""

import asyncio
import contextlib
import random
from pathlib import Path

from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import File, VectorStore, VectorStoreFile
from emulator.wire.files import file
from emulator.wire.vector_stores import AddFile, CreateVectorStore, counts, store_file, vector_store

_DIGITS = str.maketrans("0123456789", "bcdfghjklm")
NOW = 1_700_000_000
_AT_ONCE = 1_000


def mark(number: int) -> str:
    """Return a word that is in the text of one file only."""
    return f"zq{number}q".translate(_DIGITS)


def fill(database: Path | None, store_id: str, many: int, *, ns: str = "default", words: int = 60) -> None:
    """Write a store of ``many`` files into a database that no server holds; it is made if it is not there."""
    connection = open_database(database)
    with contextlib.closing(connection):
        asyncio.run(write(Documents(connection, Journal()), ns, store_id, many, words=words))


async def write(documents: Documents, ns: str, store_id: str, many: int, *, words: int = 60) -> list[str]:
    """Write a store of ``many`` files that are completed, each with a text of so many words; return their ids.

    Every text has a word of its own, which its file is found by (`mark`). The files have no bytes, for those were read
    already.
    """
    store = vector_store(store_id, now=NOW, body=CreateVectorStore(name=f"{many:,} files"))
    store["file_counts"] = counts({"completed": many})
    async with documents.transaction(ns) as tx:
        tx.insert(VectorStore, store_id, id=store_id, doc=store)
    chance = random.Random(many)
    vocabulary = ["".join(chance.choices("abdegiklmnoprstu", k=chance.randint(2, 9))) for _ in range(5_000)]
    ids = [f"file-{store_id}-{number}" for number in range(many)]
    for first in range(0, many, _AT_ONCE):
        async with documents.transaction(ns) as tx:
            for number in range(first, min(first + _AT_ONCE, many)):
                text = f"{mark(number)} {' '.join(chance.choices(vocabulary, k=words))}"
                about = file(ids[number], now=NOW, filename=f"{number}.txt", purpose="assistants", size=len(text))
                tx.insert(File, ids[number], id=ids[number], purpose="assistants", blob=ids[number], doc=about)
                key = f"{store_id}/{ids[number]}"
                doc = {**store_file(store_id, AddFile(file_id=ids[number]), now=NOW), "status": "completed"}
                tx.insert(
                    VectorStoreFile,
                    key,
                    id=key,
                    store_id=store_id,
                    file_id=ids[number],
                    batch_id=None,
                    status="completed",
                    doc=doc,
                    text=text,
                )
    return ids
