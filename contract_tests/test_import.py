"""Importing objects in the API's own JSON: their ids stay, and whatever cannot be taken is named with the reason."""

import io
import json

import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, WEATHER, Namespace
from contract_tests.test_snapshots import Caller

DAY = NOON_SECONDS - 86_400


@pytest.fixture
def ask(frozen):
    return Caller(frozen)


def send(ns, data, *, status=200, files=None):
    """Import JSON; files: further parts of a form, (name of the part, file name, bytes)."""
    if files is None:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        response = ns.http.post(f"{ns.control_url}/import", content=body, headers={"content-type": "application/json"})
    else:
        parts = [("objects", (None, json.dumps(data)))] if data is not None else []
        parts += [(name, (filename, io.BytesIO(content))) for name, filename, content in files]
        response = ns.http.post(f"{ns.control_url}/import", files=parts)
    assert response.status_code == status, response.text
    return response.json()


def message(number, *, at=DAY, thread="thread_1", **fields):
    content = [{"type": "text", "text": {"value": f"text {number}", "annotations": []}}]
    about = {"id": f"msg_{number}", "object": "thread.message", "created_at": at, "thread_id": thread}
    return {**about, "role": "user", "content": content, "attachments": [], "metadata": {}, **fields}


def run(status="completed", **fields):
    about = {
        "id": "run_1",
        "object": "thread.run",
        "created_at": DAY,
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
    }
    times = {"started_at": DAY + 1, "completed_at": DAY + 9 if status == "completed" else None, "expires_at": None}
    return {**about, "status": status, **times, "model": MODEL, **fields}


def texts(ask, thread="thread_1"):
    listed = ask("GET", f"/threads/{thread}/messages?order=asc&limit=100")["data"]
    return [one["content"][0]["text"]["value"] for one in listed]


# --- whole conversations ----------------------------------------------------------------------------------------------


def test_what_the_api_showed_is_the_same_again_in_another_namespace(frozen, ask, client, server, http):
    frozen.play({"code": "1 + 1", "logs": "2"}, {"call": "look_outside", "args": {"town": "Oslo"}}, {"say": "Clear."})
    file = client.files.create(file=("notes.txt", b"The tide comes at noon."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id], name="notes")
    tools = [WEATHER, {"type": "code_interpreter"}, {"type": "file_search"}]
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    assistant = ask("POST", "/assistants", {"model": MODEL, "tools": tools, "tool_resources": resources, "name": "A"})
    begun = ask(
        "POST",
        "/threads/runs",
        {"assistant_id": assistant["id"], "thread": {"messages": [{"role": "user", "content": "Sky?"}]}},
    )
    ask.submit(begun, "blue")
    on_thread = f"/threads/{begun['thread_id']}"
    paths = [
        f"/assistants/{assistant['id']}", on_thread, f"{on_thread}/messages", f"{on_thread}/runs",
        f"{on_thread}/runs/{begun['id']}/steps", f"/files/{file.id}", f"/vector_stores/{store.id}", f"/vector_stores/{store.id}/files",
    ]  # fmt: skip
    shown = [ask("GET", path) for path in paths]
    other = Namespace(f"{frozen.name[:40]}-other", frozen.url, frozen.http)
    other.freeze()
    answer = send(
        other,
        {"objects": shown},
        files=[(file.id, "notes.txt", b"The tide comes at noon.")],
    )
    assert answer["skipped"] == answer["notes"] == []
    assert answer["imported"] == {
        "files": 1, "vector_stores": 1, "assistants": 1, "threads": 1, "runs": 1, "messages": 2, "run_steps": 3, "vector_store_files": 1,
    }  # fmt: skip
    there = Caller(other)
    found = [there("GET", path) for path in paths]
    for page in (*shown, *found):  # a store is used when a file is added to it
        page.pop("last_active_at", None)
    assert found == shown
    assert there("POST", f"/vector_stores/{store.id}/search", {"query": "tide"})["data"][0]["file_id"] == file.id
    assert there.send("GET", f"/files/{file.id}").status_code == 200
    other.control("DELETE")


def test_a_conversation_goes_on(frozen, ask):
    frozen.play({"say": "Goes on."})
    send(
        frozen,
        [{"id": "asst_1", "object": "assistant", "model": MODEL}, message(1), message(2, at=DAY + 5, role="assistant")],
    )
    begun = ask("POST", "/threads/thread_1/runs", {"assistant_id": "asst_1"})
    assert ask.read(begun)["status"] == "completed"
    assert len(texts(ask)) == 3


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        message(1),
        [message(1)],
        {"object": "list", "data": [message(1)], "first_id": "msg_1", "last_id": "msg_1", "has_more": False},
        {"objects": [message(1)]},
        [{"object": "list", "data": [message(1)]}],
        {"objects": [{"object": "list", "data": [message(1)]}]},
    ],
    ids=["object", "list", "page", "objects", "list of pages", "objects of pages"],
)
def test_an_object_may_come_alone_or_in_lists(data, frozen, ask):
    answer = send(frozen, data)
    assert (answer["imported"], answer["ids"]) == ({"messages": 1}, {"msg_1": "msg_1"})
    assert texts(ask) == ["text 1"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"5", b"null", b'"x"', b'{"objects": 5}', b'{"object": "list"}', b'{"a": 1e999}']
)
def test_what_is_no_import_is_refused(data, frozen):
    assert send(frozen, data, status=400)["error"]["type"] == "control_error"


@pytest.mark.parametrize(
    "listed, expected",
    [
        ([message(3, at=DAY + 3), message(2, at=DAY + 2), message(1, at=DAY + 1)], "123"),
        ([message(1, at=DAY + 1), message(2, at=DAY + 2), message(3, at=DAY + 3)], "123"),
        ({"object": "list", "data": [message(3), message(2), message(1)]}, "123"),
        ([message(1), message(2), message(3)], "123"),
        ([message(4, at=DAY + 1), message(3), message(2), message(1)], "1234"),
        ([{"object": "list", "data": [message(3), message(2)]}, {"object": "list", "data": [message(1)]}], "123"),
    ],
)
def test_messages_are_on_their_thread_in_the_order_of_their_age(listed, expected, frozen, ask):
    send(frozen, listed)
    assert texts(ask) == [f"text {number}" for number in expected]


def test_messages_that_are_there_already_keep_their_place_among_older_and_newer_ones(frozen, ask):
    send(frozen, [message(2, at=DAY + 2), message(4, at=DAY + 4)])
    send(frozen, [message(1, at=DAY + 1), message(3, at=DAY + 3), message(5, at=DAY + 5)])
    assert texts(ask) == [f"text {number}" for number in range(1, 6)]


def test_objects_of_v1_become_those_of_v2(frozen, ask):
    file = {
        "id": "file-1",
        "object": "file",
        "created_at": DAY,
        "filename": "a.txt",
        "purpose": "assistants",
        "bytes": 5,
    }
    assistant = {
        "id": "asst_1",
        "object": "assistant",
        "model": MODEL,
        "created_at": DAY,
        "tools": [{"type": "retrieval"}],
        "file_ids": ["file-1"],
    }
    of_v1 = message(1, file_ids=["file-1"])
    del of_v1["attachments"]
    step = {
        "id": "step_1", "object": "thread.run.step", "created_at": DAY, "run_id": "run_1", "assistant_id": "asst_1", "thread_id": "thread_1",
        "type": "tool_calls", "status": "completed", "completed_at": DAY + 2, "expired_at": None, "metadata": {},
        "step_details": {"type": "tool_calls", "tool_calls": [{"id": "call_1", "type": "retrieval", "retrieval": {}}]},
    }  # fmt: skip
    answer = send(
        frozen,
        [assistant, of_v1, run(file_ids=["file-1"], tools=[{"type": "retrieval"}]), step, file],
        files=[("file-1", "a.txt", b"tides")],
    )
    assert answer["skipped"] == []
    assert ask("GET", "/assistants/asst_1")["tools"][0]["type"] == "file_search"
    assert ask("GET", "/threads/thread_1/messages/msg_1")["attachments"] == [
        {"file_id": "file-1", "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}
    ]
    assert ask("GET", "/threads/thread_1/runs/run_1")["tools"][0]["type"] == "file_search"
    call = ask("GET", "/threads/thread_1/runs/run_1/steps/step_1")["step_details"]["tool_calls"][0]
    assert (call["type"], call["file_search"]["results"]) == ("file_search", [])


def test_a_message_may_have_the_content_of_a_request(frozen, ask):
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    send(frozen, [message(1, content="plain"), message(2, content=[{"type": "text", "text": "part"}, image])])
    assert texts(ask) == ["plain", "part"]
    assert ask("GET", "/threads/thread_1/messages/msg_2")["content"][1]["image_url"]["detail"] == "auto"


# --- files ------------------------------------------------------------------------------------------------------------


def test_bytes_belong_to_a_file_by_its_id_or_its_name_and_are_new_files_otherwise(frozen, ask):
    def file(number, name):
        return {
            "id": f"file-{number}",
            "object": "file",
            "created_at": DAY,
            "filename": name,
            "purpose": "vision",
            "bytes": 0,
        }

    sent = [("file-1", "x", b"by id"), ("any", "two.txt", b"by name"), ("any", "three.txt", b"new")]
    answer = send(frozen, [file(1, "one.txt"), file(2, "two.txt"), file(4, "four.txt")], files=sent)
    assert answer["imported"] == {"files": 4}
    assert ask("GET", "/files/file-1/content") == "by id"
    assert ask("GET", "/files/file-2")["bytes"] == len("by name")
    new = ask("GET", f"/files/{answer['ids']['three.txt']}")
    assert (new["filename"], new["bytes"], new["purpose"]) == ("three.txt", 3, "assistants")
    assert answer["notes"] == [{"what": "file-4", "why": "its bytes were not sent, so it cannot be read"}]
    assert ask.send("GET", "/files/file-4/content").status_code >= 400
    again = send(frozen, [file(1, "one.txt")], files=[("file-1", "x", b"other bytes")])
    assert again["imported"] == {"files": 1}
    assert ask("GET", "/files/file-1/content") == "other bytes"


def test_a_form_may_have_json_files_with_objects_and_others(frozen, ask):
    parts = [
        ("a", "export.json", json.dumps([message(1)]).encode()),
        ("b", "data.json", b'{"tides": [1, 2]}'),
        ("file-9", "page.json", json.dumps([message(2)]).encode()),
    ]
    answer = send(frozen, None, files=parts)
    assert answer["imported"] == {"messages": 1, "files": 2}
    assert set(answer["ids"]) == {"msg_1", "data.json", "page.json"}


def test_a_file_that_changes_is_read_again_in_the_stores_that_hold_it(frozen, client):
    file = client.files.create(file=("a.txt", b"about tides"), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    assert client.vector_stores.search(store.id, query="tides").data
    send(frozen, [{**file.to_dict()}], files=[(file.id, "a.txt", b"about mountains")])
    found = client.vector_stores.search(store.id, query="mountains").data
    assert [one.content[0].text for one in found] == ["about mountains"]


# --- what is there already --------------------------------------------------------------------------------------------


def test_an_object_that_is_there_already_is_replaced(frozen, ask):
    send(frozen, [message(1), message(2), {"id": "asst_1", "object": "assistant", "model": MODEL, "name": "old"}])
    changed = message(1, content="changed")
    send(frozen, [changed, {"id": "asst_1", "object": "assistant", "model": MODEL, "name": "new"}])
    assert texts(ask) == ["changed", "text 2"]
    assert ask("GET", "/assistants/asst_1")["name"] == "new"
    ask("DELETE", "/assistants/asst_1")
    send(frozen, [{"id": "asst_1", "object": "assistant", "model": MODEL, "name": "back"}])
    assert ask("GET", "/assistants/asst_1")["name"] == "back"


def test_a_run_that_is_under_way_is_left_alone_and_so_is_its_thread(frozen, ask):
    frozen.play({"hold": "door"}, {"say": "x"})
    begun = ask.start()
    thread = begun["thread_id"]
    answer = send(frozen, [{**begun, "status": "completed", "completed_at": DAY}, message(1, thread=thread)])
    assert [one["what"] for one in answer["skipped"]] == [begun["id"], "msg_1"]
    assert answer["imported"] == {}
    frozen.release(begun["id"], "door")
    assert texts(ask, thread) == ["Hi", "x"]


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_a_run_that_is_not_over_is_skipped_with_the_reason(status, frozen):
    answer = send(frozen, [run(status)])
    assert answer["skipped"] == [
        {"what": "run_1", "why": f"a run that is {status} cannot go on: nothing is known of its script"}
    ]


def test_new_ids_are_none_of_the_imported_ones(frozen, ask):
    exported = [ask("GET", f"/threads/{ask('POST', '/threads', {})['id']}") for _ in range(4)]
    frozen.control("POST", "/reset")
    send(frozen, exported[1:])
    made = {ask("POST", "/threads", {})["id"] for _ in range(5)}
    assert len(made) == 5
    assert not made & {one["id"] for one in exported[1:]}


# --- what refers to nothing -------------------------------------------------------------------------------------------


def test_a_message_of_an_unknown_thread_makes_the_thread(frozen, ask):
    answer = send(frozen, [message(1, at=DAY + 5), message(2, at=DAY + 3)])
    assert ask("GET", "/threads/thread_1")["created_at"] == DAY + 3
    assert answer["notes"] == [{"what": "thread_1", "why": "it was not sent, so it was made for what is on it"}]


def test_what_names_something_that_is_not_there_is_taken_and_noted(frozen, ask):
    attached = message(1, attachments=[{"file_id": "file-0", "tools": [{"type": "code_interpreter"}]}], run_id="run_0")
    thread = {
        "id": "thread_1",
        "object": "thread",
        "created_at": DAY,
        "tool_resources": {"file_search": {"vector_store_ids": ["vs_0"]}},
    }
    answer = send(frozen, [thread, attached, run()])
    assert answer["skipped"] == []
    assert [(one["what"], one["why"].partition(",")[0]) for one in answer["notes"]] == [
        ("thread_1", "vs_0"), ("run_1", "asst_1"), ("msg_1", "file-0"), ("msg_1", "run_0"),
    ]  # fmt: skip
    assert ask("GET", "/threads/thread_1/runs/run_1")["status"] == "completed"


def test_what_does_not_say_what_it_is_is_skipped_with_that_reason(frozen):
    why = "it does not say in `object` what it is, and looks like no object of the API"
    assert send(frozen, [{"a": 1}])["skipped"] == [{"what": "object 0", "why": why}]


def test_what_cannot_be_taken_is_skipped_with_the_reason_and_the_rest_is_taken(frozen, ask):
    step = {
        "id": "step_1",
        "object": "thread.run.step",
        "run_id": "run_0",
        "thread_id": "thread_1",
        "status": "completed",
        "type": "message_creation",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
    }
    in_store = {"id": "file-0", "object": "vector_store.file", "vector_store_id": "vs_0"}
    deep = {"a": 1}
    for _ in range(120):
        deep = {"a": deep}
    function = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": deep}}}
    bad = [
        5,
        {"object": "chat.completion", "id": "x"},
        {"object": "thread.deleted", "id": "thread_9", "deleted": True},
        message(2, role="nobody"),
        message(3, content=5),
        message(4, content=[{"type": "text"}]),
        message(5, metadata={"a": 5}),
        message(6, at="yesterday"),
        {**message(7), "id": None},
        {**message(8), "thread_id": ""},
        {**message(9), "id": "x" * 300},
        {"id": "asst_1", "object": "assistant", "model": MODEL, "tools": [{"type": "telepathy"}]},
        {"id": "asst_2", "object": "assistant", "model": MODEL, "tools": [function]},
        {"id": "file-2", "object": "file", "filename": "a", "purpose": "fun"},
        run(usage={"prompt_tokens": "many"}),
        step,
        in_store,
    ]
    answer = send(frozen, [*bad, message(1)])
    assert answer["imported"] == {"messages": 1}
    assert len(answer["skipped"]) == len(bad)
    assert all(one["why"] for one in answer["skipped"])
    assert [one["what"] for one in answer["skipped"]][:4] == ["object 0", "x", "thread_9", "msg_2"]
    assert texts(ask) == ["text 1"]


def test_an_import_makes_its_namespace(server, http):
    ns = Namespace("made-by-an-import", server.url, http)
    send(ns, [])
    assert ns.control("GET")["namespace"] == "made-by-an-import"
    ns.control("DELETE")


def test_an_import_that_is_too_large_is_refused(frozen, monkeypatch):
    from emulator.control import import_bodies as route
    from emulator.service import exported_objects

    monkeypatch.setattr(exported_objects, "MOST_OBJECTS", 2)
    assert "at most 2 objects" in send(frozen, [message(1)] * 3, status=413)["error"]["message"]
    monkeypatch.setattr(route, "MOST_IMPORTED_JSON_BYTES", 100)
    assert "at most 100 bytes" in send(frozen, [message(1)], status=413)["error"]["message"]
    monkeypatch.setattr(route, "MOST_IMPORT_BYTES", 1_000)
    assert (
        "at most 1000 bytes" in send(frozen, [], files=[("a", "a.txt", bytes(5_000))], status=413)["error"]["message"]
    )


# --- what Foundry's agents show ---------------------------------------------------------------------------------------


def test_what_only_foundry_shows_is_taken_as_it_is(frozen):
    source = {
        "data_source": {"uri": "azureml://d/paths/tides.txt", "type": "uri_asset"},
        "tools": [{"type": "code_interpreter"}],
    }
    mark = {
        "type": "url_citation",
        "text": "[1]",
        "start_index": 0,
        "end_index": 3,
        "url_citation": {"url": "https://example.com", "title": "Tides"},
    }
    cited = message(2, role="assistant", content=[{"type": "text", "text": {"value": "[1]", "annotations": [mark]}}])
    about = {
        "object": "thread.run.step",
        "created_at": DAY,
        "run_id": "run_1",
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
        "status": "completed",
    }
    search = {"id": "call_1", "type": "bing_grounding", "bing_grounding": {"requesturl": "https://example.com"}}
    steps = [
        {**about, "id": "step_1", "type": "tool_calls", "step_details": {"type": "tool_calls", "tool_calls": [search]}},
        {**about, "id": "step_2", "type": "activities", "step_details": {"type": "activities", "activities": []}},
    ]
    thread = {
        "id": "thread_1",
        "object": "thread",
        "created_at": DAY,
        "tool_resources": {"azure_ai_search": {"indexes": []}},
    }
    assistant = {"id": "asst_1", "object": "assistant", "model": MODEL, "created_at": DAY}
    answer = send(frozen, [assistant, thread, message(1, attachments=[source]), cited, run(), *steps])
    assert (answer["skipped"], answer["notes"]) == ([], [])
    assert answer["imported"]["run_steps"] == 2


# --- home-made exports ------------------------------------------------------------------------------------------------

LINES = (
    b'{"thread_id": "thread_1", "message_id": "msg_1", "role": "user", "text": "text 1", "created_at": 1767528000.5}\n'
    b'{"threadId": "thread_1", "id": "msg_2", "role": "assistant", "content": "text 2", "createdAt": 1767528005000,'
    b' "run_id": "run_1", "assistant_id": "asst_1", "attachments": [{"id": "file-1", "filename": "a.csv"}]}\n'
    b'{"role": "system", "content": "Be brief."}\n'
)


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        {"thread": {"id": "thread_1"}, "messages": [message(1), message(2, at=DAY + 1)]},
        {"thread_1": {"messages": [message(2, at=DAY + 1), message(1)]}},
        [{"id": "thread_1", "messages": [{"role": "user", "text": "text 1"}, {"role": "assistant", "text": "text 2"}]}],
        {"objects": [{"thread_id": "thread_1", "messages": [message(1), message(2, at=DAY + 1)]}]},
    ],
)
def test_a_home_made_export_is_imported_whatever_its_form(data, frozen, ask):
    assert send(frozen, data)["imported"]["messages"] == 2
    assert texts(ask) == ["text 1", "text 2"]


def test_what_an_export_only_names_gets_marked_stand_ins_that_can_be_read(frozen, ask):
    answer = send(frozen, LINES)
    assert answer["imported"] == {"messages": 2}
    assert answer["skipped"] == [{"what": "line 3", "why": "a thread has no messages of the role 'system'"}]
    said = {one["what"]: one["why"] for one in answer["notes"]}
    assert "stand-in" in said["msg_2"]
    made = ask("GET", "/threads/thread_1/runs/run_1")
    assert (made["status"], made["created_at"], made["completed_at"]) == ("completed", DAY, DAY + 5)
    assert made["metadata"] == ask("GET", "/assistants/asst_1")["metadata"] == {"emulator_stand_in": "not exported"}
    assert ask("GET", "/threads/thread_1/runs/run_1/steps")["data"] == []
    file = ask("GET", "/files/file-1")
    assert (file["filename"], file["purpose"], "not exported" in file["status_details"]) == (
        "a.csv",
        "assistants",
        True,
    )


def test_a_thread_whose_store_was_not_exported_goes_on(frozen, ask):
    resources = {"file_search": {"vector_store_ids": ["vs_gone"]}}
    old = {"id": "thread_1", "object": "thread", "created_at": DAY, "tool_resources": resources}
    answer = send(frozen, [old, message(1)])
    assert answer["notes"] == [
        {"what": "thread_1", "why": "vs_gone, which it names, is not there: a stand-in was made for it"}
    ]
    assistant = ask("POST", "/assistants", {"model": MODEL, "tools": [{"type": "file_search"}]})["id"]
    begun = ask("POST", "/threads/thread_1/runs", {"assistant_id": assistant})
    assert ask("GET", f"/threads/thread_1/runs/{begun['id']}")["status"] == "completed"
    made = ask("GET", "/vector_stores/vs_gone")
    assert (made["file_counts"]["total"], made["metadata"]) == (0, {"emulator_stand_in": "not exported"})
    send(frozen, [{"id": "vs_gone", "object": "vector_store", "name": "Manuals", "created_at": DAY}])
    assert (ask("GET", "/vector_stores/vs_gone")["name"], send(frozen, [old])["notes"]) == ("Manuals", [])


def test_a_stand_in_takes_the_place_of_nothing_and_gives_way_to_the_object_itself(frozen, ask):
    assistant = {"id": "asst_1", "object": "assistant", "model": MODEL, "name": "Real"}
    send(frozen, [assistant])
    answer = send(frozen, LINES)
    assert not any(one["what"] == "asst_1" for one in answer["notes"])
    assert ask("GET", "/assistants/asst_1")["name"] == "Real"
    send(frozen, [run(instructions="Be kind.")])
    assert ask("GET", "/threads/thread_1/runs/run_1")["instructions"] == "Be kind."
    send(frozen, [], files=[("file-1", "a.csv", b"1,2")])  # its object was not sent: a new file
    file = {"id": "file-1", "object": "file", "created_at": DAY, "filename": "a.csv", "purpose": "vision", "bytes": 3}
    send(frozen, [file], files=[("file-1", "a.csv", b"1,2")])
    assert ask("GET", "/files/file-1/content") == "1,2"


def test_the_text_of_a_stand_in_says_what_it_is(frozen, ask):
    image = {"type": "image_file", "image_file": {"file_id": "file-7"}}
    send(frozen, [message(1, content=[image])])
    assert "were not exported" in ask("GET", "/files/file-7/content")


def test_overlapping_files_in_one_import_are_joined_by_id(frozen, ask):
    one, two = (
        "\n".join(json.dumps({**message(n), "object": None}) for n in numbers).encode() for numbers in ((1, 2), (2, 3))
    )
    answer = send(frozen, None, files=[("objects", "a.jsonl", one), ("objects", "b.jsonl", two)])
    assert answer["imported"] == {"messages": 3}
    assert texts(ask) == ["text 1", "text 2", "text 3"]


def test_python_takes_the_path_of_an_export(frozen, server, tmp_path):
    file = tmp_path / "export.ndjson"
    file.write_bytes(LINES)
    namespace = server.namespace(frozen.name)
    assert namespace.import_objects(file)["imported"] == {"messages": 2}
    exported = namespace.threads.export("thread_1")
    assert [one["id"] for one in exported["messages"]] == ["msg_1", "msg_2"]
    assert "text 2" in namespace.threads.export("thread_1", "markdown")
    (tmp_path / "thread.zip").write_bytes(namespace.threads.export("thread_1", "zip"))
    assert namespace.import_objects(tmp_path / "thread.zip")["skipped"] == []
