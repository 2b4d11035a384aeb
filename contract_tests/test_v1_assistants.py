import pytest

from contract_tests.harness import MODEL, NOON_SECONDS
from contract_tests.raw_api import EMPTY_PAGE, assert_refused, is_id, raw_api

FUNCTION = {"type": "function", "function": {"name": "add_up", "parameters": {"type": "object", "properties": {}}}}
LAST_KEYS = [
    "id", "object", "created_at", "name", "description", "model", "instructions", "tools", "top_p", "temperature",
    "file_ids", "metadata", "response_format",
]  # fmt: skip


@pytest.fixture
def v1(ns):
    return raw_api(ns, "v1")


@pytest.fixture
def files(v1):
    return [v1.upload(f"{n}.txt")["id"] for n in range(3)]


def test_an_assistant_on_v1_has_file_ids_and_no_tool_resources(frozen, v1, files):
    fields = {
        "model": "gpt-4",
        "name": "Lotse",
        "tools": [{"type": "retrieval"}, {"type": "code_interpreter"}],
        "file_ids": files,
    }
    assistant = v1.post_json("/assistants", fields)
    assert assistant == {
        "id": assistant["id"],
        "object": "assistant",
        "created_at": NOON_SECONDS,
        "name": "Lotse",
        "description": None,
        "model": "gpt-4",
        "instructions": None,
        "tools": [{"type": "retrieval"}, {"type": "code_interpreter"}],
        "top_p": 1.0,
        "temperature": 1.0,
        "file_ids": files,
        "metadata": {},
        "response_format": "auto",
    }
    assert list(assistant) == LAST_KEYS
    assert v1.get_json(f"/assistants/{assistant['id']}") == assistant
    assert v1.get_json("/assistants")["data"] == [assistant]


def test_an_assistant_of_2023_has_neither_sampling_nor_a_response_format(ns, v1):
    ns.put(wire="2023-11-10")
    assistant = v1.post_json("/assistants", {"model": "gpt-4", "tools": [FUNCTION]})
    keys = [
        "id",
        "object",
        "created_at",
        "name",
        "description",
        "model",
        "instructions",
        "tools",
        "file_ids",
        "metadata",
    ]
    assert list(assistant) == keys
    assert assistant["tools"] == [FUNCTION]
    assert assistant["file_ids"] == []


def test_file_ids_are_replaced_by_an_update_that_has_them(v1, files):
    assistant = v1.post_json("/assistants", {"model": MODEL, "file_ids": files[:1]})
    assert v1.post_json(f"/assistants/{assistant['id']}", {"name": "Neu"})["file_ids"] == files[:1]
    assert v1.post_json(f"/assistants/{assistant['id']}", {"file_ids": files[1:]})["file_ids"] == files[1:]
    assert v1.post_json(f"/assistants/{assistant['id']}", {"file_ids": []})["file_ids"] == []


def test_a_deleted_assistant_is_gone(v1):
    assistant = v1.post_json("/assistants", {"model": MODEL})
    deletion = v1.delete(f"/assistants/{assistant['id']}").json()
    assert deletion == {"id": assistant["id"], "object": "assistant.deleted", "deleted": True}
    assert_refused(v1.get(f"/assistants/{assistant['id']}"), 404, f"No assistant found with id '{assistant['id']}'.")


# --- one file after the other ---------------------------------------------------------------------------------------


def test_files_are_attached_one_by_one(frozen, v1, files):
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}]})["id"]
    response = v1.post(f"/assistants/{assistant_id}/files", {"file_id": files[0]})
    about = {"object": "assistant.file", "created_at": NOON_SECONDS, "assistant_id": assistant_id}
    assert response.json() == {"id": files[0], **about}
    assert list(response.json()) == ["id", "object", "created_at", "assistant_id"]
    assert response.text.endswith("\n}")
    assert v1.get_json(f"/assistants/{assistant_id}/files/{files[0]}") == response.json()
    assert v1.get_json(f"/assistants/{assistant_id}")["file_ids"] == [files[0]]


def test_an_assistant_file_is_dated_when_it_was_attached(frozen, v1, files):
    frozen.advance("1m")
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "file_ids": files[:1]})["id"]
    frozen.advance("1m")
    v1.post_json(f"/assistants/{assistant_id}/files", {"file_id": files[1]})
    v1.post_json(f"/assistants/{assistant_id}", {"file_ids": files})
    page = v1.get_json(f"/assistants/{assistant_id}/files", params={"order": "asc"})
    assert [file["created_at"] - NOON_SECONDS for file in page["data"]] == [60, 120, 120]


def test_a_file_that_is_attached_twice_is_listed_once(v1, files):
    assistant_id = v1.post_json("/assistants", {"model": MODEL})["id"]
    for _ in range(2):
        v1.post_json(f"/assistants/{assistant_id}/files", {"file_id": files[0]})
    assert v1.get_json(f"/assistants/{assistant_id}")["file_ids"] == [files[0]]


def test_files_of_an_assistant_are_listed(v1, files):
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "file_ids": files})["id"]
    path = f"/assistants/{assistant_id}/files"

    def listed(**query):
        page = v1.get_json(path, params=query)
        return [file["id"] for file in page["data"]], page["has_more"]

    page = v1.get_json(path)
    assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
    assert ([file["id"] for file in page["data"]], page["first_id"], page["last_id"]) == (
        files[::-1],
        files[2],
        files[0],
    )
    assert listed(order="asc") == (files, False)
    assert listed(order="asc", limit=2) == (files[:2], True)
    assert listed(order="asc", after=files[0], limit=1) == (files[1:2], True)
    assert listed(order="asc", before=files[2], limit=1) == (files[1:2], True)
    assert listed(order="asc", before=files[2]) == (files[:2], False)
    assert v1.get_json(path, params={"after": files[0]}) == EMPTY_PAGE
    assert v1.get(path, params={"after": "file-0"}).status_code == 400
    assert v1.get(path, params={"limit": 101}).status_code == 400


def test_a_detached_file_still_exists(v1, files):
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "file_ids": files})["id"]
    deletion = v1.delete(f"/assistants/{assistant_id}/files/{files[1]}").json()
    assert deletion == {"id": files[1], "object": "assistant.file.deleted", "deleted": True}
    assert v1.get_json(f"/assistants/{assistant_id}")["file_ids"] == [files[0], files[2]]
    assert v1.get_json(f"/files/{files[1]}")["id"] == files[1]
    for response in (
        v1.get(f"/assistants/{assistant_id}/files/{files[1]}"),
        v1.delete(f"/assistants/{assistant_id}/files/{files[1]}"),
    ):
        assert_refused(response, 404, f"No assistant file found with id '{files[1]}'.")


def test_an_assistant_has_at_most_twenty_files(v1):
    ids = [v1.upload(f"{n}.txt", b"x")["id"] for n in range(21)]
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "file_ids": ids[:20]})["id"]
    message = "Assistant support at most 20 files, remove some files before adding new ones."
    assert_refused(v1.post(f"/assistants/{assistant_id}/files", {"file_id": ids[20]}), 400, message)
    assert v1.post(f"/assistants/{assistant_id}/files", {"file_id": ids[0]}).status_code == 200
    assert v1.post("/assistants", {"model": MODEL, "file_ids": ids}).status_code == 400


def test_missing_files_and_assistants_are_not_found(v1, files):
    assistant_id = v1.post_json("/assistants", {"model": MODEL})["id"]
    assert_refused(
        v1.post(f"/assistants/{assistant_id}/files", {"file_id": "file-0"}), 404, "Files [file-0] were not found"
    )
    assert_refused(
        v1.post("/assistants", {"model": MODEL, "file_ids": ["file-0"]}), 404, "Files [file-0] were not found"
    )
    assert v1.post("/assistants/asst_0/files", {"file_id": files[0]}).status_code == 404
    assert v1.get("/assistants/asst_0/files").status_code == 404


# --- one assistant, two wires ---------------------------------------------------------------------------------------


def test_an_assistant_of_v1_can_be_read_on_v2(ns, v1, files):
    tools = [{"type": "retrieval"}, {"type": "code_interpreter"}]
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "tools": tools, "file_ids": files})["id"]
    document = raw_api(ns).get_json(f"/assistants/{assistant_id}")
    assert "file_ids" not in document
    assert [tool["type"] for tool in document["tools"]] == ["file_search", "code_interpreter"]
    assert document["tool_resources"]["code_interpreter"] == {"file_ids": files}


def test_a_run_searches_the_files_that_are_attached_when_it_begins(ns, v1, files):
    ns.play({"search": "high water"}, {"say": "{{ hits.results | map(attribute='file_name') | sort | join(' ') }}"})
    assistant_id = v1.post_json(
        "/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}], "file_ids": files[:2]}
    )["id"]

    def found():
        run = v1.post_json(
            "/threads/runs", {"assistant_id": assistant_id, "thread": {"messages": [{"role": "user", "content": "x"}]}}
        )
        return v1.get_json(f"/threads/{run['thread_id']}/messages")["data"][0]["content"][0]["text"]["value"]

    assert found() == "0.txt 1.txt"
    v1.post_json(f"/assistants/{assistant_id}/files", {"file_id": files[2]})
    v1.delete(f"/assistants/{assistant_id}/files/{files[0]}")
    assert found() == "1.txt 2.txt"
    assert raw_api(ns).get_json("/vector_stores")["data"] == []


def test_an_assistant_of_v2_can_be_read_on_v1(ns, v1, files):
    resources = {"code_interpreter": {"file_ids": files}}
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    assistant_id = raw_api(ns).post_json("/assistants", {"model": MODEL, "tools": tools, "tool_resources": resources})[
        "id"
    ]
    document = v1.get_json(f"/assistants/{assistant_id}")
    assert list(document) == LAST_KEYS
    assert document["file_ids"] == files
    assert [tool["type"] for tool in document["tools"]] == ["code_interpreter", "retrieval"]


def test_ids_of_v1_have_their_historical_length(ns, v1):
    ns.put(wire="2024-03-01")
    assert is_id(v1.post_json("/assistants", {"model": MODEL})["id"], "asst_", 24)
    assert is_id(v1.post_json("/threads", {})["id"], "thread_", 24)
    assert is_id(v1.upload()["id"], "file-", 24)


# --- in May 2024, on v2 too -----------------------------------------------------------------------------------------


@pytest.fixture
def v2_of_may_2024(ns):
    ns.put(wire="2024-05-15")
    return raw_api(ns)


def test_v2_attached_files_one_by_one_in_may_2024(v2_of_may_2024, files):
    api = v2_of_may_2024
    assistant_id = api.post_json("/assistants", {"model": MODEL, "tools": [{"type": "file_search"}]})["id"]
    path = f"/assistants/{assistant_id}/files"
    attached = [api.post_json(path, {"file_id": file_id}) for file_id in files]
    assert [list(file) for file in attached] == [["id", "object", "created_at", "assistant_id"]] * 3
    assert {(file["object"], file["assistant_id"]) for file in attached} == {("assistant.file", assistant_id)}
    assert api.get_json(path, params={"order": "asc"})["data"] == attached
    assert api.get_json(f"{path}/{files[0]}") == attached[0]
    deletion = api.delete(f"{path}/{files[0]}").json()
    assert deletion == {"id": files[0], "object": "assistant.file.deleted", "deleted": True}
    assert_refused(api.get(f"{path}/{files[0]}"), 404, f"No assistant file found with id '{files[0]}'.")
    assert [file["id"] for file in api.get_json(path, params={"order": "asc"})["data"]] == files[1:]


def test_files_that_v2_attached_were_in_a_store_of_the_assistant(v2_of_may_2024, files):
    api = v2_of_may_2024
    assistant_id = api.post_json("/assistants", {"model": MODEL, "tools": [{"type": "file_search"}]})["id"]
    for file_id in files:
        api.post_json(f"/assistants/{assistant_id}/files", {"file_id": file_id})
    document = api.get_json(f"/assistants/{assistant_id}")
    (store,) = document["tool_resources"]["file_search"]["vector_store_ids"]
    assert "file_ids" not in document
    assert [one["id"] for one in api.get_json("/vector_stores")["data"]] == [store]

    def in_store():
        page = api.get_json(f"/vector_stores/{store}/files", params={"order": "asc"})
        return [file["id"] for file in page["data"]]

    assert in_store() == files
    api.delete(f"/assistants/{assistant_id}/files/{files[1]}")
    assert in_store() == [files[0], files[2]]
    assert api.get_json(f"/files/{files[1]}")["id"] == files[1]


def test_a_run_finds_a_file_that_v2_attached_once(ns, v2_of_may_2024, files):
    ns.play({"search": "high water"}, {"say": "{{ hits.results | map(attribute='file_name') | join(' ') }}"})
    api = v2_of_may_2024
    assistant_id = api.post_json("/assistants", {"model": MODEL, "tools": [{"type": "file_search"}]})["id"]
    api.post_json(f"/assistants/{assistant_id}/files", {"file_id": files[0]})
    thread = {"messages": [{"role": "user", "content": "x"}]}
    run = api.post_json("/threads/runs", {"assistant_id": assistant_id, "thread": thread})
    newest = api.get_json(f"/threads/{run['thread_id']}/messages")["data"][0]
    assert newest["content"][0]["text"]["value"] == "0.txt"


def test_v2_has_no_files_of_messages_in_may_2024(v2_of_may_2024):
    path = "/threads/thread_0/messages/msg_0/files"
    assert_refused(v2_of_may_2024.get(path), 404, f"Invalid URL (GET /v1{path})")


def test_v2_has_no_files_of_assistants_in_june_2024(ns, files):
    ns.put(wire="2024-06-01")
    api = raw_api(ns)
    assistant_id = api.post_json("/assistants", {"model": MODEL})["id"]
    path = f"/assistants/{assistant_id}/files"
    assert_refused(api.post(path, {"file_id": files[0]}), 404, f"Invalid URL (POST /v1{path})")
