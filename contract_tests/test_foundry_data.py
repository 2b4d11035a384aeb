"""What Foundry's agents take beside files: data sources, images in messages, named uploads; and what they refuse."""

import base64

import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import BERTHS_TEXT, TIDES_TEXT, RawApi, assert_refused, is_id, raw_api
from emulator.wire.data_sources import DataSource

FOUNDRY = "/api/projects/harbour"
STORAGE = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/papers"
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
CODE, SEARCH = {"type": "code_interpreter"}, {"type": "file_search"}
UNSEARCHABLE = (
    "Files with extensions [.csv] are not supported for retrieval. See"
    " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
)
NO_URL = "Expected a valid URL, but got a value with an invalid format."


def source(name="tides.txt", type_="uri_asset"):
    return {"uri": f"{STORAGE}/{name}", "type": type_}


def named(*names):
    """Return the configuration of a store of data sources."""
    return {"data_sources": [source(name) for name in names]}


TIDES = source()
CODE_SOURCES = {"code_interpreter": {"data_sources": [TIDES]}}
STORE_TO_MAKE = {"name": "Papers", "configuration": named("tides.txt")}
SEARCH_SOURCES = {"file_search": {"vector_stores": [STORE_TO_MAKE]}}
ATTACHED = {"data_source": TIDES, "tools": [CODE, SEARCH]}
MESSAGE = {"role": "user", "content": "When is high water?"}


@pytest.fixture
def agents(ns):
    return RawApi(ns, {"Authorization": "Bearer entra-token"}, f"/ns/{ns.name}{FOUNDRY}")


@pytest.fixture
def azure(ns):
    return RawApi(ns, {"api-key": "k", "OpenAI-Beta": "assistants=v2"}, f"/ns/{ns.name}/openai")


@pytest.fixture
def searching(ns):
    """A namespace whose model searches the files in its reach."""
    found = "{% for one in hits.results %}{{ one.file_name }}: {{ one.content[0].text }}{% endfor %}"
    ns.play({"search": "high water", "results": "auto"}, {"say": f"Found {found}"})
    return ns


@pytest.fixture
def listing(ns):
    """A namespace whose model names the files in its reach."""
    ns.play({"say": "I have{% for file in files %} {{ file.name }}{% endfor %}."})
    return ns


def files_of(api):
    return api.get_json("/files", params={"order": "asc"})["data"]


def make_store(api, **body):
    """Make a store, and return it as it is once its files are read."""
    return api.get_json(f"/vector_stores/{api.post_json('/vector_stores', body)['id']}")


def content_in_store(api, store, file_id):
    page = api.get_json(f"/vector_stores/{store['id']}/files/{file_id}/content")
    return "".join(one["text"] for one in page["data"])


def ids_in_store(api, store):
    return [file["id"] for file in api.get_json(f"/vector_stores/{store['id']}/files", params={"order": "asc"})["data"]]


def answer(api, agent, thread=None, **more):
    """Run an agent, and return the text of its answer."""
    body = {"assistant_id": agent["id"], **more}
    if thread is None:
        run = api.post_json("/threads/runs", {"thread": {"messages": [MESSAGE]}, **body})
    else:
        run = api.post_json(f"/threads/{thread['id']}/runs", body)
    messages = api.get_json(f"/threads/{run['thread_id']}/messages")
    return messages["data"][0]["content"][0]["text"]["value"]


def make_agent(api, *tools, **more):
    return api.post_json("/assistants", {"model": MODEL, "instructions": "x", "tools": list(tools), **more})


# --- which file a data source stands for ----------------------------------------------------------------------------


@pytest.mark.parametrize("type_", ["uri_asset", "id_asset"])
def test_a_data_source_stands_for_the_file_of_its_name(agents, type_):
    file = agents.upload()
    store = make_store(agents, name="Papers", configuration={"data_sources": [source(type_=type_)]})
    assert (store["status"], store["file_counts"]["completed"], store["file_counts"]["total"]) == ("completed", 1, 1)
    assert ids_in_store(agents, store) == [file["id"]]
    assert content_in_store(agents, store, file["id"]) == TIDES_TEXT
    assert "configuration" not in store


def test_the_newest_file_of_its_name_is_taken(agents):
    agents.upload(data=b"Old news.")
    newest = agents.upload()["id"]
    deleted = agents.upload(data=b"Withdrawn.")["id"]
    agents.delete(f"/files/{deleted}")
    assert ids_in_store(agents, make_store(agents, configuration=named("tides.txt"))) == [newest]


def test_a_file_that_has_expired_is_not_taken(frozen, agents):
    lasting = agents.upload()["id"]
    expiring = {"purpose": "assistants", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    agents.post_json("/files", data=expiring, files={"file": ("tides.txt", b"Soon gone.")})
    frozen.advance("2h")
    assert ids_in_store(agents, make_store(agents, configuration=named("tides.txt"))) == [lasting]


def test_a_file_that_a_tool_wrote_is_not_taken(ns, agents):
    ns.load(
        {
            "emulator": 1,
            "fixtures": {
                "files": {
                    "written": {"id": "file-w", "filename": "tides.txt", "text": "x", "purpose": "assistants_output"}
                }
            },
            "turns": [],
        }
    )
    assert "file-w" not in ids_in_store(agents, make_store(agents, configuration=named("tides.txt")))


def test_a_fixture_is_taken(ns, agents):
    ns.load(
        {
            "emulator": 1,
            "fixtures": {"files": {"tides": {"id": "file-tides", "filename": "tides.txt", "text": TIDES_TEXT}}},
            "turns": [],
        }
    )
    assert ids_in_store(agents, make_store(agents, configuration=named("tides.txt"))) == ["file-tides"]


def test_where_there_is_none_an_empty_file_is_made_once(agents):
    store = make_store(agents, configuration=named("unknown.md"))
    (file,) = files_of(agents)
    assert (file["filename"], file["purpose"], file["bytes"]) == ("unknown.md", "assistants", 0)
    assert is_id(file["id"], "assistant-", 22)
    assert (store["status"], store["file_counts"]["completed"]) == ("completed", 1)
    assert ids_in_store(agents, make_store(agents, configuration=named("unknown.md"))) == [file["id"]]
    assert len(files_of(agents)) == 1


def test_two_data_sources_of_one_name_are_one_file(agents):
    store = make_store(agents, configuration=named("a/tides.txt", "b/tides.txt"))
    assert store["file_counts"]["total"] == len(files_of(agents)) == 1


def test_all_data_sources_of_a_request_see_the_file_that_one_of_them_made(agents):
    attaching = {**MESSAGE, "attachments": [ATTACHED]}
    resources = {**CODE_SOURCES, **SEARCH_SOURCES}
    thread = agents.post_json("/threads", {"messages": [attaching, attaching], "tool_resources": resources})
    assert thread["tool_resources"]["code_interpreter"] == {"file_ids": [], "data_sources": [TIDES]}
    assert [file["filename"] for file in files_of(agents)] == ["tides.txt"]


def test_a_data_source_stays_with_the_file_that_it_stood_for(agents):
    first = agents.upload(data=b"Low water.")["id"]
    store = make_store(agents, configuration=named("tides.txt"))
    agents.upload(data=b"High water.")
    assert content_in_store(agents, store, first) == "Low water."
    assert ids_in_store(agents, store) == [first]


@pytest.mark.parametrize(
    "uri, names",
    [
        (f"{STORAGE}/tides.txt", ("tides.txt",)),
        ("https://a.blob.core.windows.net/c/my%20tides.md?sv=1&sig=a/b#c", ("my tides.md",)),
        ("https://a.blob.core.windows.net/c/deep%2Ftides.md", ("tides.md",)),
        ("azureai://accounts/a/projects/p/data/tide-tables/versions/3", ("tide-tables", "tide-tables.txt")),
        ("azureai://accounts/a/projects/p/data/tides.md/versions/3", ("tides.md",)),
        (f"{STORAGE}/versions/4", ("4", "4.txt")),
        (f"{STORAGE}/folder/", ("folder", "folder.txt")),
        ("tides.txt", ("tides.txt",)),
        ("https://[host/tides.txt", ("tides.txt",)),
    ],
)
def test_the_name_is_the_last_segment_of_the_address(uri, names):
    assert tuple(DataSource(uri=uri, type="uri_asset").names) == names


@pytest.mark.parametrize("uri", ["", "/", "https://", "a/..", "a/ ", "a/b%00.txt", "a/x\n.txt", "?a/b.txt"])
def test_an_address_that_names_nothing_is_refused(agents, uri):
    refused = agents.post("/vector_stores", {"configuration": {"data_sources": [{"uri": uri, "type": "uri_asset"}]}})
    param = "configuration.data_sources[0].uri"
    assert_refused(refused, 400, f"Invalid '{param}'. {NO_URL}", param, "invalid_value")


def test_a_data_set_can_be_searched_although_its_name_has_no_extension(searching, agents):
    agents.upload("tide-tables.txt")
    data_set = {"uri": "azureai://accounts/a/projects/p/data/tide-tables/versions/1", "type": "id_asset"}
    thread = agents.post_json(
        "/threads", {"messages": [{**MESSAGE, "attachments": [{"data_source": data_set, "tools": [SEARCH]}]}]}
    )
    assert answer(agents, make_agent(agents, SEARCH), thread).startswith(f"Found tide-tables.txt: {TIDES_TEXT}")


# --- stores ---------------------------------------------------------------------------------------------------------


def test_a_store_is_made_of_files_and_data_sources(agents):
    berths, tides = agents.upload("berths.txt", BERTHS_TEXT.encode()), agents.upload()
    configuration = named("tides.txt", "berths.txt")
    store = make_store(agents, file_ids=[berths["id"]], configuration=configuration)
    assert ids_in_store(agents, store) == [berths["id"], tides["id"]]


def test_a_data_source_is_added_to_a_store_as_its_file(agents):
    tides, store = agents.upload(), make_store(agents)
    file = agents.post_json(f"/vector_stores/{store['id']}/files", {"data_source": TIDES})
    assert (file["id"], file["object"]) == (tides["id"], "vector_store.file")
    assert "data_source" not in file
    assert agents.get_json(f"/vector_stores/{store['id']}/files/{tides['id']}")["status"] == "completed"


def test_null_names_neither_a_file_nor_a_data_source(agents):
    file, store = agents.upload()["id"], make_store(agents)
    path = f"/vector_stores/{store['id']}/files"
    for names in ({"data_source": TIDES, "file_id": None}, {"data_source": None, "file_id": file}):
        assert agents.post_json(path, names)["id"] == file
        (shown,) = agents.post_json(f"/threads/{thread_with(agents, names)}/messages", attaching(names))["attachments"]
        assert shown == {**{name: value for name, value in names.items() if value}, "tools": [CODE]}
    refused = agents.post(path, {"data_source": None, "file_id": None})
    assert refused.json()["error"]["message"] == "Missing required parameter: 'file_id'."


def attaching(names):
    return {**MESSAGE, "attachments": [{**names, "tools": [CODE]}]}


def thread_with(agents, names):
    return agents.post_json("/threads", {"messages": [attaching(names)]})["id"]


def test_a_batch_is_made_of_files_and_data_sources(agents):
    berths, tides, store = agents.upload("berths.txt"), agents.upload(), make_store(agents)
    path = f"/vector_stores/{store['id']}/file_batches"
    for body, ids in (
        ({"data_sources": [TIDES]}, [tides["id"]]),
        ({"data_sources": [TIDES], "file_ids": [berths["id"]]}, [berths["id"], tides["id"]]),
    ):
        batch = agents.post_json(path, body)
        done = agents.get_json(f"{path}/{batch['id']}")
        assert (done["status"], done["file_counts"]["completed"]) == ("completed", len(ids))
        found = agents.get_json(f"{path}/{batch['id']}/files")["data"]
        assert sorted(file["id"] for file in found) == sorted(ids)


def test_a_file_that_cannot_be_searched_is_refused_by_the_field_that_names_it(agents):
    berths, takings, store = agents.upload("berths.txt"), agents.upload("takings.csv"), make_store(agents)
    path, before = f"/vector_stores/{store['id']}/file_batches", files_of(agents)
    bad = source("bad.csv")
    for body, param in (
        ({"data_sources": [TIDES, bad]}, "data_sources"),
        ({"data_sources": [bad], "file_ids": [berths["id"]]}, "data_sources"),
        ({"data_sources": [source("takings.csv")]}, "data_sources"),
        ({"data_sources": [TIDES], "file_ids": [takings["id"]]}, "file_ids"),
        ({"files": [{"file_id": takings["id"]}]}, "files"),
    ):
        assert_refused(agents.post(path, body), 400, UNSEARCHABLE, param, "unsupported_file")
    for new, param in (
        ({"name": "x", "configuration": named("bad.csv")}, "data_sources"),
        ({"name": "x", "configuration": named("tides.txt"), "file_ids": [takings["id"]]}, "file_ids"),
    ):
        body = {"tool_resources": {"file_search": {"vector_stores": [new]}}}
        assert_refused(agents.post("/threads", body), 400, UNSEARCHABLE, param, "unsupported_file")
    assert files_of(agents) == before


# --- resources ------------------------------------------------------------------------------------------------------


def test_agents_and_threads_show_the_data_sources_of_their_code_as_sent(listing, agents):
    agents.upload()
    agent = make_agent(agents, CODE, tool_resources=CODE_SOURCES)
    thread = agents.post_json("/threads", {"messages": [MESSAGE], "tool_resources": CODE_SOURCES})
    shown = {"code_interpreter": {"file_ids": [], "data_sources": [TIDES]}}
    for document, path in ((agent, f"/assistants/{agent['id']}"), (thread, f"/threads/{thread['id']}")):
        assert document["tool_resources"] == shown
        assert agents.get_json(path)["tool_resources"] == shown
        assert agents.post_json(path, {"metadata": {"a": "b"}})["tool_resources"] == shown
        assert agents.post_json(path, {"tool_resources": shown})["tool_resources"] == shown
    bare = agents.post_json("/threads", {"messages": [MESSAGE]})
    assert answer(agents, agent, bare) == "I have tides.txt."
    assert answer(agents, make_agent(agents, CODE), thread) == "I have tides.txt."
    assert answer(agents, make_agent(agents, CODE), tool_resources=CODE_SOURCES) == "I have tides.txt."


def test_an_update_replaces_the_data_sources_of_code(agents):
    file = agents.upload("berths.txt")["id"]
    agent = make_agent(agents, CODE, tool_resources=CODE_SOURCES)
    for resources in ({"file_ids": [file]}, {"file_ids": [], "data_sources": [source("berths.txt")]}):
        changed = agents.post_json(f"/assistants/{agent['id']}", {"tool_resources": {"code_interpreter": resources}})
        assert changed["tool_resources"]["code_interpreter"] == resources


def test_a_store_of_data_sources_is_made_with_an_agent_or_a_thread(searching, agents):
    agents.upload()
    with_store = {"messages": [MESSAGE], "tool_resources": SEARCH_SOURCES}
    agent, thread = make_agent(agents, SEARCH, tool_resources=SEARCH_SOURCES), agents.post_json("/threads", with_store)
    for document in (agent, thread):
        (store_id,) = document["tool_resources"]["file_search"]["vector_store_ids"]
        assert list(document["tool_resources"]["file_search"]) == ["vector_store_ids"]
        assert agents.get_json(f"/vector_stores/{store_id}")["name"] == "Papers"
    expected = f"Found tides.txt: {TIDES_TEXT}"
    bare, plain = agents.post_json("/threads", {"messages": [MESSAGE]}), make_agent(agents, SEARCH)
    assert answer(agents, agent, bare) == expected
    assert answer(agents, plain, thread) == expected
    assert answer(agents, plain, tool_resources=SEARCH_SOURCES) == expected


def test_a_thread_that_is_made_with_its_run_may_have_one_unless_the_run_names_another(searching, agents):
    agents.upload()
    agent, other = make_agent(agents, SEARCH), make_store(agents)["id"]
    body = {"assistant_id": agent["id"], "thread": {"messages": [MESSAGE], "tool_resources": SEARCH_SOURCES}}
    for more in ({}, {"tool_resources": {"file_search": {"vector_store_ids": [other]}}}):
        run = agents.post_json("/threads/runs", {**body, **more})
        resources = agents.get_json(f"/threads/{run['thread_id']}")["tool_resources"]
        assert (resources["file_search"]["vector_store_ids"] == [other]) is bool(more)
    assert len(agents.get_json("/vector_stores")["data"]) == 2


@pytest.mark.parametrize("path, body", [("/assistants", {"model": MODEL, "tools": [SEARCH]}), ("/threads", {})])
def test_an_update_may_make_a_store_of_data_sources(agents, path, body):
    made = agents.post_json(path, {**body, "tool_resources": SEARCH_SOURCES})
    changed = agents.post_json(f"{path}/{made['id']}", {"tool_resources": SEARCH_SOURCES})
    before, after = (one["tool_resources"]["file_search"]["vector_store_ids"] for one in (made, changed))
    assert before != after
    assert len(after) == 1


# --- messages -------------------------------------------------------------------------------------------------------


def test_a_message_shows_its_data_sources_as_sent(agents):
    thread = agents.post_json("/threads", {"messages": [{**MESSAGE, "attachments": [ATTACHED]}]})
    path = f"/threads/{thread['id']}/messages"
    assert agents.post_json(path, {**MESSAGE, "attachments": [ATTACHED]})["attachments"] == [ATTACHED]
    assert [message["attachments"] for message in agents.get_json(path)["data"]] == [[ATTACHED], [ATTACHED]]
    resources = agents.get_json(f"/threads/{thread['id']}")["tool_resources"]
    assert resources["code_interpreter"] == {"file_ids": [], "data_sources": [TIDES]}
    assert len(resources["file_search"]["vector_store_ids"]) == 1


def test_the_tools_read_the_files_of_a_messages_data_sources(searching, agents):
    berths, tides = agents.upload("berths.txt", b"x"), agents.upload()
    by_id = {"file_id": berths["id"], "tools": [CODE]}
    thread = agents.post_json("/threads", {"messages": [{**MESSAGE, "attachments": [by_id, ATTACHED]}]})
    assert answer(agents, make_agent(agents, CODE, SEARCH), thread) == f"Found tides.txt: {TIDES_TEXT}"
    searching.play({"say": "I have{% for file in files %} {{ file.name }}{% endfor %}."})
    assert answer(agents, make_agent(agents, CODE), thread) == "I have berths.txt tides.txt."
    assert tides["id"] in [file["id"] for file in files_of(agents)]


def test_the_messages_that_a_run_adds_may_have_them(searching, agents):
    agents.upload()
    thread = agents.post_json("/threads", {})
    added = [{**MESSAGE, "attachments": [ATTACHED]}]
    text = answer(agents, make_agent(agents, SEARCH), thread, additional_messages=added)
    assert text == f"Found tides.txt: {TIDES_TEXT}"


def test_a_client_of_v1_sees_the_files_of_a_messages_data_sources(ns, agents):
    ns.put(wire="2024-05-01")
    file = agents.upload()["id"]
    thread = agents.post_json("/threads", {"messages": [{**MESSAGE, "attachments": [ATTACHED]}]})
    (message,) = raw_api(ns, "v1").get_json(f"/threads/{thread['id']}/messages")["data"]
    assert message["file_ids"] == [file]


# --- refusals -------------------------------------------------------------------------------------------------------

# path, body, and the first parameter that other mounts do not know
ELSEWHERE = [
    ("/vector_stores", {"configuration": named("a.txt")}, "configuration"),
    ("/vector_stores/{store}/files", {"file_id": "{file}", "data_source": TIDES}, "data_source"),
    ("/vector_stores/{store}/file_batches", {"data_sources": [TIDES]}, "data_sources"),
    (
        "/assistants",
        {"model": MODEL, "tool_resources": CODE_SOURCES},
        "tool_resources.code_interpreter.data_sources",
    ),
    ("/threads", {"tool_resources": SEARCH_SOURCES}, "tool_resources.file_search.vector_stores[0].name"),
    (
        "/threads",
        {"messages": [{**MESSAGE, "attachments": [{**ATTACHED, "file_id": "{file}"}]}]},
        "messages[0].attachments[0].data_source",
    ),
]


def filled(value, **ids):
    """Return a path or a body with the ids of what is there."""
    if isinstance(value, dict):
        return {name: filled(one, **ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, **ids) for one in value]
    return value.format(**ids) if isinstance(value, str) else value


@pytest.mark.parametrize("path, body, param", ELSEWHERE)
def test_no_other_mount_knows_data_sources(ns, azure, path, body, param):
    for api in (raw_api(ns), azure):
        ids = {"store": api.post_json("/vector_stores", {})["id"], "file": api.upload()["id"]}
        before = files_of(api)
        refused = api.post(filled(path, **ids), filled(body, **ids))
        assert_refused(refused, 400, f"Unknown parameter: '{param}'.", param, "unknown_parameter")
        assert files_of(api) == before


def test_no_other_mount_suggests_what_foundry_alone_knows(ns):
    refused = raw_api(ns).post("/vector_stores", {"configurations": {}})
    assert refused.json()["error"]["message"] == "Unknown parameter: 'configurations'."
    assert raw_api(ns).post("/vector_stores", {"name_": "x"}).json()["error"]["message"].endswith("mean 'name'?")


def test_a_name_that_is_spelt_wrongly_is_suggested_on_foundry(agents):
    refused = agents.post("/vector_stores", {"configurations": {}})
    assert refused.json()["error"]["message"] == "Unknown parameter: 'configurations'. Did you mean 'configuration'?"


MISSING, EITHER = "missing_required_parameter", "invalid_value"


@pytest.mark.parametrize(
    "path, body, message, code",
    [
        ("/vector_stores/{store}/files", {}, "Missing required parameter: 'file_id'.", MISSING),
        (
            "/vector_stores/{store}/files",
            {"file_id": "{file}", "data_source": TIDES},
            "Only one of 'file_id' and 'data_source' may be given.",
            EITHER,
        ),
        ("/vector_stores/{store}/file_batches", {}, "Missing required parameter: 'file_ids'.", MISSING),
        (
            "/threads",
            {"messages": [{**MESSAGE, "attachments": [{"tools": [CODE]}]}]},
            "Missing required parameter: 'messages[0].attachments[0].file_id'.",
            MISSING,
        ),
        (
            "/threads",
            {"messages": [{**MESSAGE, "attachments": [{**ATTACHED, "file_id": "{file}"}]}]},
            "Only one of 'file_id' and 'data_source' may be given.",
            EITHER,
        ),
        (
            "/threads",
            {"tool_resources": {"code_interpreter": {"file_ids": ["{file}"], "data_sources": [TIDES]}}},
            "Only one of 'file_ids' and 'data_sources' may be given.",
            EITHER,
        ),
        (
            "/threads",
            {"tool_resources": {"file_search": {"vector_stores": [{"configuration": named("a.txt")}]}}},
            "Missing required parameter: 'tool_resources.file_search.vector_stores[0].name'.",
            MISSING,
        ),
        (
            "/threads",
            {"tool_resources": {"file_search": {"vector_stores": [{"name": "x", "configuration": {}}]}}},
            "Missing required parameter: 'tool_resources.file_search.vector_stores[0].configuration.data_sources'.",
            MISSING,
        ),
        (
            "/threads",
            {"tool_resources": {"file_search": {"vector_stores": [STORE_TO_MAKE], "vector_store_ids": ["{store}"]}}},
            "Only one of 'vector_store_ids' and 'vector_stores' may be given.",
            EITHER,
        ),
        (
            "/threads",
            {"tool_resources": {"file_search": {"vector_stores": [{"name": "x", "configuration": named()}]}}},
            "file_search tool configuration is invalid. file_ids must be non-empty",
            None,
        ),
        (
            "/vector_stores",
            {"configuration": {"data_sources": [{"type": "uri_asset"}]}},
            "Missing required parameter: 'configuration.data_sources[0].uri'.",
            MISSING,
        ),
        (
            "/vector_stores",
            {"configuration": {"data_sources": [{"uri": "a/b.txt", "type": "blob"}]}},
            "Invalid value: 'blob'. Supported values are: 'uri_asset' and 'id_asset'.",
            EITHER,
        ),
        (
            "/vector_stores/{store}/file_batches",
            {"data_sources": []},
            "Invalid 'data_sources': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_the_words_of_the_api(agents, path, body, message, code):
    ids = {"store": agents.post_json("/vector_stores", {})["id"], "file": agents.upload()["id"]}
    before = files_of(agents)
    error = agents.post(filled(path, **ids), filled(body, **ids))
    assert error.status_code == 400
    assert (error.json()["error"]["message"], error.json()["error"]["code"]) == (message, code)
    assert files_of(agents) == before


def test_a_request_that_is_refused_later_leaves_no_file(agents):
    chunking = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 99}}
    for path, body in (
        ("/vector_stores", {"configuration": named("a.txt"), "chunking_strategy": chunking}),
        ("/threads", {"messages": [{**MESSAGE, "attachments": [{"data_source": source("a.zip"), "tools": [SEARCH]}]}]}),
        ("/vector_stores", {"configuration": named("a.txt"), "file_ids": ["assistant-unknown"]}),
        (
            "/assistants",
            {"model": MODEL, "tool_resources": {**SEARCH_SOURCES, "code_interpreter": {"file_ids": ["assistant-x"]}}},
        ),
    ):
        assert agents.post(path, body).status_code in (400, 404)
    assert files_of(agents) == []


# --- images ---------------------------------------------------------------------------------------------------------


def with_image(url):
    return {
        "role": "user",
        "content": [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": url}}],
    }


@pytest.mark.parametrize("kind", ["jpeg", "jpg", "png", "gif", "webp"])
def test_a_message_has_an_image_in_itself(ns, agents, kind):
    url = f"data:image/{kind};base64,AAAA"
    thread = agents.post_json("/threads", {"messages": [with_image(url)]})
    (message,) = agents.get_json(f"/threads/{thread['id']}/messages")["data"]
    assert message["content"][1]["image_url"] == {"url": url, "detail": "auto"}
    (seen,) = raw_api(ns).get_json(f"/threads/{thread['id']}/messages")["data"]
    assert seen["content"] == message["content"]


def test_an_image_may_be_as_large_as_a_body(agents):
    url = "data:image/png;base64," + "A" * 4 * 1024 * 1024
    thread = agents.post_json("/threads", {"messages": [with_image(url)]})
    (message,) = agents.get_json(f"/threads/{thread['id']}/messages")["data"]
    assert message["content"][1]["image_url"]["url"] == url


@pytest.mark.parametrize("url", ["DATA:Image/PNG;BASE64,AAAA", "data:image/png;name=a.png;base64,AAAA"])
def test_letters_of_either_case_and_parameters_are_taken(agents, url):
    agents.post_json("/threads", {"messages": [with_image(url)]})


@pytest.mark.parametrize(
    "url",
    [
        "data:",
        "data:image/png;base64,",
        "data:image/png;base64,A",
        "data:image/png;base64,AA AA",
        "data:image/png;base64,ÄÄÄÄ",
        "data:image/png,AAAA",
        "data:image/svg+xml;base64,AAAA",
        "data:text/plain;base64,AAAA",
        "data:;base64,AAAA",
        "image/png;base64,AAAA",
        "AAAA",
    ],
)
def test_what_is_no_image_is_refused(agents, url):
    param = "messages[0].content[1].image_url.url"
    refused = agents.post("/threads", {"messages": [with_image(url)]})
    assert_refused(refused, 400, f"Invalid '{param}'. {NO_URL}", param, "invalid_value")


def test_no_other_mount_takes_an_image_in_a_message(ns, azure):
    for api in (raw_api(ns), azure):
        assert api.post("/threads", {"messages": [with_image(PNG)]}).status_code == 400


# --- uploads --------------------------------------------------------------------------------------------------------


def test_an_upload_names_its_file_in_a_field(ns, azure, agents):
    form = {"data": {"purpose": "assistants", "filename": "other.csv"}, "files": {"file": ("a.txt", b"x")}}
    assert agents.post_json("/files", **form)["filename"] == "other.csv"
    for api in (raw_api(ns), azure):
        message = api.post("/files", **form).json()["error"]["message"]
        assert message == "Additional properties are not allowed ('filename' was unexpected)"


def test_an_empty_field_names_nothing(agents):
    form = {"data": {"purpose": "assistants", "filename": ""}, "files": {"file": ("a.txt", b"x")}}
    assert agents.post_json("/files", **form)["filename"] == "a.txt"


def test_the_extension_is_that_of_the_field(ns, agents):
    ns.put(wire="2024-10-20")
    form = {"data": {"purpose": "assistants", "filename": "a.odd"}, "files": {"file": ("a.txt", b"x")}}
    assert agents.post("/files", **form).json()["error"]["message"].startswith("Invalid extension odd.")


# --- what tools require ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule, key, hint",
    [
        ({"sometimes": {"tool_names": []}}, "sometimes", ""),
        ({"nevr": {"tool_names": []}}, "nevr", " Did you mean 'never'?"),
        ({"never": {"tool_names": [], "servers": []}}, "never.servers", ""),
    ],
)
def test_an_unknown_rule_of_approval_is_refused(agents, rule, key, hint):
    servers = [{"server_label": "charts", "headers": {}, "require_approval": rule}]
    refused = agents.post("/assistants", {"model": MODEL, "tool_resources": {"mcp": servers}})
    param = f"tool_resources.mcp[0].require_approval.{key}"
    assert_refused(refused, 400, f"Unknown parameter: '{param}'.{hint}", param, "unknown_parameter")


@pytest.mark.parametrize(
    "auth, field",
    [
        ({"type": "connection"}, "security_scheme"),
        ({"type": "managed_identity"}, "security_scheme"),
        ({"type": "connection", "security_scheme": {}}, "security_scheme.connection_id"),
        ({"type": "managed_identity", "security_scheme": {"connection_id": "c"}}, "security_scheme.audience"),
    ],
)
def test_a_service_is_described_with_what_lets_the_agent_in(agents, auth, field):
    tool = {"type": "openapi", "openapi": {"name": "tides", "spec": {}, "auth": auth}}
    refused = agents.post("/assistants", {"model": MODEL, "tools": [tool]})
    param = f"tools[0].openapi.auth.{field}"
    assert_refused(refused, 400, f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


@pytest.mark.parametrize(
    "auth",
    [
        {"type": "anonymous", "security_scheme": {}},
        {"type": "connection", "security_scheme": {"connection_id": "c"}},
        {"type": "managed_identity", "security_scheme": {"audience": "https://tides.example"}, "colour": "blue"},
    ],
)
def test_a_service_is_shown_with_what_lets_the_agent_in(agents, auth):
    tool = {"type": "openapi", "openapi": {"name": "tides", "spec": {}, "auth": auth, "functions": []}}
    assert make_agent(agents, tool)["tools"] == [tool]
