import pytest

from contract_tests.harness import MODEL, NOON_SECONDS
from contract_tests.raw_api import EMPTY_PAGE, assert_refused, raw_api

MESSAGE_2023 = [
    "id", "object", "created_at", "thread_id", "role", "content", "file_ids", "assistant_id", "run_id", "metadata",
]  # fmt: skip
MESSAGE_2024 = [
    "id", "object", "created_at", "assistant_id", "thread_id", "run_id", "role", "content", "file_ids", "metadata",
]  # fmt: skip


@pytest.fixture
def v1(ns):
    return raw_api(ns, "v1")


@pytest.fixture
def thread_id(v1):
    return v1.post_json("/threads", {})["id"]


def say(v1, thread_id, **more):
    return v1.post_json(f"/threads/{thread_id}/messages", {"role": "user", "content": "Ahoy", **more})


def test_a_thread_on_v1_has_four_keys(frozen, v1):
    thread = v1.post_json("/threads", {"metadata": {"ship": "Möwe"}})
    assert thread == {"id": thread["id"], "object": "thread", "created_at": NOON_SECONDS, "metadata": {"ship": "Möwe"}}
    assert list(thread) == ["id", "object", "created_at", "metadata"]
    assert v1.get_json(f"/threads/{thread['id']}") == thread
    assert v1.post_json(f"/threads/{thread['id']}", {"metadata": {}}) == {**thread, "metadata": {}}


def test_a_thread_can_be_created_without_a_body(v1):
    assert v1.request("POST", "/threads").json()["metadata"] == {}


@pytest.mark.parametrize(
    "day, keys", [("2023-11-10", MESSAGE_2023), ("2024-02-20", MESSAGE_2023), ("2024-04-20", MESSAGE_2024)]
)
def test_keys_of_messages_had_two_orders(ns, v1, thread_id, day, keys):
    ns.put(wire=day)
    message = say(v1, thread_id)
    assert list(message) == keys
    assert (message["file_ids"], message["assistant_id"], message["run_id"]) == ([], None, None)
    assert message["content"] == [{"type": "text", "text": {"value": "Ahoy", "annotations": []}}]
    assert v1.get_json(f"/threads/{thread_id}/messages")["data"] == [message]


def test_single_messages_were_not_indented_in_january_2024(ns, v1, thread_id):
    ns.put(wire="2024-01-21")
    body = {"role": "user", "content": "Ahoy"}
    assert "\n" not in v1.post(f"/threads/{thread_id}/messages", body).text
    assert v1.get(f"/threads/{thread_id}/messages").text.startswith("{\n  ")
    ns.put(wire="2024-03-20")
    assert v1.post(f"/threads/{thread_id}/messages", body).text.startswith("{\n  ")


def test_a_message_has_files(frozen, v1, thread_id):
    ids = [v1.upload(f"{n}.txt")["id"] for n in range(2)]
    message = say(v1, thread_id, file_ids=ids)
    assert message["file_ids"] == ids
    path = f"/threads/{thread_id}/messages/{message['id']}/files"
    documents = [
        {"id": one, "object": "thread.message.file", "created_at": NOON_SECONDS, "message_id": message["id"]}
        for one in ids
    ]
    page = v1.get_json(path, params={"order": "asc"})
    assert page == {"object": "list", "data": documents, "first_id": ids[0], "last_id": ids[1], "has_more": False}
    assert v1.get_json(path, params={"limit": 1})["has_more"] is True
    one = v1.get_json(f"{path}/{ids[1]}")
    assert one == documents[1]
    assert list(one) == ["id", "object", "created_at", "message_id"]
    assert_refused(v1.get(f"{path}/file-0"), 404, "No message file found with id 'file-0'.")


def test_a_message_without_files_lists_no_files(v1, thread_id):
    message = say(v1, thread_id, file_ids=[])
    assert v1.get_json(f"/threads/{thread_id}/messages/{message['id']}/files") == EMPTY_PAGE
    assert say(v1, thread_id, file_ids=None)["file_ids"] == []


def test_first_messages_of_a_thread_have_files_too(v1):
    file = v1.upload()["id"]
    thread_id = v1.post_json("/threads", {"messages": [{"role": "user", "content": "x", "file_ids": [file]}]})["id"]
    assert v1.get_json(f"/threads/{thread_id}/messages")["data"][0]["file_ids"] == [file]


def test_a_changed_message_is_answered_in_the_shape_of_v1(v1, thread_id):
    message = say(v1, thread_id)
    changed = v1.post_json(f"/threads/{thread_id}/messages/{message['id']}", {"metadata": {"read": "yes"}})
    assert changed == {**message, "metadata": {"read": "yes"}}


@pytest.mark.parametrize("value, text", [(True, "True"), (False, "False"), (7, "7"), (2.5, "2.5"), ("x", "x")])
def test_metadata_values_became_strings(v1, thread_id, value, text):
    assert v1.post_json(f"/threads/{thread_id}", {"metadata": {"k": value}})["metadata"] == {"k": text}
    message = say(v1, thread_id, metadata={"k": value})
    assert message["metadata"] == {"k": text}
    assert v1.post_json(f"/threads/{thread_id}/messages/{message['id']}", {"metadata": {"k": value}})["metadata"] == {
        "k": text
    }
    assert v1.post_json("/assistants", {"model": MODEL, "metadata": {"k": value}})["metadata"] == {"k": text}


def test_an_unknown_thread_is_reported_before_invalid_metadata(v1):
    assert_refused(
        v1.post("/threads/thread_0", {"metadata": {"modified": True}}), 404, "No thread found with id 'thread_0'."
    )


def test_a_deleted_thread_is_gone(v1, thread_id):
    assert v1.delete(f"/threads/{thread_id}").json() == {"id": thread_id, "object": "thread.deleted", "deleted": True}
    assert_refused(v1.get(f"/threads/{thread_id}"), 404, f"No thread found with id '{thread_id}'.")


# --- one thread, two wires ------------------------------------------------------------------------------------------


def test_file_ids_of_v1_are_attachments_on_v2(ns, v1, thread_id):
    file = v1.upload()["id"]
    message = say(v1, thread_id, file_ids=[file])
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    document = raw_api(ns).get_json(f"/threads/{thread_id}/messages/{message['id']}")
    assert document["attachments"] == [{"file_id": file, "tools": both}]
    assert "file_ids" not in document
    resources = raw_api(ns).get_json(f"/threads/{thread_id}")["tool_resources"]
    assert resources["code_interpreter"] == {"file_ids": [file]}
    assert len(resources["file_search"]["vector_store_ids"]) == 1


def test_attachments_of_v2_are_file_ids_on_v1(ns, v1, thread_id):
    file = v1.upload()["id"]
    attachments = [
        {"file_id": file, "tools": [{"type": "file_search"}]},
        {"file_id": file, "tools": [{"type": "code_interpreter"}]},
    ]
    body = {"role": "user", "content": "x", "attachments": attachments}
    message = raw_api(ns).post_json(f"/threads/{thread_id}/messages", body)
    document = v1.get_json(f"/threads/{thread_id}/messages/{message['id']}")
    assert (document["file_ids"], list(document)) == ([file], MESSAGE_2024)
    assert [one["id"] for one in v1.get_json(f"/threads/{thread_id}/messages/{message['id']}/files")["data"]] == [file]


def test_a_thread_of_v2_has_no_tool_resources_on_v1(ns, v1):
    thread = raw_api(ns).post_json("/threads", {})
    assert list(v1.get_json(f"/threads/{thread['id']}")) == ["id", "object", "created_at", "metadata"]
