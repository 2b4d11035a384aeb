import pytest

from contract_tests.harness import MODEL, NOON_SECONDS
from contract_tests.lines import EMPTY_PAGE, line, refused

MESSAGE_2023 = [
    "id", "object", "created_at", "thread_id", "role", "content", "file_ids", "assistant_id", "run_id", "metadata",
]  # fmt: skip
MESSAGE_2024 = [
    "id", "object", "created_at", "assistant_id", "thread_id", "run_id", "role", "content", "file_ids", "metadata",
]  # fmt: skip


@pytest.fixture
def old(ns):
    return line(ns, "v1")


@pytest.fixture
def deck(old):
    return old.make("/threads", {})["id"]


def say(old, deck, **more):
    return old.make(f"/threads/{deck}/messages", {"role": "user", "content": "Ahoy", **more})


def test_a_thread_of_v1_has_four_keys(frozen, old):
    made = old.make("/threads", {"metadata": {"ship": "Möwe"}})
    assert made == {"id": made["id"], "object": "thread", "created_at": NOON_SECONDS, "metadata": {"ship": "Möwe"}}
    assert list(made) == ["id", "object", "created_at", "metadata"]
    assert old.read(f"/threads/{made['id']}") == made
    assert old.make(f"/threads/{made['id']}", {"metadata": {}}) == {**made, "metadata": {}}


def test_a_thread_can_be_made_without_any_body(old):
    assert old.ask("POST", "/threads").json()["metadata"] == {}


@pytest.mark.parametrize(
    "day, keys", [("2023-11-10", MESSAGE_2023), ("2024-02-20", MESSAGE_2023), ("2024-04-20", MESSAGE_2024)]
)
def test_keys_of_messages_had_two_orders(ns, old, deck, day, keys):
    ns.put(wire=day)
    made = say(old, deck)
    assert list(made) == keys
    assert (made["file_ids"], made["assistant_id"], made["run_id"]) == ([], None, None)
    assert made["content"] == [{"type": "text", "text": {"value": "Ahoy", "annotations": []}}]
    assert old.read(f"/threads/{deck}/messages")["data"] == [made]


def test_single_messages_of_january_2024_were_not_indented(ns, old, deck):
    ns.put(wire="2024-01-21")
    body = {"role": "user", "content": "Ahoy"}
    assert "\n" not in old.post(f"/threads/{deck}/messages", body).text
    assert old.get(f"/threads/{deck}/messages").text.startswith("{\n  ")
    ns.put(wire="2024-03-20")
    assert old.post(f"/threads/{deck}/messages", body).text.startswith("{\n  ")


def test_a_message_has_files(frozen, old, deck):
    ids = [old.upload(f"{n}.txt")["id"] for n in range(2)]
    made = say(old, deck, file_ids=ids)
    assert made["file_ids"] == ids
    path = f"/threads/{deck}/messages/{made['id']}/files"
    shown = [
        {"id": one, "object": "thread.message.file", "created_at": NOON_SECONDS, "message_id": made["id"]}
        for one in ids
    ]
    page = old.read(path, params={"order": "asc"})
    assert page == {"object": "list", "data": shown, "first_id": ids[0], "last_id": ids[1], "has_more": False}
    assert old.read(path, params={"limit": 1})["has_more"] is True
    one = old.read(f"{path}/{ids[1]}")
    assert one == shown[1]
    assert list(one) == ["id", "object", "created_at", "message_id"]
    refused(old.get(f"{path}/file-0"), 404, "No message file found with id 'file-0'.")


def test_a_message_without_files_lists_none(old, deck):
    made = say(old, deck, file_ids=[])
    assert old.read(f"/threads/{deck}/messages/{made['id']}/files") == EMPTY_PAGE
    assert say(old, deck, file_ids=None)["file_ids"] == []


def test_first_messages_of_a_thread_have_files_too(old):
    file = old.upload()["id"]
    deck = old.make("/threads", {"messages": [{"role": "user", "content": "x", "file_ids": [file]}]})["id"]
    assert old.read(f"/threads/{deck}/messages")["data"][0]["file_ids"] == [file]


def test_a_changed_message_is_answered_in_the_shape_of_v1(old, deck):
    made = say(old, deck)
    changed = old.make(f"/threads/{deck}/messages/{made['id']}", {"metadata": {"read": "yes"}})
    assert changed == {**made, "metadata": {"read": "yes"}}


@pytest.mark.parametrize("given, kept", [(True, "True"), (False, "False"), (7, "7"), (2.5, "2.5"), ("x", "x")])
def test_metadata_became_texts(old, deck, given, kept):
    assert old.make(f"/threads/{deck}", {"metadata": {"k": given}})["metadata"] == {"k": kept}
    made = say(old, deck, metadata={"k": given})
    assert made["metadata"] == {"k": kept}
    assert old.make(f"/threads/{deck}/messages/{made['id']}", {"metadata": {"k": given}})["metadata"] == {"k": kept}
    assert old.make("/assistants", {"model": MODEL, "metadata": {"k": given}})["metadata"] == {"k": kept}


def test_an_unknown_thread_is_not_found_before_its_metadata_are_looked_at(old):
    refused(old.post("/threads/thread_0", {"metadata": {"modified": True}}), 404, "No thread found with id 'thread_0'.")


def test_a_deleted_thread_is_gone(old, deck):
    assert old.delete(f"/threads/{deck}").json() == {"id": deck, "object": "thread.deleted", "deleted": True}
    refused(old.get(f"/threads/{deck}"), 404, f"No thread found with id '{deck}'.")


# --- one thread, two wires ------------------------------------------------------------------------------------------


def test_what_v1_called_files_v2_calls_attachments(ns, old, deck):
    file = old.upload()["id"]
    made = say(old, deck, file_ids=[file])
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    seen = line(ns).read(f"/threads/{deck}/messages/{made['id']}")
    assert seen["attachments"] == [{"file_id": file, "tools": both}]
    assert "file_ids" not in seen
    resources = line(ns).read(f"/threads/{deck}")["tool_resources"]
    assert resources["code_interpreter"] == {"file_ids": [file]}
    assert len(resources["file_search"]["vector_store_ids"]) == 1


def test_what_v2_calls_attachments_v1_called_files(ns, old, deck):
    file = old.upload()["id"]
    attachments = [
        {"file_id": file, "tools": [{"type": "file_search"}]},
        {"file_id": file, "tools": [{"type": "code_interpreter"}]},
    ]
    body = {"role": "user", "content": "x", "attachments": attachments}
    made = line(ns).make(f"/threads/{deck}/messages", body)
    seen = old.read(f"/threads/{deck}/messages/{made['id']}")
    assert (seen["file_ids"], list(seen)) == ([file], MESSAGE_2024)
    assert [one["id"] for one in old.read(f"/threads/{deck}/messages/{made['id']}/files")["data"]] == [file]


def test_a_thread_of_v2_shows_no_resources_on_v1(ns, old):
    made = line(ns).make("/threads", {})
    assert list(old.read(f"/threads/{made['id']}")) == ["id", "object", "created_at", "metadata"]
