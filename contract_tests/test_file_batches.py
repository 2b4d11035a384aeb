import openai
import pytest

from contract_tests.harness import NOON_SECONDS, all_items, resolve
from contract_tests.raw_api import EMPTY_PAGE, TIDES_TEXT, RawApi, assert_refused, file_of, is_id, raw_api

COUNTS = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
KEYS = ["id", "object", "created_at", "status", "vector_store_id", "file_counts"]
# The last days on which a batch that is read is a batch, and not its store.
READ_AS_BATCH = "2025-10-01"


@pytest.fixture
async def store(either, ns):
    return (await resolve(either.vector_stores.create())).id


async def upload(either, *names):
    return [(await resolve(either.files.create(file=file_of(name), purpose="assistants"))).id for name in names]


async def test_a_batch_is_in_progress_first_and_then_completed(either, frozen, store):
    frozen.put(wire=READ_AS_BATCH)
    ids = await upload(either, "tides.txt", "berths.md", "old.doc")
    batch = await resolve(either.vector_stores.file_batches.create(store, file_ids=ids))
    about = {
        "id": batch.id,
        "object": "vector_store.file_batch",
        "created_at": NOON_SECONDS,
        "vector_store_id": store,
    }
    counts = {**COUNTS, "in_progress": 3, "total": 3}
    assert batch.to_dict() == {**about, "status": "in_progress", "file_counts": counts}
    assert is_id(batch.id, "vsfb_ibj_", 32, "0-9a-f")
    retrieved = await resolve(either.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store))
    counts = {**COUNTS, "completed": 2, "failed": 1, "total": 3}
    assert retrieved.to_dict() == {**about, "status": "completed", "file_counts": counts}
    assert (await resolve(either.vector_stores.retrieve(store))).file_counts.to_dict() == counts


def test_keys_have_the_recorded_order(ns):
    ns.put(wire=READ_AS_BATCH)
    api = raw_api(ns, None)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    response = api.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})
    assert list(response.json()) == KEYS
    assert list(response.json()["file_counts"]) == list(COUNTS)
    assert response.text.endswith("\n}")
    again = api.get(f"/vector_stores/{store}/file_batches/{response.json()['id']}")
    assert list(again.json()) == KEYS
    assert again.headers["openai-poll-after-ms"] == "1"


# --- reading a batch ------------------------------------------------------------------------------------------------


@pytest.fixture
def batch_beside_another_file(ns):
    """Return an API, the path of a store with a file, and a batch of two more files in it."""
    api = raw_api(ns)
    first, *others = (api.upload(f"{number}.txt")["id"] for number in range(3))
    fields = {"name": "Harbour", "metadata": {"quay": "7"}, "file_ids": [first]}
    store = f"/vector_stores/{api.post_json('/vector_stores', fields)['id']}"
    return api, store, api.post_json(f"{store}/file_batches", {"file_ids": others})


def test_since_late_october_2025_a_batch_is_read_as_its_store(ns, batch_beside_another_file):
    api, store, batch = batch_beside_another_file
    response = api.get(f"{store}/file_batches/{batch['id']}")
    assert response.text == api.get(store).text
    assert response.headers["openai-poll-after-ms"] == "1"
    document = response.json()
    assert (document["object"], document["name"], document["metadata"]) == ("vector_store", "Harbour", {"quay": "7"})
    assert (document["status"], document["file_counts"]) == ("completed", {**COUNTS, "completed": 3, "total": 3})
    ns.put(wire=READ_AS_BATCH)
    document = api.get_json(f"{store}/file_batches/{batch['id']}")
    assert (document["object"], document["id"]) == ("vector_store.file_batch", batch["id"])
    assert document["file_counts"] == {**COUNTS, "completed": 2, "total": 2}


def test_everything_else_of_a_batch_keeps_its_shape(batch_beside_another_file):
    api, store, batch = batch_beside_another_file
    cancelled = api.post_json(f"{store}/file_batches/{batch['id']}/cancel")
    assert list(batch) == list(cancelled) == KEYS
    assert (cancelled["id"], cancelled["file_counts"]["total"]) == (batch["id"], 2)
    listed = api.get_json(f"{store}/file_batches/{batch['id']}/files")["data"]
    assert [file["object"] for file in listed] == ["vector_store.file"] * 2


def test_a_batch_in_progress_is_read_as_a_store_in_progress(ns, batch_beside_another_file):
    ns.put(pace={"progression": "polls", "times": 2})
    api, store, _ = batch_beside_another_file
    files = [api.upload(f"{letter}.txt")["id"] for letter in "xy"]
    batch = api.post_json(f"{store}/file_batches", {"file_ids": files})["id"]
    shown = [api.get_json(f"{store}/file_batches/{batch}") for _ in range(3)]
    assert [document["object"] for document in shown] == ["vector_store"] * 3
    busy, ready = {"in_progress": 2, "completed": 3, "total": 5}, {"completed": 5, "total": 5}
    assert [(document["status"], document["file_counts"]) for document in shown] == [
        ("in_progress", {**COUNTS, **busy}),
        ("in_progress", {**COUNTS, **busy}),
        ("completed", {**COUNTS, **ready}),
    ]


def test_a_cancelled_batch_is_read_as_a_store_that_is_ready(ns, batch_beside_another_file):
    ns.put(pace={"progression": "polls", "times": 9})
    api, store, _ = batch_beside_another_file
    batch = api.post_json(f"{store}/file_batches", {"file_ids": [api.upload("x.txt")["id"]]})["id"]
    assert api.post_json(f"{store}/file_batches/{batch}/cancel")["status"] == "cancelled"
    document = api.get_json(f"{store}/file_batches/{batch}")
    assert (document["status"], document["file_counts"]["cancelled"]) == ("completed", 1)


@pytest.mark.parametrize("mount", ["/openai", "/openai/v1", "/api/projects/harbour"])
def test_azure_and_foundry_read_the_batch_itself(ns, batch_beside_another_file, mount):
    api, store, batch = batch_beside_another_file
    document = RawApi(ns, api.headers, mount).get_json(f"{store}/file_batches/{batch['id']}")
    assert (document["object"], document["id"]) == ("vector_store.file_batch", batch["id"])


def test_the_id_that_was_read_names_no_batch(batch_beside_another_file):
    api, store, batch = batch_beside_another_file
    id_read = api.get_json(f"{store}/file_batches/{batch['id']}")["id"]
    message = f"Invalid 'batch_id': '{id_read}'. Expected an ID that begins with 'vsfb_'."
    path = f"{store}/file_batches/{id_read}"
    for response in (api.get(path), api.get(f"{path}/files"), api.post(f"{path}/cancel")):
        assert_refused(response, 400, message, "batch_id", "invalid_value")


# --- the client's pollers -------------------------------------------------------------------------------------------


async def test_the_client_can_upload_a_batch_and_poll_it(either, store):
    batches = either.vector_stores.file_batches
    (earlier,) = await upload(either, "earlier.txt")
    files = [file_of(f"{n}.txt") for n in range(4)]
    batch = await resolve(batches.upload_and_poll(vector_store_id=store, files=files, file_ids=[earlier]))
    assert (batch.status, batch.file_counts.completed) == ("completed", 5)
    names = {file.filename for file in (await resolve(either.files.list(purpose="assistants"))).data}
    assert names == {"earlier.txt", "0.txt", "1.txt", "2.txt", "3.txt"}


async def test_the_client_can_create_a_batch_and_poll_it(either, store):
    ids = await upload(either, "a.txt", "b.txt")
    read = await resolve(either.vector_stores.file_batches.create_and_poll(vector_store_id=store, file_ids=ids))
    assert (read.id, read.status, read.file_counts.completed) == (store, "completed", 2)
    batch = await resolve(either.vector_stores.file_batches.create(store, file_ids=ids))
    assert await resolve(either.vector_stores.file_batches.poll(batch.id, vector_store_id=store)) == read


async def test_the_clients_poller_returned_the_batch_before(either, ns, store):
    ns.put(wire=READ_AS_BATCH)
    ids = await upload(either, "a.txt", "b.txt")
    batch = await resolve(either.vector_stores.file_batches.create_and_poll(vector_store_id=store, file_ids=ids))
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    assert await resolve(either.vector_stores.file_batches.poll(batch.id, vector_store_id=store)) == batch


# --- files of batches -----------------------------------------------------------------------------------------------


async def test_attributes_and_chunking_apply_to_the_whole_batch(either, store):
    ids = await upload(either, "a.txt", "b.txt")
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 300, "chunk_overlap_tokens": 0}}
    await resolve(
        either.vector_stores.file_batches.create_and_poll(
            vector_store_id=store, file_ids=ids, attributes={"year": 2025}, chunking_strategy=strategy
        )
    )
    for file in (await resolve(either.vector_stores.files.list(store))).data:
        assert (file.attributes, file.chunking_strategy.to_dict()) == ({"year": 2025}, strategy)


async def test_each_file_of_a_batch_can_have_its_own_attributes(either, store):
    first, second = await upload(either, "a.txt", "b.txt")
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 300, "chunk_overlap_tokens": 0}}
    files = [{"file_id": first, "attributes": {"n": 1}}, {"file_id": second, "chunking_strategy": strategy}]
    batch = await resolve(either.vector_stores.file_batches.create_and_poll(vector_store_id=store, files=files))
    assert batch.file_counts.completed == 2
    one = await resolve(either.vector_stores.files.retrieve(first, vector_store_id=store))
    two = await resolve(either.vector_stores.files.retrieve(second, vector_store_id=store))
    assert (one.attributes, two.attributes) == ({"n": 1}, {})
    assert two.chunking_strategy.to_dict() == strategy


async def test_files_of_a_batch_are_listed_without_those_of_others(either, store):
    ids = await upload(either, *(f"{n}.txt" for n in range(4)), "old.doc")
    other = await upload(either, "other.txt")
    batches = either.vector_stores.file_batches
    batch = (await resolve(batches.create(vector_store_id=store, file_ids=ids))).id
    await resolve(batches.create_and_poll(vector_store_id=store, file_ids=other))
    failing = ids[4]
    ids.sort()
    page = await resolve(batches.list_files(batch, vector_store_id=store, order="asc"))
    assert [file.id for file in page.data] == ids
    assert (page.first_id, page.last_id, page.has_more) == (ids[0], ids[-1], False)
    assert [file.id for file in await all_items(batches.list_files(batch, vector_store_id=store, limit=2))] == ids
    failed = await resolve(batches.list_files(batch, vector_store_id=store, filter="failed"))
    assert [file.id for file in failed.data] == [failing]
    part = await resolve(batches.list_files(batch, vector_store_id=store, order="asc", after=ids[0], before=ids[3]))
    assert [file.id for file in part.data] == ids[1:3]
    end = await resolve(batches.list_files(batch, vector_store_id=store, order="asc", after=ids[4]))
    assert end.to_dict() == EMPTY_PAGE


def test_files_of_batches_have_all_keys_and_their_own_size_since_october_2025(ns):
    for day, whole in (("2025-10-01", True), ("2025-09-30", False)):
        ns.put(wire=day)
        api = raw_api(ns)
        store, file = api.post_json("/vector_stores", {})["id"], api.upload(data=b"x" * 21)["id"]
        batch = api.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
        (batch_file,) = api.get_json(f"/vector_stores/{store}/file_batches/{batch}/files")["data"]
        assert ("usage_bytes" in batch_file) is whole
        assert api.get_json(f"/vector_stores/{store}/files/{file}")["usage_bytes"] == (21 if whole else 1045)


async def test_cancelling_a_completed_batch_leaves_it_completed(either, store):
    batches = either.vector_stores.file_batches
    batch = await resolve(batches.create(vector_store_id=store, file_ids=await upload(either, "a.txt")))
    await resolve(batches.poll(batch.id, vector_store_id=store))
    cancelled = await resolve(batches.cancel(batch.id, vector_store_id=store))
    counts = {**COUNTS, "completed": 1, "total": 1}
    assert cancelled.to_dict() == {**batch.to_dict(), "status": "completed", "file_counts": counts}


@pytest.mark.parametrize("name, extension", [("takings.csv", ".csv"), ("plot.PNG", ".png")])
@pytest.mark.parametrize("field", ["file_ids", "files"])
def test_a_batch_with_a_file_that_cannot_be_searched_is_refused_at_once(ns, field, name, extension):
    api = raw_api(ns)
    store = f"/vector_stores/{api.post_json('/vector_stores', {})['id']}"
    ids = [api.upload("tides.txt")["id"], api.upload(name)["id"]]
    body = {"file_ids": ids} if field == "file_ids" else {"files": [{"file_id": file_id} for file_id in ids]}
    message = (
        f"Files with extensions [{extension}] are not supported for retrieval. See"
        " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
    )
    assert_refused(api.post(f"{store}/file_batches", body), 400, message, field, "unsupported_file")
    assert api.get_json(f"{store}/files") == EMPTY_PAGE
    single = api.post_json(f"{store}/files", {"file_id": ids[1]})
    assert api.get_json(f"{store}/files/{single['id']}")["status"] == "failed"
    created = api.post_json("/vector_stores", {"file_ids": ids})["id"]
    assert api.get_json(f"/vector_stores/{created}")["file_counts"]["failed"] == 1


def test_extensions_may_be_in_upper_case(ns):
    api = raw_api(ns)
    store = f"/vector_stores/{api.post_json('/vector_stores', {})['id']}"
    api.post_json(f"{store}/file_batches", {"file_ids": [api.upload("TIDES.TXT")["id"]]})
    assert api.get_json(store)["file_counts"]["completed"] == 1
    attachment = {"file_id": api.upload("TIDES.TXT")["id"], "tools": [{"type": "file_search"}]}
    thread = api.post_json("/threads", {})["id"]
    api.post_json(f"/threads/{thread}/messages", {"role": "user", "content": "x", "attachments": [attachment]})
    ns.put(wire="2024-10-28")
    assert api.upload("TIDES.TXT")["filename"] == "TIDES.TXT"


async def test_a_thousand_files_fit_into_a_batch(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    path = f"/vector_stores/{store}/file_batches"
    message = "Invalid 'file_ids': array too long. Expected an array with maximum length 2000, but got an array with length 2001 instead."
    assert_refused(api.post(path, {"file_ids": [file] * 2001}), 400, message, "file_ids", "array_above_max_length")
    assert api.post(path, {"file_ids": [file] * 2000}).status_code == 200


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
def test_an_invalid_batch_is_refused(ns, body, param, code):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    response = api.post(f"/vector_stores/{store}/file_batches", body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code)


def test_file_ids_and_files_cannot_both_be_given(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    response = api.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file], "files": [{"file_id": file}]})
    assert response.status_code == 400
    assert api.get_json(f"/vector_stores/{store}")["file_counts"]["total"] == 0


def test_missing_batches_and_files_are_not_found(ns):
    api = raw_api(ns)
    store, other = api.post_json("/vector_stores", {})["id"], api.post_json("/vector_stores", {})["id"]
    file = api.upload(data=TIDES_TEXT.encode())["id"]
    assert_refused(
        api.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file, "file-0"]}),
        404,
        "Files [file-0] were not found",
    )
    assert api.get_json(f"/vector_stores/{store}/files") == EMPTY_PAGE
    batch = api.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    for where, batch_id in ((other, batch), (store, "vsfb_0")):
        path = f"/vector_stores/{where}/file_batches/{batch_id}"
        for response in (api.get(path), api.post(f"{path}/cancel"), api.get(f"{path}/files")):
            assert_refused(response, 404, f"No vector store file batch found with id '{batch_id}'.")
    assert_refused(api.get(f"/vector_stores/vs_0/file_batches/{batch}"), 404, "No vector store found with id 'vs_0'.")


async def test_a_batch_in_an_unknown_store_is_refused(either):
    with pytest.raises(openai.NotFoundError):
        await resolve(either.vector_stores.file_batches.create("vs_0", file_ids=["file-0"]))


def test_any_file_that_was_in_the_store_works_as_a_cursor(ns):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    files = sorted(api.upload(f"{n}.{'doc' if n == 4 else 'txt'}")["id"] for n in range(5))
    batch = api.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": files})["id"]
    path = f"/vector_stores/{store}/file_batches/{batch}/files"

    def listed(**query):
        page = api.get_json(path, params=query)
        return [files.index(file["id"]) for file in page["data"]], page["has_more"]

    api.get_json(path)
    api.delete(f"/vector_stores/{store}/files/{files[1]}")
    assert listed(after=files[1], limit=2) == ([2, 3], True)
    assert listed(before=files[3], limit=1) == ([2], True)
    assert listed(before=files[3], after=files[1]) == ([2], False)
    assert len(listed(filter="failed", after=files[0])[0]) <= 1
    assert api.get(path, params={"after": "file-0"}).status_code == 400
