import io
import zipfile

import openai
import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, done, everything
from contract_tests.lines import EMPTY_PAGE, TIDES_TEXT, file_of, line, refused

AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
KEYS = [
    "id", "object", "usage_bytes", "created_at", "vector_store_id", "status", "last_error", "chunking_strategy",
    "attributes",
]  # fmt: skip
ALL_KINDS = {"shelf": "7", "depth": 3, "height": 2.5, "open": True}


@pytest.fixture
async def store(either, ns):
    return (await done(either.vector_stores.create())).id


async def upload(either, name="tides.txt", text=TIDES_TEXT):
    return (await done(either.files.create(file=file_of(name, text), purpose="assistants"))).id


async def put(either, store, name="tides.txt", text=TIDES_TEXT, **more):
    file_id = await upload(either, name, text)
    return await done(either.vector_stores.files.create_and_poll(file_id, vector_store_id=store, **more))


async def test_a_file_is_read_after_it_was_added(either, frozen, store):
    file_id = await upload(either, text="x" * 21)
    added = await done(either.vector_stores.files.create(store, file_id=file_id))
    about = {
        "id": file_id,
        "object": "vector_store.file",
        "created_at": NOON_SECONDS,
        "vector_store_id": store,
        "last_error": None,
        "chunking_strategy": AUTO,
        "attributes": {},
    }
    assert added.to_dict() == {**about, "usage_bytes": 0, "status": "in_progress"}
    read = await done(either.vector_stores.files.retrieve(file_id, vector_store_id=store))
    assert read.to_dict() == {**about, "usage_bytes": 1045, "status": "completed"}


def test_keys_have_the_recorded_order(ns):
    ask = line(ns, None)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    answer = ask.post(f"/vector_stores/{store}/files", {"file_id": file})
    assert list(answer.json()) == KEYS
    assert answer.text.endswith("\n}")
    assert list(ask.read(f"/vector_stores/{store}/files/{file}")) == KEYS
    assert list(ask.read(f"/vector_stores/{store}/files")) == ["object", "data", "first_id", "last_id", "has_more"]


async def test_pollers_of_the_client_end(either, store):
    made = await put(either, store, attributes={"shelf": "7"})
    assert (made.status, made.attributes) == ("completed", {"shelf": "7"})
    files = either.vector_stores.files
    added = await done(files.upload_and_poll(vector_store_id=store, file=file_of("berths.md")))
    assert added.status == "completed"
    assert (await done(files.upload(vector_store_id=store, file=file_of("c.txt")))).status == "in_progress"
    assert (await done(either.vector_stores.retrieve(store))).file_counts.completed == 3


def test_pollers_are_told_not_to_wait(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    assert ask.post(f"/vector_stores/{store}/files", {"file_id": file}).headers["openai-poll-after-ms"] == "1"
    assert ask.get(f"/vector_stores/{store}/files/{file}").headers["openai-poll-after-ms"] == "1"


async def test_attributes_are_strings_numbers_and_booleans(either, store):
    made = await put(either, store, attributes=ALL_KINDS)
    assert made.attributes == ALL_KINDS
    changed = await done(either.vector_stores.files.update(made.id, vector_store_id=store, attributes={"shelf": "8"}))
    assert changed.to_dict() == {**made.to_dict(), "attributes": {"shelf": "8"}}
    assert await done(either.vector_stores.files.retrieve(made.id, vector_store_id=store)) == changed


@pytest.mark.parametrize("strategy", [{"type": "auto"}, None])
async def test_auto_is_shown_as_the_sizes_that_it_stands_for(either, store, strategy):
    made = await put(either, store, chunking_strategy=strategy)
    assert made.chunking_strategy.to_dict() == AUTO


async def test_a_strategy_of_ones_own_is_kept(either, store):
    mine = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}
    assert (await put(either, store, chunking_strategy=mine)).chunking_strategy.to_dict() == mine


async def test_files_of_a_store_are_listed_and_can_be_filtered(either, store):
    assert (await done(either.vector_stores.files.list(store))).to_dict() == EMPTY_PAGE
    made = [(await put(either, store, name)).id for name in ("a.txt", "b.csvx", "c.md", "d.pdf", "e.txt")]
    lists = either.vector_stores.files.list
    page = await done(lists(store))
    assert [file.id for file in page.data] == made[::-1]
    assert (page.first_id, page.last_id, page.has_more) == (made[4], made[0], False)
    assert [file.id for file in (await done(lists(store, filter="completed", order="asc"))).data] == [
        made[0],
        made[2],
        made[4],
    ]
    assert [file.id for file in (await done(lists(store, filter="failed"))).data] == [made[3], made[1]]
    assert (await done(lists(store, filter="in_progress"))).data == []
    assert (await done(lists(store, filter="cancelled"))).data == []
    assert [file.id for file in await everything(lists(store, limit=2))] == made[::-1]
    part = await done(lists(store, order="asc", after=made[0], before=made[3]))
    assert [file.id for file in part.data] == made[1:3]


async def test_a_list_still_pages_from_a_file_that_was_taken_out(either, store):
    made = [(await put(either, store, name)).id for name in ("a.txt", "b.txt", "c.txt")]
    await done(either.vector_stores.files.delete(made[1], vector_store_id=store))
    page = await done(either.vector_stores.files.list(store, after=made[1]))
    assert [file.id for file in page.data] == [made[0]]


async def test_a_file_that_was_taken_out_still_exists(either, store):
    made = await put(either, store)
    gone = await done(either.vector_stores.files.delete(made.id, vector_store_id=store))
    assert gone.to_dict() == {"id": made.id, "object": "vector_store.file.deleted", "deleted": True}
    read = await done(either.vector_stores.retrieve(store))
    assert (read.file_counts.total, read.usage_bytes, read.status) == (0, 0, "completed")
    assert (await done(either.files.retrieve(made.id))).id == made.id
    with pytest.raises(openai.NotFoundError) as missing:
        await done(either.vector_stores.files.retrieve(made.id, vector_store_id=store))
    assert missing.value.body["message"] == f"No file found with id '{made.id}' in vector store '{store}'."


async def test_a_file_can_come_back_into_its_store(either, store):
    made = await put(either, store)
    await done(either.vector_stores.files.delete(made.id, vector_store_id=store))
    back = await done(either.vector_stores.files.create_and_poll(made.id, vector_store_id=store))
    assert back.status == "completed"
    assert (await done(either.vector_stores.retrieve(store))).file_counts.total == 1


async def test_one_file_may_be_in_two_stores_with_other_attributes(either, store):
    other = (await done(either.vector_stores.create())).id
    made = await put(either, store, attributes={"copy": 1})
    again = await done(
        either.vector_stores.files.create_and_poll(made.id, vector_store_id=other, attributes={"copy": 2})
    )
    assert (made.id, again.attributes) == (again.id, {"copy": 2})
    await done(either.vector_stores.files.delete(made.id, vector_store_id=store))
    assert (await done(either.vector_stores.files.retrieve(made.id, vector_store_id=other))).status == "completed"


async def test_a_file_that_is_deleted_leaves_its_stores(either, store):
    made, kept = await put(either, store), await put(either, store, "berths.txt")
    await done(either.files.delete(made.id))
    assert [file.id for file in await everything(either.vector_stores.files.list(store))] == [kept.id]
    assert (await done(either.vector_stores.retrieve(store))).file_counts.total == 1


# --- what cannot be read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plot.png", "table.xlsx", "data.csv", "archive.zip", "noext", "letter.doc"])
async def test_a_type_that_cannot_be_searched_fails(either, store, name):
    made = await put(either, store, name, b"\x00\x01")
    assert (made.status, made.usage_bytes, made.last_error.code) == ("failed", 0, "unsupported_file")


async def test_the_words_of_a_failure_are_those_of_the_service(either, store):
    unsupported = await put(either, store, "plot.png", b"x")
    assert unsupported.last_error.to_dict() == {
        "code": "unsupported_file",
        "message": "The file type is not supported.",
    }
    invalid = await put(either, store, "paper.pdf", b"this is no PDF")
    assert invalid.last_error.to_dict() == {"code": "invalid_file", "message": "The file could not be parsed."}
    assert (await done(either.vector_stores.retrieve(store))).file_counts.failed == 2


def test_a_file_with_too_much_in_it_fails(client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w>" + b" " * 65 * 1024 * 1024 + b"</w>")
    store = client.vector_stores.create().id
    made = client.vector_stores.files.upload_and_poll(
        vector_store_id=store, file=file_of("bomb.docx", packed.getvalue())
    )
    assert (made.status, made.last_error.code) == ("failed", "invalid_file")
    assert made.last_error.message == "The file could not be parsed because it is too large."


@pytest.mark.parametrize(
    "name",
    ["a.c", "a.cpp", "a.cs", "a.css", "a.go", "a.html", "a.java", "a.js", "a.json", "a.md", "a.php", "a.py", "a.rb",
     "a.sh", "a.tex", "a.ts", "a.txt", "A.TXT"],
)  # fmt: skip
def test_every_plain_type_can_be_searched(client, name):
    store = client.vector_stores.create().id
    text = '{"tide": "high"}' if name == "a.json" else "the tide is high"
    made = client.vector_stores.files.upload_and_poll(vector_store_id=store, file=file_of(name, text))
    assert made.status == "completed"
    assert client.vector_stores.search(store, query="tide").data[0].filename == name


# --- content --------------------------------------------------------------------------------------------------------


async def test_the_text_of_a_file_can_be_read(either, store):
    made = await put(either, store, text="Flut um zwölf.\r\nEbbe um sechs.")
    page = await done(either.vector_stores.files.content(made.id, vector_store_id=store))
    assert [part.to_dict() for part in page.data] == [{"type": "text", "text": "Flut um zwölf.\nEbbe um sechs."}]


def test_a_page_of_content_has_an_object_of_its_own(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload("plot.png", b"x")["id"]
    ask.make(f"/vector_stores/{store}/files", {"file_id": file})
    assert ask.read(f"/vector_stores/{store}/files/{file}/content") == {
        "object": "vector_store.file_content.page",
        "data": [],
        "has_more": False,
        "next_page": None,
    }


# --- refusals -------------------------------------------------------------------------------------------------------


def test_files_and_stores_that_are_not_there_are_not_found(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    refused(ask.post(f"/vector_stores/{store}/files", {"file_id": "file-0"}), 404, "Files [file-0] were not found")
    refused(ask.post("/vector_stores/vs_0/files", {"file_id": file}), 404, "No vector store found with id 'vs_0'.")
    words = f"No file found with id '{file}' in vector store '{store}'."
    path = f"/vector_stores/{store}/files/{file}"
    for answer in (ask.get(path), ask.get(f"{path}/content"), ask.delete(path), ask.post(path, {"attributes": {}})):
        refused(answer, 404, words)


def test_an_unknown_cursor_is_named_as_it_was_sent(ns):
    ask = line(ns)
    store = ask.make("/vector_stores", {})["id"]
    error = ask.get(f"/vector_stores/{store}/files", params={"after": "file-0"}).json()["error"]
    assert error["param"] == "after"
    assert "'file-0'" in error["message"]


def test_an_unknown_status_cannot_be_filtered_by(ns):
    ask = line(ns)
    store = ask.make("/vector_stores", {})["id"]
    words = "Invalid value: 'lost'. Supported values are: 'in_progress', 'completed', 'failed', and 'cancelled'."
    answer = ask.get(f"/vector_stores/{store}/files", params={"filter": "lost"})
    refused(answer, 400, words, "filter", "invalid_value")


@pytest.mark.parametrize(
    "body, param, code",
    [
        ({}, "file_id", "missing_required_parameter"),
        ({"attributes": {"a": None}}, "attributes.a", "invalid_type"),
        ({"attributes": {"a": ["x"]}}, "attributes.a", "invalid_type"),
        ({"attributes": {"a": "x" * 513}}, "attributes.a", "string_above_max_length"),
        ({"attributes": {"k" * 65: "x"}}, "attributes", "property_name_above_max_length"),
        ({"attributes": {str(n): "x" for n in range(17)}}, "attributes", "object_above_max_properties"),
        ({"chunking_strategy": {"type": "static"}}, "chunking_strategy.static", "missing_required_parameter"),
        ({"chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0}}},
         "chunking_strategy.static.max_chunk_size_tokens", "integer_below_min_value"),
        ({"chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 4097, "chunk_overlap_tokens": 0}}},
         "chunking_strategy.static.max_chunk_size_tokens", "integer_above_max_value"),
        ({"chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}}},
         "chunking_strategy.static.chunk_overlap_tokens", "invalid_value"),
        ({"chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": -1}}},
         "chunking_strategy.static.chunk_overlap_tokens", "integer_below_min_value"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_added_so_is_refused(ns, body, param, code):
    ask = line(ns)
    store = ask.make("/vector_stores", {})["id"]
    given = {**({"file_id": ask.upload()["id"]} if body else {}), **body}
    error = ask.post(f"/vector_stores/{store}/files", given).json()["error"]
    assert (error["param"], error["code"]) == (param, code)
    assert ask.read(f"/vector_stores/{store}/files") == EMPTY_PAGE


def test_a_change_needs_attributes(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    ask.make(f"/vector_stores/{store}/files", {"file_id": file})
    answer = ask.post(f"/vector_stores/{store}/files/{file}", {})
    refused(answer, 400, "Missing required parameter: 'attributes'.", "attributes", "missing_required_parameter")


def test_attributes_are_taken_away_by_null(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    ask.make(f"/vector_stores/{store}/files", {"file_id": file, "attributes": {"a": 1}})
    assert ask.make(f"/vector_stores/{store}/files/{file}", {"attributes": None})["attributes"] == {}


def test_a_score_is_a_decimal(ns):
    ns.plays({"search": "x", "results": [{"file_id": "file-0", "file_name": "a", "score": 1}]})
    ask = line(ns)
    boss = ask.make("/assistants", {"model": MODEL, "instructions": "x", "tools": [{"type": "file_search"}]})["id"]
    run = ask.make("/threads/runs", {"assistant_id": boss})
    assert '"score": 1.0' in ask.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps").text


async def test_a_file_that_is_added_anew_is_searched_anew(either, store):
    long = "\n\n".join(f"Paragraph {n}: high water is at noon, and low water six hours later." for n in range(40))
    made = await done(either.files.create(file=file_of("tides.txt", long), purpose="assistants"))
    pieces = []
    for size in (800, 100):
        chunking = {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": 0}}
        files = either.vector_stores.files
        await done(files.create_and_poll(made.id, vector_store_id=store, chunking_strategy=chunking))
        page = await done(either.vector_stores.search(store, query="high water", max_num_results=1))
        pieces.append(len(page.data[0].content[0].text))
    assert pieces[1] < pieces[0] / 2


def test_a_fixture_may_have_an_id_of_any_form(ns):
    ns.load("{emulator: 1, fixtures: {files: {menu: {id: menu, text: Soup}}}, turns: []}")
    made = line(ns).make("/vector_stores", {"file_ids": ["menu"]})
    assert line(ns).read(f"/vector_stores/{made['id']}/files/menu")["status"] == "completed"
    answer = line(ns).post("/vector_stores", {"file_ids": ["card"]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file_ids[0]")
