import io
import zipfile

import openai
import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, all_items, resolve
from contract_tests.raw_api import EMPTY_PAGE, TIDES_TEXT, assert_refused, file_of, raw_api

AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
KEYS = [
    "id", "object", "usage_bytes", "created_at", "vector_store_id", "status", "last_error", "chunking_strategy",
    "attributes",
]  # fmt: skip
ALL_KINDS = {"room": "7", "depth": 3, "height": 2.5, "open": True}


@pytest.fixture
async def store(either, ns):
    return (await resolve(either.vector_stores.create())).id


async def upload(either, name="tides.txt", text=TIDES_TEXT):
    return (await resolve(either.files.create(file=file_of(name, text), purpose="assistants"))).id


async def add_file(either, store, name="tides.txt", text=TIDES_TEXT, **more):
    file_id = await upload(either, name, text)
    return await resolve(either.vector_stores.files.create_and_poll(file_id, vector_store_id=store, **more))


async def test_a_file_is_processed_after_it_was_added(either, frozen, store):
    file_id = await upload(either, text="x" * 21)
    added = await resolve(either.vector_stores.files.create(store, file_id=file_id))
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
    retrieved = await resolve(either.vector_stores.files.retrieve(file_id, vector_store_id=store))
    assert retrieved.to_dict() == {**about, "usage_bytes": 1045, "status": "completed"}


def test_keys_have_the_recorded_order(ns):
    api = raw_api(ns, None)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    response = api.post(f"/vector_stores/{store}/files", {"file_id": file})
    assert list(response.json()) == KEYS
    assert response.text.endswith("\n}")
    assert list(api.get_json(f"/vector_stores/{store}/files/{file}")) == KEYS
    assert list(api.get_json(f"/vector_stores/{store}/files")) == ["object", "data", "first_id", "last_id", "has_more"]


async def test_the_clients_pollers_finish(either, store):
    store_file = await add_file(either, store, attributes={"room": "7"})
    assert (store_file.status, store_file.attributes) == ("completed", {"room": "7"})
    files = either.vector_stores.files
    added = await resolve(files.upload_and_poll(vector_store_id=store, file=file_of("berths.md")))
    assert added.status == "completed"
    assert (await resolve(files.upload(vector_store_id=store, file=file_of("c.txt")))).status == "in_progress"
    assert (await resolve(either.vector_stores.retrieve(store))).file_counts.completed == 3


def test_pollers_of_files_in_stores_get_the_poll_after_header(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    assert api.post(f"/vector_stores/{store}/files", {"file_id": file}).headers["openai-poll-after-ms"] == "1"
    assert api.get(f"/vector_stores/{store}/files/{file}").headers["openai-poll-after-ms"] == "1"


async def test_attributes_are_strings_numbers_and_booleans(either, store):
    store_file = await add_file(either, store, attributes=ALL_KINDS)
    assert store_file.attributes == ALL_KINDS
    changed = await resolve(
        either.vector_stores.files.update(store_file.id, vector_store_id=store, attributes={"room": "8"})
    )
    assert changed.to_dict() == {**store_file.to_dict(), "attributes": {"room": "8"}}
    assert await resolve(either.vector_stores.files.retrieve(store_file.id, vector_store_id=store)) == changed


@pytest.mark.parametrize("strategy", [{"type": "auto"}, None])
async def test_auto_chunking_is_shown_with_its_sizes(either, store, strategy):
    store_file = await add_file(either, store, chunking_strategy=strategy)
    assert store_file.chunking_strategy.to_dict() == AUTO


async def test_a_custom_chunking_strategy_is_stored(either, store):
    chunking = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}
    assert (await add_file(either, store, chunking_strategy=chunking)).chunking_strategy.to_dict() == chunking


async def test_files_of_a_store_are_listed_and_can_be_filtered(either, store):
    assert (await resolve(either.vector_stores.files.list(store))).to_dict() == EMPTY_PAGE
    ids = [(await add_file(either, store, name)).id for name in ("a.txt", "b.csv", "c.md", "d.pdf", "e.txt")]
    list_files = either.vector_stores.files.list
    page = await resolve(list_files(store))
    assert [file.id for file in page.data] == ids[::-1]
    assert (page.first_id, page.last_id, page.has_more) == (ids[4], ids[0], False)
    assert [file.id for file in (await resolve(list_files(store, filter="completed", order="asc"))).data] == [
        ids[0],
        ids[2],
        ids[4],
    ]
    assert [file.id for file in (await resolve(list_files(store, filter="failed"))).data] == [ids[3], ids[1]]
    assert (await resolve(list_files(store, filter="in_progress"))).data == []
    assert (await resolve(list_files(store, filter="cancelled"))).data == []
    assert [file.id for file in await all_items(list_files(store, limit=2))] == ids[::-1]
    part = await resolve(list_files(store, order="asc", after=ids[0], before=ids[3]))
    assert [file.id for file in part.data] == ids[1:3]


async def test_a_removed_file_still_works_as_a_cursor(either, store):
    ids = [(await add_file(either, store, name)).id for name in ("a.txt", "b.txt", "c.txt")]
    await resolve(either.vector_stores.files.delete(ids[1], vector_store_id=store))
    page = await resolve(either.vector_stores.files.list(store, after=ids[1]))
    assert [file.id for file in page.data] == [ids[0]]


async def test_a_file_removed_from_a_store_still_exists(either, store):
    store_file = await add_file(either, store)
    deletion = await resolve(either.vector_stores.files.delete(store_file.id, vector_store_id=store))
    assert deletion.to_dict() == {"id": store_file.id, "object": "vector_store.file.deleted", "deleted": True}
    store_after = await resolve(either.vector_stores.retrieve(store))
    assert (store_after.file_counts.total, store_after.usage_bytes, store_after.status) == (0, 0, "completed")
    assert (await resolve(either.files.retrieve(store_file.id))).id == store_file.id
    with pytest.raises(openai.NotFoundError) as excinfo:
        await resolve(either.vector_stores.files.retrieve(store_file.id, vector_store_id=store))
    assert excinfo.value.body["message"] == f"No file found with id '{store_file.id}' in vector store '{store}'."


async def test_a_removed_file_can_be_added_again(either, store):
    store_file = await add_file(either, store)
    await resolve(either.vector_stores.files.delete(store_file.id, vector_store_id=store))
    back = await resolve(either.vector_stores.files.create_and_poll(store_file.id, vector_store_id=store))
    assert back.status == "completed"
    assert (await resolve(either.vector_stores.retrieve(store))).file_counts.total == 1


async def test_one_file_can_be_in_two_stores_with_different_attributes(either, store):
    other = (await resolve(either.vector_stores.create())).id
    store_file = await add_file(either, store, attributes={"copy": 1})
    again = await resolve(
        either.vector_stores.files.create_and_poll(store_file.id, vector_store_id=other, attributes={"copy": 2})
    )
    assert (store_file.id, again.attributes) == (again.id, {"copy": 2})
    await resolve(either.vector_stores.files.delete(store_file.id, vector_store_id=store))
    assert (
        await resolve(either.vector_stores.files.retrieve(store_file.id, vector_store_id=other))
    ).status == "completed"


async def test_a_deleted_file_is_removed_from_its_stores(either, store):
    store_file, other = await add_file(either, store), await add_file(either, store, "berths.txt")
    await resolve(either.files.delete(store_file.id))
    assert [file.id for file in await all_items(either.vector_stores.files.list(store))] == [other.id]
    assert (await resolve(either.vector_stores.retrieve(store))).file_counts.total == 1


# --- files that fail -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plot.png", "table.xlsx", "data.csv", "archive.zip", "noext", "letter.doc"])
async def test_a_file_type_that_cannot_be_searched_fails(either, store, name):
    store_file = await add_file(either, store, name, b"\x00\x01")
    assert (store_file.status, store_file.usage_bytes, store_file.last_error.code) == ("failed", 0, "unsupported_file")


@pytest.mark.parametrize("name", ["defs.h", "map.svg", "settings.yaml", "Makefile.in", "cells.ipynb"])
async def test_text_in_files_of_undocumented_types_is_searched(either, store, name):
    store_file = await add_file(either, store, name)
    assert (store_file.status, store_file.last_error) == ("completed", None)
    page = await resolve(either.vector_stores.search(store, query="When is high water?"))
    assert [result.filename for result in page.data] == [name]


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"\xff\xfb\x90\x44" * 200, "Größe".encode("latin-1") * 200])
async def test_a_file_of_an_undocumented_type_that_is_no_text_fails(either, store, data):
    store_file = await add_file(either, store, "data.bin", data)
    assert (store_file.status, store_file.last_error.code) == ("failed", "unsupported_file")


async def test_a_failed_file_has_the_services_message(either, store):
    unsupported = await add_file(either, store, "plot.png", b"x")
    assert unsupported.last_error.to_dict() == {
        "code": "unsupported_file",
        "message": "The file type is not supported.",
    }
    invalid = await add_file(either, store, "paper.pdf", b"this is no PDF")
    assert invalid.last_error.to_dict() == {"code": "invalid_file", "message": "The file could not be parsed."}
    assert (await resolve(either.vector_stores.retrieve(store))).file_counts.failed == 2


def test_a_file_with_too_much_content_fails(client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w>" + b" " * 65 * 1024 * 1024 + b"</w>")
    store = client.vector_stores.create().id
    store_file = client.vector_stores.files.upload_and_poll(
        vector_store_id=store, file=file_of("bomb.docx", packed.getvalue())
    )
    assert (store_file.status, store_file.last_error.code) == ("failed", "invalid_file")
    assert store_file.last_error.message == "The file could not be parsed because it is too large."


@pytest.mark.parametrize(
    "name",
    ["a.c", "a.cpp", "a.cs", "a.css", "a.go", "a.html", "a.java", "a.js", "a.json", "a.md", "a.php", "a.py", "a.rb",
     "a.sh", "a.tex", "a.ts", "a.txt", "A.TXT"],
)  # fmt: skip
def test_every_plain_type_can_be_searched(client, name):
    store = client.vector_stores.create().id
    text = '{"tide": "high"}' if name == "a.json" else "the tide is high"
    store_file = client.vector_stores.files.upload_and_poll(vector_store_id=store, file=file_of(name, text))
    assert store_file.status == "completed"
    assert client.vector_stores.search(store, query="tide").data[0].filename == name


# --- content --------------------------------------------------------------------------------------------------------


async def test_the_text_of_a_file_can_be_read(either, store):
    store_file = await add_file(either, store, text="Flut um zwölf.\r\nEbbe um sechs.")
    page = await resolve(either.vector_stores.files.content(store_file.id, vector_store_id=store))
    assert [part.to_dict() for part in page.data] == [{"type": "text", "text": "Flut um zwölf.\nEbbe um sechs."}]


def test_a_page_of_content_has_its_own_object_type(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload("plot.png", b"x")["id"]
    api.post_json(f"/vector_stores/{store}/files", {"file_id": file})
    assert api.get_json(f"/vector_stores/{store}/files/{file}/content") == {
        "object": "vector_store.file_content.page",
        "data": [],
        "has_more": False,
        "next_page": None,
    }


# --- refusals -------------------------------------------------------------------------------------------------------


def test_missing_files_and_stores_are_not_found(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    assert_refused(
        api.post(f"/vector_stores/{store}/files", {"file_id": "file-0"}), 404, "Files [file-0] were not found"
    )
    assert_refused(
        api.post("/vector_stores/vs_0/files", {"file_id": file}), 404, "No vector store found with id 'vs_0'."
    )
    message = f"No file found with id '{file}' in vector store '{store}'."
    path = f"/vector_stores/{store}/files/{file}"
    for response in (api.get(path), api.get(f"{path}/content"), api.delete(path), api.post(path, {"attributes": {}})):
        assert_refused(response, 404, message)


def test_an_unknown_cursor_is_reported_as_it_was_sent(ns):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    error = api.get(f"/vector_stores/{store}/files", params={"after": "file-0"}).json()["error"]
    assert error["param"] == "after"
    assert "'file-0'" in error["message"]


def test_filtering_by_an_unknown_status_is_refused(ns):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    message = "Invalid value: 'lost'. Supported values are: 'in_progress', 'completed', 'failed', and 'cancelled'."
    response = api.get(f"/vector_stores/{store}/files", params={"filter": "lost"})
    assert_refused(response, 400, message, "filter", "invalid_value")


@pytest.mark.parametrize(
    "body, param, code",
    [
        ({}, "file_id", "missing_required_parameter"),
        ({"attributes": {"a": None}}, "attributes.a", "invalid_type"),
        ({"attributes": {"a": ["x"]}}, "attributes.a", "invalid_type"),
        ({"attributes": {"a": "x" * 513}}, "attributes.a", "string_above_max_length"),
        ({"attributes": {"k" * 65: "x"}}, "attributes." + "k" * 65, "property_name_above_max_length"),
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
def test_adding_a_file_with_invalid_fields_is_refused(ns, body, param, code):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    full_body = {**({"file_id": api.upload()["id"]} if body else {}), **body}
    error = api.post(f"/vector_stores/{store}/files", full_body).json()["error"]
    assert (error["param"], error["code"]) == (param, code)
    assert api.get_json(f"/vector_stores/{store}/files") == EMPTY_PAGE


def test_an_update_requires_attributes(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    api.post_json(f"/vector_stores/{store}/files", {"file_id": file})
    response = api.post(f"/vector_stores/{store}/files/{file}", {})
    assert_refused(
        response, 400, "Missing required parameter: 'attributes'.", "attributes", "missing_required_parameter"
    )


def test_null_removes_attributes(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    api.post_json(f"/vector_stores/{store}/files", {"file_id": file, "attributes": {"a": 1}})
    assert api.post_json(f"/vector_stores/{store}/files/{file}", {"attributes": None})["attributes"] == {}


def test_a_score_is_a_decimal(ns):
    ns.play({"search": "x", "results": [{"file_id": "file-0", "file_name": "a", "score": 1}]})
    api = raw_api(ns)
    assistant_id = api.post_json(
        "/assistants", {"model": MODEL, "instructions": "x", "tools": [{"type": "file_search"}]}
    )["id"]
    run = api.post_json("/threads/runs", {"assistant_id": assistant_id})
    assert '"score": 1.0' in api.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps").text


async def test_a_file_that_is_added_again_is_chunked_again(either, store):
    long = "\n\n".join(f"Paragraph {n}: high water is at noon, and low water six hours later." for n in range(40))
    file = await resolve(either.files.create(file=file_of("tides.txt", long), purpose="assistants"))
    lengths = []
    for size in (800, 100):
        chunking = {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": 0}}
        files = either.vector_stores.files
        await resolve(files.create_and_poll(file.id, vector_store_id=store, chunking_strategy=chunking))
        page = await resolve(either.vector_stores.search(store, query="high water", max_num_results=1))
        lengths.append(len(page.data[0].content[0].text))
    assert lengths[1] < lengths[0] / 2


def test_a_fixture_can_have_an_id_of_any_form(ns):
    ns.load("{emulator: 1, fixtures: {files: {menu: {id: menu, text: Soup}}}, turns: []}")
    created = raw_api(ns).post_json("/vector_stores", {"file_ids": ["menu"]})
    assert raw_api(ns).get_json(f"/vector_stores/{created['id']}/files/menu")["status"] == "completed"
    response = raw_api(ns).post("/vector_stores", {"file_ids": ["card"]})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "file_ids[0]")
