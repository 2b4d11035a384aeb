import openai
import pytest

from contract_tests.harness import NOON_SECONDS, done, everything
from contract_tests.lines import EMPTY_PAGE, file_of, is_id, line, refused

NO_FILES = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
KEYS = [
    "id", "object", "created_at", "name", "description", "usage_bytes", "file_counts", "status", "expires_after",
    "expires_at", "last_active_at", "metadata",
]  # fmt: skip
DAY = 86_400


async def files_of(either, *names):
    return [(await done(either.files.create(file=file_of(name), purpose="assistants"))).id for name in names]


async def test_a_store_needs_nothing(either, frozen):
    made = await done(either.vector_stores.create())
    assert made.to_dict() == {
        "id": made.id,
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
    assert is_id(made.id, "vs_", 32, "0-9a-f")
    assert await done(either.vector_stores.retrieve(made.id)) == made


async def test_every_field_comes_back_as_it_was_given(either, frozen):
    given = {
        "name": "Hafenbuch",
        "description": "All about the harbour.",
        "expires_after": {"anchor": "last_active_at", "days": 3},
        "metadata": {"shelf": "7"},
    }
    made = (await done(either.vector_stores.create(**given))).to_dict()
    assert {name: made[name] for name in given} == given
    assert made["expires_at"] == NOON_SECONDS + 3 * DAY


def test_keys_have_the_recorded_order_and_no_body_is_needed(ns):
    for ask in (line(ns), line(ns, None)):
        answer = ask.ask("POST", "/vector_stores")
        assert list(answer.json()) == KEYS
        assert list(answer.json()["file_counts"]) == list(NO_FILES)
        assert answer.text.startswith('{\n  "id": "vs_')
        assert answer.text.endswith("\n}")


async def test_a_store_with_files_is_busy_at_first_and_then_complete(either):
    ids = await files_of(either, "tides.txt", "berths.md")
    made = await done(either.vector_stores.create(file_ids=ids))
    assert (made.status, made.usage_bytes) == ("in_progress", 0)
    assert made.file_counts.to_dict() == {**NO_FILES, "in_progress": 2, "total": 2}
    read = await done(either.vector_stores.retrieve(made.id))
    assert (read.status, read.file_counts.to_dict()) == ("completed", {**NO_FILES, "completed": 2, "total": 2})
    in_store = (await done(either.vector_stores.files.list(made.id))).data
    assert read.usage_bytes == sum(file.usage_bytes for file in in_store) > 0


async def test_files_that_cannot_be_read_are_counted(either):
    ids = await files_of(either, "tides.txt", "ledger.csv", "broken.pdf")
    made = await done(either.vector_stores.create(file_ids=[ids[0], ids[2]]))
    read = await done(either.vector_stores.retrieve(made.id))
    assert read.file_counts.to_dict() == {**NO_FILES, "completed": 1, "failed": 1, "total": 2}
    assert read.status == "completed"


async def test_a_strategy_holds_for_all_first_files(either):
    ids = await files_of(either, "tides.txt", "berths.md")
    sizes = {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}
    made = await done(either.vector_stores.create(file_ids=ids, chunking_strategy={"type": "static", "static": sizes}))
    for file in (await done(either.vector_stores.files.list(made.id))).data:
        assert file.chunking_strategy.to_dict() == {"type": "static", "static": sizes}


async def test_a_change_replaces_what_it_gives_and_keeps_the_rest(either, frozen):
    made = await done(either.vector_stores.create(name="Alt", metadata={"a": "1", "b": "2"}))
    changed = await done(either.vector_stores.update(made.id, name="Neu", metadata={"c": "3"}))
    assert changed.to_dict() == {**made.to_dict(), "name": "Neu", "metadata": {"c": "3"}}
    expiring = await done(either.vector_stores.update(made.id, expires_after={"anchor": "last_active_at", "days": 1}))
    assert (expiring.name, expiring.expires_at) == ("Neu", NOON_SECONDS + DAY)
    assert await done(either.vector_stores.retrieve(made.id)) == expiring


async def test_null_takes_the_name_and_the_end_away(either):
    end = {"anchor": "last_active_at", "days": 1}
    made = await done(either.vector_stores.create(name="Alt", expires_after=end, metadata={"a": "1"}))
    changed = await done(either.vector_stores.update(made.id, name=None, expires_after=None, metadata=None))
    assert (changed.name, changed.to_dict()["expires_after"], changed.expires_at) == (None, None, None)
    assert changed.metadata == {"a": "1"}


async def test_null_is_the_same_as_nothing(either):
    nulls = dict.fromkeys(("file_ids", "name", "description", "expires_after", "chunking_strategy", "metadata"))
    made = await done(either.vector_stores.create(extra_body=nulls))
    assert (made.name, made.metadata, made.file_counts.total) == (None, {}, 0)


async def test_stores_are_listed_newest_first(either):
    assert (await done(either.vector_stores.list())).to_dict() == EMPTY_PAGE
    made = [(await done(either.vector_stores.create(name=f"n{n}"))).id for n in range(5)]
    page = await done(either.vector_stores.list())
    assert [store.id for store in page.data] == made[::-1]
    assert (page.first_id, page.last_id, page.has_more) == (made[4], made[0], False)
    assert [store.id for store in await everything(either.vector_stores.list(limit=2))] == made[::-1]
    upwards = await done(either.vector_stores.list(order="asc", after=made[1], limit=2))
    assert ([store.id for store in upwards.data], upwards.has_more) == (made[2:4], True)
    before = await done(either.vector_stores.list(order="asc", before=made[3], limit=2))
    assert [store.id for store in before.data] == made[1:3]


async def test_a_list_shows_what_has_been_read_meanwhile(either):
    made = await done(either.vector_stores.create(file_ids=await files_of(either, "tides.txt")))
    (listed,) = (await done(either.vector_stores.list())).data
    assert listed == await done(either.vector_stores.retrieve(made.id))
    assert listed.status == "completed"


async def test_a_deleted_store_is_gone_and_its_files_stay(either):
    (file_id,) = await files_of(either, "tides.txt")
    made = await done(either.vector_stores.create(file_ids=[file_id]))
    gone = await done(either.vector_stores.delete(made.id))
    assert gone.to_dict() == {"id": made.id, "object": "vector_store.deleted", "deleted": True}
    assert (await done(either.files.retrieve(file_id))).id == file_id
    stores = either.vector_stores
    for call in (stores.retrieve, stores.delete, stores.update, stores.files.list):
        with pytest.raises(openai.NotFoundError) as missing:
            await done(call(made.id))
        assert missing.value.body["message"] == f"No vector store found with id '{made.id}'."


# --- expiry ---------------------------------------------------------------------------------------------------------


async def test_a_store_expires_so_many_days_after_its_last_use(either, frozen):
    made = await done(
        either.vector_stores.create(
            file_ids=await files_of(either, "tides.txt"), expires_after={"anchor": "last_active_at", "days": 2}
        )
    )
    frozen.advance("1d23h59m59s")
    assert (await done(either.vector_stores.retrieve(made.id))).status == "completed"
    frozen.advance("1s")
    over = await done(either.vector_stores.retrieve(made.id))
    assert (over.status, over.expires_at) == ("expired", NOON_SECONDS + 2 * DAY)
    for call in (
        lambda: either.vector_stores.search(made.id, query="tides"),
        lambda: either.vector_stores.files.create(made.id, file_id="file-0"),
        lambda: either.vector_stores.file_batches.create(made.id, file_ids=["file-0"]),
    ):
        with pytest.raises(openai.BadRequestError) as wrong:
            await done(call())
        assert wrong.value.body["message"] == f"Vector store {made.id} is expired"


async def test_a_list_shows_which_stores_have_expired(either, frozen):
    await done(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1}))
    frozen.advance("1d")
    assert [store.status for store in (await done(either.vector_stores.list())).data] == ["expired"]


async def test_an_expired_store_can_be_read_emptied_and_deleted_but_not_revived(either, frozen):
    (file_id,) = await files_of(either, "tides.txt")
    end = {"anchor": "last_active_at", "days": 1}
    made = await done(either.vector_stores.create(file_ids=[file_id], expires_after=end))
    frozen.advance("1d")
    assert (await done(either.vector_stores.files.retrieve(file_id, vector_store_id=made.id))).status == "completed"
    await done(either.vector_stores.files.delete(file_id, vector_store_id=made.id))
    over = await done(either.vector_stores.update(made.id, name="late"))
    assert (over.status, over.expires_at, over.file_counts.total) == ("expired", NOON_SECONDS + DAY, 0)
    assert (await done(either.vector_stores.delete(made.id))).deleted is True


async def test_a_search_moves_the_end(either, frozen):
    made = await done(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2}))
    frozen.advance("1d")
    await done(either.vector_stores.search(made.id, query="tides"))
    used = await done(either.vector_stores.retrieve(made.id))
    assert (used.last_active_at, used.expires_at) == (NOON_SECONDS + DAY, NOON_SECONDS + 3 * DAY)


async def test_a_new_file_moves_the_end(either, frozen):
    made = await done(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2}))
    frozen.advance("1d")
    (file_id,) = await files_of(either, "tides.txt")
    await done(either.vector_stores.files.create_and_poll(file_id, vector_store_id=made.id))
    assert (await done(either.vector_stores.retrieve(made.id))).expires_at == NOON_SECONDS + 3 * DAY


async def test_a_run_that_may_search_a_store_moves_its_end(either, frozen):
    store = await done(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2}))
    boss = await done(
        either.beta.assistants.create(
            model="gpt-4o",
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
    )
    frozen.advance("1d")
    about = {"messages": [{"role": "user", "content": "When is high water?"}]}
    await done(either.beta.threads.create_and_run_poll(assistant_id=boss.id, thread=about))
    assert (await done(either.vector_stores.retrieve(store.id))).expires_at == NOON_SECONDS + 3 * DAY


async def test_a_run_cannot_use_a_store_that_has_expired(either, frozen):
    store = await done(either.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1}))
    boss = await done(
        either.beta.assistants.create(
            model="gpt-4o",
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
    )
    thread = await done(either.beta.threads.create(messages=[{"role": "user", "content": "x"}]))
    frozen.advance("1d")
    with pytest.raises(openai.BadRequestError) as wrong:
        await done(either.beta.threads.runs.create(thread.id, assistant_id=boss.id))
    assert wrong.value.body["message"] == f"Vector store {store.id} is expired"
    assert (await done(either.beta.threads.runs.list(thread.id))).data == []


# --- refusals -------------------------------------------------------------------------------------------------------


def test_an_unknown_file_makes_no_store(ns):
    ask = line(ns)
    refused(ask.post("/vector_stores", {"file_ids": ["file-0"]}), 404, "Files [file-0] were not found")
    assert ask.read("/vector_stores") == EMPTY_PAGE


def test_an_id_with_another_prefix_is_said_to_be_one(ns):
    words = "Invalid 'vector_store_id': 'shelf'. Expected an ID that begins with 'vs'."
    refused(line(ns).get("/vector_stores/shelf"), 400, words, "vector_store_id", "invalid_value")
    ns.put(wire="2024-10-15")
    refused(line(ns).get("/vector_stores/shelf"), 404, "No vector store found with id 'shelf'.")


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
def test_a_store_that_cannot_be_is_refused(ns, body, param, code):
    answer = line(ns).post("/vector_stores", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
