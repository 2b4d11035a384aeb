import openai
import pytest

from contract_tests.harness import NOON_SECONDS, all_items, resolve
from contract_tests.raw_api import EMPTY_PAGE, assert_refused, file_of, is_id, raw_api

NO_FILES = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
KEYS = [
    "id", "object", "created_at", "name", "description", "usage_bytes", "file_counts", "status", "expires_after",
    "expires_at", "last_active_at", "metadata",
]  # fmt: skip
DAY = 86_400


async def files_of(either, *names):
    return [(await resolve(either.files.create(file=file_of(name), purpose="assistants"))).id for name in names]


async def test_a_store_needs_no_fields(either, frozen):
    store = await resolve(either.vector_stores.create())
    assert store.to_dict() == {
        "id": store.id,
        "object": "vector_store",
        "created_at": NOON_SECONDS,
        "name": None,
        "description": None,
        "usage_bytes": 0,
        "file_counts": NO_FILES,
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": NOON_SECONDS,
        "metadata": {},
    }
    assert is_id(store.id, "vs_", 32, "0-9a-f")
    assert await resolve(either.vector_stores.retrieve(store.id)) == store


async def test_every_field_comes_back_as_it_was_sent(either, frozen):
    fields = {
        "name": "Hafenbuch",
        "description": "All about the harbour.",
        "expires_after": {"anchor": "last_active_at", "days": 3},
        "metadata": {"room": "7"},
    }
    store = (await resolve(either.vector_stores.create(**fields))).to_dict()
    assert {name: store[name] for name in fields} == fields
    assert store["expires_at"] == NOON_SECONDS + 3 * DAY


def test_keys_have_the_recorded_order_and_no_body_is_needed(ns):
    for api in (raw_api(ns), raw_api(ns, None)):
        response = api.request("POST", "/vector_stores")
        assert list(response.json()) == KEYS
        assert list(response.json()["file_counts"]) == list(NO_FILES)
        assert response.text.startswith('{\n  "id": "vs_')
        assert response.text.endswith("\n}")


async def test_a_store_with_files_is_in_progress_first_and_then_completed(either):
    ids = await files_of(either, "tides.txt", "berths.md")
    store = await resolve(either.vector_stores.create(file_ids=ids))
    assert (store.status, store.usage_bytes) == ("in_progress", 0)
    assert store.file_counts.to_dict() == {**NO_FILES, "in_progress": 2, "total": 2}
    retrieved = await resolve(either.vector_stores.retrieve(store.id))
    assert (retrieved.status, retrieved.file_counts.to_dict()) == (
        "completed",
        {**NO_FILES, "completed": 2, "total": 2},
    )
    in_store = (await resolve(either.vector_stores.files.list(store.id))).data
    assert retrieved.usage_bytes == sum(file.usage_bytes for file in in_store) > 0


async def test_files_that_cannot_be_read_are_counted(either):
    ids = await files_of(either, "tides.txt", "ledger.csv", "broken.pdf")
    store = await resolve(either.vector_stores.create(file_ids=[ids[0], ids[2]]))
    retrieved = await resolve(either.vector_stores.retrieve(store.id))
    assert retrieved.file_counts.to_dict() == {**NO_FILES, "completed": 1, "failed": 1, "total": 2}
    assert retrieved.status == "completed"


async def test_a_chunking_strategy_applies_to_all_initial_files(either):
    ids = await files_of(either, "tides.txt", "berths.md")
    sizes = {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}
    store = await resolve(
        either.vector_stores.create(file_ids=ids, chunking_strategy={"type": "static", "static": sizes})
    )
    for file in (await resolve(either.vector_stores.files.list(store.id))).data:
        assert file.chunking_strategy.to_dict() == {"type": "static", "static": sizes}


async def test_an_update_replaces_the_given_fields_and_keeps_the_rest(either, frozen):
    store = await resolve(either.vector_stores.create(name="Alt", metadata={"a": "1", "b": "2"}))
    updated = await resolve(either.vector_stores.update(store.id, name="Neu", metadata={"c": "3"}))
    assert updated.to_dict() == {**store.to_dict(), "name": "Neu", "metadata": {"c": "3"}}
    expiring = await resolve(
        either.vector_stores.update(store.id, expires_after={"anchor": "last_active_at", "days": 1})
    )
    assert (expiring.name, expiring.expires_at) == ("Neu", NOON_SECONDS + DAY)
    assert await resolve(either.vector_stores.retrieve(store.id)) == expiring


async def test_null_clears_the_name_and_the_expiry(either):
    end = {"anchor": "last_active_at", "days": 1}
    store = await resolve(either.vector_stores.create(name="Alt", expires_after=end, metadata={"a": "1"}))
    updated = await resolve(either.vector_stores.update(store.id, name=None, expires_after=None, metadata=None))
    assert (updated.name, updated.to_dict()["expires_after"], updated.expires_at) == (None, None, None)
    assert updated.metadata == {"a": "1"}


async def test_null_is_the_same_as_an_absent_field(either):
    nulls = dict.fromkeys(("file_ids", "name", "description", "expires_after", "chunking_strategy", "metadata"))
    store = await resolve(either.vector_stores.create(extra_body=nulls))
    assert (store.name, store.metadata, store.file_counts.total) == (None, {}, 0)


async def test_stores_are_listed_newest_first(either):
    assert (await resolve(either.vector_stores.list())).to_dict() == EMPTY_PAGE
    ids = [(await resolve(either.vector_stores.create(name=f"n{n}"))).id for n in range(5)]
    page = await resolve(either.vector_stores.list())
    assert [store.id for store in page.data] == ids[::-1]
    assert (page.first_id, page.last_id, page.has_more) == (ids[4], ids[0], False)
    assert [store.id for store in await all_items(either.vector_stores.list(limit=2))] == ids[::-1]
    upwards = await resolve(either.vector_stores.list(order="asc", after=ids[1], limit=2))
    assert ([store.id for store in upwards.data], upwards.has_more) == (ids[2:4], True)
    before = await resolve(either.vector_stores.list(order="asc", before=ids[3], limit=2))
    assert [store.id for store in before.data] == ids[1:3]


async def test_a_list_shows_files_that_were_processed_meanwhile(either):
    store = await resolve(either.vector_stores.create(file_ids=await files_of(either, "tides.txt")))
    (listed,) = (await resolve(either.vector_stores.list())).data
    assert listed == await resolve(either.vector_stores.retrieve(store.id))
    assert listed.status == "completed"


async def test_a_deleted_store_is_gone_and_its_files_stay(either):
    (file_id,) = await files_of(either, "tides.txt")
    store = await resolve(either.vector_stores.create(file_ids=[file_id]))
    deletion = await resolve(either.vector_stores.delete(store.id))
    assert deletion.to_dict() == {"id": store.id, "object": "vector_store.deleted", "deleted": True}
    assert (await resolve(either.files.retrieve(file_id))).id == file_id
    stores = either.vector_stores
    for call in (stores.retrieve, stores.delete, stores.update, stores.files.list):
        with pytest.raises(openai.NotFoundError) as excinfo:
            await resolve(call(store.id))
        assert excinfo.value.body["message"] == f"No vector store found with id '{store.id}'."


# --- expiry ---------------------------------------------------------------------------------------------------------


async def test_a_store_expires_the_given_number_of_days_after_its_last_use(either, frozen):
    store = await resolve(
        either.vector_stores.create(
            file_ids=await files_of(either, "tides.txt"), expires_after={"anchor": "last_active_at", "days": 2}
        )
    )
    frozen.advance("1d23h59m59s")
    assert (await resolve(either.vector_stores.retrieve(store.id))).status == "completed"
    frozen.advance("1s")
    over = await resolve(either.vector_stores.retrieve(store.id))
    assert (over.status, over.expires_at) == ("expired", NOON_SECONDS + 2 * DAY)
    for call in (
        lambda: either.vector_stores.search(store.id, query="tides"),
        lambda: either.vector_stores.files.create(store.id, file_id="file-0"),
        lambda: either.vector_stores.file_batches.create(store.id, file_ids=["file-0"]),
    ):
        with pytest.raises(openai.BadRequestError) as excinfo:
            await resolve(call())
        assert excinfo.value.body["message"] == f"Vector store {store.id} is expired"


async def test_a_list_shows_which_stores_have_expired(either, frozen):
    await resolve(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1}))
    frozen.advance("1d")
    assert [store.status for store in (await resolve(either.vector_stores.list())).data] == ["expired"]


async def test_an_expired_store_can_be_read_emptied_and_deleted_but_not_reactivated(either, frozen):
    (file_id,) = await files_of(either, "tides.txt")
    end = {"anchor": "last_active_at", "days": 1}
    store = await resolve(either.vector_stores.create(file_ids=[file_id], expires_after=end))
    frozen.advance("1d")
    assert (await resolve(either.vector_stores.files.retrieve(file_id, vector_store_id=store.id))).status == "completed"
    await resolve(either.vector_stores.files.delete(file_id, vector_store_id=store.id))
    over = await resolve(either.vector_stores.update(store.id, name="late"))
    assert (over.status, over.expires_at, over.file_counts.total) == ("expired", NOON_SECONDS + DAY, 0)
    assert (await resolve(either.vector_stores.delete(store.id))).deleted is True


async def test_a_search_extends_the_expiry(either, frozen):
    store = await resolve(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2}))
    frozen.advance("1d")
    await resolve(either.vector_stores.search(store.id, query="tides"))
    used = await resolve(either.vector_stores.retrieve(store.id))
    assert (used.last_active_at, used.expires_at) == (NOON_SECONDS + DAY, NOON_SECONDS + 3 * DAY)


async def test_adding_a_file_extends_the_expiry(either, frozen):
    store = await resolve(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2}))
    frozen.advance("1d")
    (file_id,) = await files_of(either, "tides.txt")
    await resolve(either.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id))
    assert (await resolve(either.vector_stores.retrieve(store.id))).expires_at == NOON_SECONDS + 3 * DAY


async def test_a_run_that_can_search_a_store_extends_its_expiry(either, frozen):
    store = await resolve(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2}))
    assistant = await resolve(
        either.beta.assistants.create(
            model="gpt-4o",
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
    )
    frozen.advance("1d")
    about = {"messages": [{"role": "user", "content": "When is high water?"}]}
    await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=about))
    assert (await resolve(either.vector_stores.retrieve(store.id))).expires_at == NOON_SECONDS + 3 * DAY


async def test_a_run_cannot_use_an_expired_store(either, frozen):
    store = await resolve(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1}))
    assistant = await resolve(
        either.beta.assistants.create(
            model="gpt-4o",
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
    )
    thread = await resolve(either.beta.threads.create(messages=[{"role": "user", "content": "x"}]))
    frozen.advance("1d")
    with pytest.raises(openai.BadRequestError) as excinfo:
        await resolve(either.beta.threads.runs.create(thread.id, assistant_id=assistant.id))
    assert excinfo.value.body["message"] == f"Vector store {store.id} is expired"
    assert (await resolve(either.beta.threads.runs.list(thread.id))).data == []


# --- refusals -------------------------------------------------------------------------------------------------------


def test_an_unknown_file_creates_no_store(ns):
    api = raw_api(ns)
    assert_refused(api.post("/vector_stores", {"file_ids": ["file-0"]}), 404, "Files [file-0] were not found")
    assert api.get_json("/vector_stores") == EMPTY_PAGE


def test_a_store_id_with_a_wrong_prefix_is_refused_since_2025(ns):
    message = "Invalid 'vector_store_id': 'papers'. Expected an ID that begins with 'vs'."
    assert_refused(raw_api(ns).get("/vector_stores/papers"), 400, message, "vector_store_id", "invalid_value")
    ns.put(wire="2024-10-15")
    assert_refused(raw_api(ns).get("/vector_stores/papers"), 404, "No vector store found with id 'papers'.")


@pytest.mark.parametrize(
    "body, param, code",
    [
        ({"nickname": "x"}, "nickname", "unknown_parameter"),
        ({"name": 7}, "name", "invalid_type"),
        ({"file_ids": "file-0"}, "file_ids", "invalid_type"),
        ({"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor", "invalid_value"),
        ({"expires_after": {"anchor": "last_active_at", "days": 0}}, "expires_after.days", "integer_below_min_value"),
        ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "expires_after.days", "integer_above_max_value"),
        ({"expires_after": {"anchor": "last_active_at"}}, "expires_after.days", "missing_required_parameter"),
        ({"metadata": {"k": True}}, "metadata.k", "invalid_type"),
        ({"chunking_strategy": {"type": "wild"}}, "chunking_strategy.type", "invalid_value"),
    ],
)
def test_an_invalid_store_is_refused(ns, body, param, code):
    response = raw_api(ns).post("/vector_stores", body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code)
