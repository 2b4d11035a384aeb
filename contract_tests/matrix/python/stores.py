"""Vector stores, in beta and after."""

import openai
from checks import check, check_equal, check_refused, flow
from program import STORES, VERSION, clear_requests, client, count_requests, takes


def make_file(name, text="Low water at six."):
    return client.files.create(file=(name, text.encode()), purpose="assistants")


@flow("vector stores", needed=STORES is not None)
def stores():
    file = make_file("a.txt")
    store = STORES.create(name="Papers", metadata={"pier": "2"}, expires_after={"anchor": "last_active_at", "days": 7})
    check_equal(
        "a store is created",
        (store.object, store.name, store.metadata, store.file_counts.total),
        ("vector_store", "Papers", {"pier": "2"}, 0),
    )
    check_equal("it has an expiry", (store.expires_after.anchor, store.expires_after.days), ("last_active_at", 7))
    check_equal("retrieved, it is found", STORES.retrieve(store.id).id, store.id)
    check_equal("an update changes the given fields", STORES.update(store.id, name="Old papers").name, "Old papers")
    check("it is listed", store.id in [one.id for one in STORES.list(limit=2)])
    check_equal(
        "a file is added", STORES.files.create(vector_store_id=store.id, file_id=file.id).object, "vector_store.file"
    )
    added = STORES.files.poll(file.id, vector_store_id=store.id)
    check_equal(
        "it is processed",
        (added.id, added.status, added.vector_store_id, added.last_error),
        (file.id, "completed", store.id, None),
    )
    check_equal("the store counts it", STORES.retrieve(store.id).file_counts.completed, 1)
    check_equal("its files are listed", [one.id for one in STORES.files.list(store.id)], [file.id])
    check_equal("by status too", list(STORES.files.list(store.id, filter="failed")), [])
    check("a file is removed", STORES.files.delete(file.id, vector_store_id=store.id).deleted)
    check_equal("the file itself still exists", client.files.retrieve(file.id).id, file.id)
    check("the deletion is confirmed", STORES.delete(store.id).deleted)
    check_refused(
        "a deleted object is not found", openai.NotFoundError, lambda: STORES.retrieve(store.id), status_code=404
    )


@flow("store helpers and batches", needed=STORES is not None)
def batches():
    store = STORES.create(name="Batches")
    one = STORES.files.create_and_poll(make_file("one.txt").id, vector_store_id=store.id)
    check_equal("create_and_poll returns", one.status, "completed")
    two = STORES.files.upload_and_poll(vector_store_id=store.id, file=("two.txt", b"High water at noon."))
    check_equal("upload_and_poll returns", two.status, "completed")
    files = [make_file(f"{number}.txt").id for number in range(3)]
    read = STORES.file_batches.create_and_poll(store.id, file_ids=files)
    check_equal(
        "create_and_poll returns the store of a batch",
        (read.id, read.status, read.file_counts.completed, read.file_counts.total),
        (store.id, "completed", 5, 5),
    )
    batch = STORES.file_batches.create(store.id, file_ids=files)
    check_equal("poll returns", STORES.file_batches.poll(batch.id, vector_store_id=store.id).status, "completed")
    listed = STORES.file_batches.list_files(batch.id, vector_store_id=store.id, limit=2)
    check_equal("the files of a batch are listed", {file.id for file in listed}, set(files))
    clear_requests()
    read = STORES.file_batches.upload_and_poll(
        store.id, files=[(f"{letter}.txt", b"Ebb.") for letter in "xyz"], file_ids=[files[0]]
    )
    check_equal(
        "files are uploaded in parallel",
        (read.status, read.file_counts.completed, count_requests("POST", "/files")),
        ("completed", 8, 3),
    )
    check_equal(
        "a batch can be retrieved", STORES.file_batches.retrieve(batch.id, vector_store_id=store.id).status, "completed"
    )
    check_equal("the store counts all of them", STORES.retrieve(store.id).file_counts.completed, 8)
    broken = STORES.files.upload_and_poll(vector_store_id=store.id, file=("picture.bin", b"\x00\x01\x02"))
    check_equal("an unsupported file fails", broken.status, "failed")
    check(
        "with a reason",
        broken.last_error.code in ("unsupported_file", "invalid_file", "server_error"),
        broken.last_error,
    )
    if takes(STORES.files.create, "chunking_strategy"):
        chunking = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
        chunked = STORES.files.create_and_poll(
            make_file("cut.txt").id, vector_store_id=store.id, chunking_strategy=chunking
        )
        check_equal(
            "a chunking strategy is stored",
            (chunked.chunking_strategy.type, chunked.chunking_strategy.static.max_chunk_size_tokens),
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
    check_equal("the best result comes first", hits[0].filename, "ferry.txt")
    check("with its score and text", 0 < hits[0].score <= 1 and "seven" in hits[0].content[0].text, hits[0])
    pieces = STORES.files.content(hits[0].file_id, vector_store_id=store.id)
    check("a file's text can be read", "island" in next(iter(pieces)).text, pieces)
    updated = STORES.files.update(
        hits[0].file_id, vector_store_id=store.id, attributes={"kind": "timetable", "year": 2026}
    )
    check_equal("attributes are stored", updated.attributes, {"kind": "timetable", "year": 2026})
    chosen = STORES.search(store.id, query="ferry", filters={"type": "eq", "key": "kind", "value": "timetable"})
    check_equal("and can be filtered by", [hit.filename for hit in chosen], ["ferry.txt"])
    if takes(STORES.create, "description"):
        check_equal(
            "stores can have a description", STORES.create(name="D", description="for tests").description, "for tests"
        )
    if takes(STORES.file_batches.create, "files"):
        file = make_file("entry.txt")
        batch = STORES.file_batches.create(store.id, files=[{"file_id": file.id, "attributes": {"kind": "entry"}}])
        batch = STORES.file_batches.poll(batch.id, vector_store_id=store.id)
        attributes = STORES.files.retrieve(file.id, vector_store_id=store.id).attributes
        check_equal(
            "files of a batch can have their own attributes",
            (batch.status, attributes),
            ("completed", {"kind": "entry"}),
        )
