"""Vector stores, while they were in beta and after."""

import openai
from program import STORES, VERSION, asked, client, forget_requests, takes
from telling import flow, holds, refused, same


def make_file(name, text="Low water at six."):
    return client.files.create(file=(name, text.encode()), purpose="assistants")


@flow("vector stores", needed=STORES is not None)
def stores():
    file = make_file("a.txt")
    store = STORES.create(name="Papers", metadata={"pier": "2"}, expires_after={"anchor": "last_active_at", "days": 7})
    same(
        "a store is made",
        (store.object, store.name, store.metadata, store.file_counts.total),
        ("vector_store", "Papers", {"pier": "2"}, 0),
    )
    same("it expires when nobody comes", (store.expires_after.anchor, store.expires_after.days), ("last_active_at", 7))
    same("retrieved, it is found", STORES.retrieve(store.id).id, store.id)
    same("an update changes what it names", STORES.update(store.id, name="Old papers").name, "Old papers")
    holds("it is listed", store.id in [one.id for one in STORES.list(limit=2)])
    same("a file goes in", STORES.files.create(vector_store_id=store.id, file_id=file.id).object, "vector_store.file")
    added = STORES.files.poll(file.id, vector_store_id=store.id)
    same(
        "it is taken in",
        (added.id, added.status, added.vector_store_id, added.last_error),
        (file.id, "completed", store.id, None),
    )
    same("the store counts it", STORES.retrieve(store.id).file_counts.completed, 1)
    same("its files are listed", [one.id for one in STORES.files.list(store.id)], [file.id])
    same("by status too", list(STORES.files.list(store.id, filter="failed")), [])
    holds("a file is taken out", STORES.files.delete(file.id, vector_store_id=store.id).deleted)
    same("the file itself stays", client.files.retrieve(file.id).id, file.id)
    holds("a deletion is told", STORES.delete(store.id).deleted)
    refused("what is deleted is not found", openai.NotFoundError, lambda: STORES.retrieve(store.id), status_code=404)


@flow("store helpers and batches", needed=STORES is not None)
def batches():
    store = STORES.create(name="Batches")
    one = STORES.files.create_and_poll(make_file("one.txt").id, vector_store_id=store.id)
    same("create_and_poll ends", one.status, "completed")
    two = STORES.files.upload_and_poll(vector_store_id=store.id, file=("two.txt", b"High water at noon."))
    same("upload_and_poll ends", two.status, "completed")
    files = [make_file(f"{number}.txt").id for number in range(3)]
    batch = STORES.file_batches.create_and_poll(store.id, file_ids=files)
    same("a batch ends", (batch.status, batch.file_counts.completed, batch.file_counts.total), ("completed", 3, 3))
    listed = STORES.file_batches.list_files(batch.id, vector_store_id=store.id, limit=2)
    same("its files are listed", {file.id for file in listed}, set(files))
    forget_requests()
    batch = STORES.file_batches.upload_and_poll(
        store.id, files=[(f"{letter}.txt", b"Ebb.") for letter in "xyz"], file_ids=[files[0]]
    )
    same(
        "files are uploaded side by side",
        (batch.status, batch.file_counts.completed, asked("POST", "/files")),
        ("completed", 4, 3),
    )
    same("a batch is found", STORES.file_batches.retrieve(batch.id, vector_store_id=store.id).status, "completed")
    same("the store counts them all", STORES.retrieve(store.id).file_counts.completed, 8)
    broken = STORES.files.upload_and_poll(vector_store_id=store.id, file=("picture.bin", b"\x00\x01\x02"))
    same("what cannot be read fails", broken.status, "failed")
    holds(
        "and says why",
        broken.last_error.code in ("unsupported_file", "invalid_file", "server_error"),
        broken.last_error,
    )
    if takes(STORES.files.create, "chunking_strategy"):
        chunking = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
        cut = STORES.files.create_and_poll(
            make_file("cut.txt").id, vector_store_id=store.id, chunking_strategy=chunking
        )
        same(
            "a way of cutting is kept",
            (cut.chunking_strategy.type, cut.chunking_strategy.static.max_chunk_size_tokens),
            ("static", 200),
        )


@flow("searching stores", needed=STORES is not None and VERSION >= (1, 66))
def searching():
    store = STORES.create(name="Search")
    STORES.files.upload_and_poll(
        vector_store_id=store.id, file=("ferry.txt", b"The ferry to the island leaves at seven.")
    )
    STORES.files.upload_and_poll(vector_store_id=store.id, file=("bread.txt", b"Fresh bread every morning."))
    hits = list(STORES.search(store.id, query="When does the ferry leave?"))
    same("the best comes first", hits[0].filename, "ferry.txt")
    holds("with its score and text", 0 < hits[0].score <= 1 and "seven" in hits[0].content[0].text, hits[0])
    pieces = STORES.files.content(hits[0].file_id, vector_store_id=store.id)
    holds("a file's text is shown", "island" in next(iter(pieces)).text, pieces)
    marked = STORES.files.update(
        hits[0].file_id, vector_store_id=store.id, attributes={"kind": "timetable", "year": 2026}
    )
    same("attributes are kept", marked.attributes, {"kind": "timetable", "year": 2026})
    chosen = STORES.search(store.id, query="ferry", filters={"type": "eq", "key": "kind", "value": "timetable"})
    same("and chosen by", [hit.filename for hit in chosen], ["ferry.txt"])
    if takes(STORES.create, "description"):
        same("stores may be described", STORES.create(name="D", description="for tests").description, "for tests")
    if takes(STORES.file_batches.create, "files"):
        file = make_file("entry.txt")
        batch = STORES.file_batches.create(store.id, files=[{"file_id": file.id, "attributes": {"kind": "entry"}}])
        batch = STORES.file_batches.poll(batch.id, vector_store_id=store.id)
        kept = STORES.files.retrieve(file.id, vector_store_id=store.id).attributes
        same("a batch may say it file by file", (batch.status, kept), ("completed", {"kind": "entry"}))
