import openai
import pytest

from contract_tests.harness import NOON_SECONDS, done, everything
from contract_tests.lines import EMPTY_PAGE, TIDES_TEXT, file_of, is_id, line, refused

COUNTS = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
KEYS = ["id", "object", "created_at", "status", "vector_store_id", "file_counts"]


@pytest.fixture
async def store(either, ns):
    return (await done(either.vector_stores.create())).id


async def upload(either, *names):
    return [(await done(either.files.create(file=file_of(name), purpose="assistants"))).id for name in names]


async def test_a_batch_is_busy_at_first_and_then_complete(either, frozen, store):
    ids = await upload(either, "tides.txt", "berths.md", "plot.png")
    made = await done(either.vector_stores.file_batches.create(store, file_ids=ids))
    about = {
        "id": made.id,
        "object": "vector_store.file_batch",
        "created_at": NOON_SECONDS,
        "vector_store_id": store,
    }
    counts = {**COUNTS, "in_progress": 3, "total": 3}
    assert made.to_dict() == {**about, "status": "in_progress", "file_counts": counts}
    assert is_id(made.id, "vsfb_ibj_", 32, "0-9a-f")
    read = await done(either.vector_stores.file_batches.retrieve(made.id, vector_store_id=store))
    counts = {**COUNTS, "completed": 2, "failed": 1, "total": 3}
    assert read.to_dict() == {**about, "status": "completed", "file_counts": counts}
    assert (await done(either.vector_stores.retrieve(store))).file_counts.to_dict() == counts


def test_keys_have_the_recorded_order(ns):
    ask = line(ns, None)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    answer = ask.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})
    assert list(answer.json()) == KEYS
    assert list(answer.json()["file_counts"]) == list(COUNTS)
    assert answer.text.endswith("\n}")
    again = ask.get(f"/vector_stores/{store}/file_batches/{answer.json()['id']}")
    assert list(again.json()) == KEYS
    assert again.headers["openai-poll-after-ms"] == "1"


async def test_the_client_can_upload_a_batch_and_wait_for_it(either, store):
    batches = either.vector_stores.file_batches
    (earlier,) = await upload(either, "earlier.txt")
    files = [file_of(f"{n}.txt") for n in range(4)]
    batch = await done(batches.upload_and_poll(vector_store_id=store, files=files, file_ids=[earlier]))
    assert (batch.status, batch.file_counts.completed) == ("completed", 5)
    names = {file.filename for file in (await done(either.files.list(purpose="assistants"))).data}
    assert names == {"earlier.txt", "0.txt", "1.txt", "2.txt", "3.txt"}


async def test_the_client_can_make_a_batch_and_wait_for_it(either, store):
    ids = await upload(either, "a.txt", "b.txt")
    batch = await done(either.vector_stores.file_batches.create_and_poll(vector_store_id=store, file_ids=ids))
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    assert await done(either.vector_stores.file_batches.poll(batch.id, vector_store_id=store)) == batch


async def test_attributes_and_sizes_hold_for_the_whole_batch(either, store):
    ids = await upload(either, "a.txt", "b.txt")
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 300, "chunk_overlap_tokens": 0}}
    await done(
        either.vector_stores.file_batches.create_and_poll(
            vector_store_id=store, file_ids=ids, attributes={"year": 2025}, chunking_strategy=strategy
        )
    )
    for file in (await done(either.vector_stores.files.list(store))).data:
        assert (file.attributes, file.chunking_strategy.to_dict()) == ({"year": 2025}, strategy)


async def test_each_file_of_a_batch_may_have_its_own(either, store):
    first, second = await upload(either, "a.txt", "b.txt")
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 300, "chunk_overlap_tokens": 0}}
    files = [{"file_id": first, "attributes": {"n": 1}}, {"file_id": second, "chunking_strategy": strategy}]
    batch = await done(either.vector_stores.file_batches.create_and_poll(vector_store_id=store, files=files))
    assert batch.file_counts.completed == 2
    one = await done(either.vector_stores.files.retrieve(first, vector_store_id=store))
    two = await done(either.vector_stores.files.retrieve(second, vector_store_id=store))
    assert (one.attributes, two.attributes) == ({"n": 1}, {})
    assert two.chunking_strategy.to_dict() == strategy


async def test_files_of_a_batch_are_listed_without_those_of_others(either, store):
    mine = await upload(either, *(f"{n}.txt" for n in range(4)), "plot.png")
    other = await upload(either, "other.txt")
    batches = either.vector_stores.file_batches
    batch = (await done(batches.create_and_poll(vector_store_id=store, file_ids=mine))).id
    await done(batches.create_and_poll(vector_store_id=store, file_ids=other))
    failing = mine[4]
    mine.sort()
    page = await done(batches.list_files(batch, vector_store_id=store, order="asc"))
    assert [file.id for file in page.data] == mine
    assert (page.first_id, page.last_id, page.has_more) == (mine[0], mine[-1], False)
    assert [file.id for file in await everything(batches.list_files(batch, vector_store_id=store, limit=2))] == mine
    failed = await done(batches.list_files(batch, vector_store_id=store, filter="failed"))
    assert [file.id for file in failed.data] == [failing]
    part = await done(batches.list_files(batch, vector_store_id=store, order="asc", after=mine[0], before=mine[3]))
    assert [file.id for file in part.data] == mine[1:3]
    end = await done(batches.list_files(batch, vector_store_id=store, order="asc", after=mine[4]))
    assert end.to_dict() == EMPTY_PAGE


def test_files_of_batches_are_shown_whole_and_counted_by_their_bytes_since_october_2025(ns):
    for day, whole in (("2025-10-01", True), ("2025-09-30", False)):
        ns.put(wire=day)
        ask = line(ns)
        store, file = ask.make("/vector_stores", {})["id"], ask.upload(data=b"x" * 21)["id"]
        batch = ask.make(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
        (shown,) = ask.read(f"/vector_stores/{store}/file_batches/{batch}/files")["data"]
        assert ("usage_bytes" in shown) is whole
        assert ask.read(f"/vector_stores/{store}/files/{file}")["usage_bytes"] == (21 if whole else 1045)


async def test_a_batch_that_is_complete_stays_so_when_it_is_cancelled(either, store):
    batches = either.vector_stores.file_batches
    batch = await done(batches.create_and_poll(vector_store_id=store, file_ids=await upload(either, "a.txt")))
    assert await done(batches.cancel(batch.id, vector_store_id=store)) == batch


async def test_a_thousand_files_fit_into_a_batch(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload(data=b"")["id"]
    path = f"/vector_stores/{store}/file_batches"
    words = "Invalid 'file_ids': array too long. Expected an array with maximum length 2000, but got an array with length 2001 instead."
    refused(ask.post(path, {"file_ids": [file] * 2001}), 400, words, "file_ids", "array_above_max_length")
    assert ask.post(path, {"file_ids": [file] * 2000}).status_code == 200


@pytest.mark.parametrize(
    "body, param, code",
    [
        ({}, "file_ids", "missing_required_parameter"),
        ({"file_ids": []}, "file_ids", "empty_array"),
        ({"files": []}, "files", "empty_array"),
        ({"files": [{}]}, "files[0].file_id", "missing_required_parameter"),
        ({"file_ids": "file-0"}, "file_ids", "invalid_type"),
        ({"file_ids": ["file-0"], "colour": "red"}, "colour", "unknown_parameter"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(ns, body, param, code):
    ask = line(ns)
    store = ask.make("/vector_stores", {})["id"]
    answer = ask.post(f"/vector_stores/{store}/file_batches", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)


def test_a_batch_names_its_files_in_one_way_only(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    answer = ask.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file], "files": [{"file_id": file}]})
    assert answer.status_code == 400
    assert ask.read(f"/vector_stores/{store}")["file_counts"]["total"] == 0


def test_batches_and_files_that_are_not_there_are_not_found(ns):
    ask = line(ns)
    store, other = ask.make("/vector_stores", {})["id"], ask.make("/vector_stores", {})["id"]
    file = ask.upload(data=TIDES_TEXT.encode())["id"]
    refused(
        ask.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file, "file-0"]}),
        404,
        "Files [file-0] were not found",
    )
    assert ask.read(f"/vector_stores/{store}/files") == EMPTY_PAGE
    batch = ask.make(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    for where, batch_id in ((other, batch), (store, "vsfb_0")):
        path = f"/vector_stores/{where}/file_batches/{batch_id}"
        for answer in (ask.get(path), ask.post(f"{path}/cancel"), ask.get(f"{path}/files")):
            refused(answer, 404, f"No vector store file batch found with id '{batch_id}'.")
    refused(ask.get(f"/vector_stores/vs_0/file_batches/{batch}"), 404, "No vector store found with id 'vs_0'.")


async def test_an_unknown_store_takes_no_batch(either):
    with pytest.raises(openai.NotFoundError):
        await done(either.vector_stores.file_batches.create("vs_0", file_ids=["file-0"]))


def test_any_file_that_was_in_the_store_is_a_cursor(ns):
    ask = line(ns)
    store = ask.make("/vector_stores", {})["id"]
    files = sorted(ask.upload(f"{n}.{'png' if n == 4 else 'txt'}")["id"] for n in range(5))
    batch = ask.make(f"/vector_stores/{store}/file_batches", {"file_ids": files})["id"]
    path = f"/vector_stores/{store}/file_batches/{batch}/files"

    def listed(**query):
        page = ask.read(path, params=query)
        return [files.index(file["id"]) for file in page["data"]], page["has_more"]

    ask.read(path)
    ask.delete(f"/vector_stores/{store}/files/{files[1]}")
    assert listed(after=files[1], limit=2) == ([2, 3], True)
    assert listed(before=files[3], limit=1) == ([2], True)
    assert listed(before=files[3], after=files[1]) == ([2], False)
    assert len(listed(filter="failed", after=files[0])[0]) <= 1
    assert ask.get(path, params={"after": "file-0"}).status_code == 400
