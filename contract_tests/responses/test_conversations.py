"""Conversations and their items, through the official client."""

import openai
import pytest

from contract_tests.harness import resolve
from contract_tests.raw_api import assert_refused

USER = {"type": "message", "role": "user", "content": "How is the harbour today?"}
CALL = {"type": "function_call", "call_id": "call_a", "name": "read_tides", "arguments": "{}"}
UNKNOWN = "conv_" + "0" * 48


def texts(page):
    return [item.content[0].text for item in page.data]


async def test_a_conversation_needs_no_fields(either):
    made = (await resolve(either.conversations.create())).to_dict()
    assert (made["object"], made["metadata"]) == ("conversation", {})
    assert (await resolve(either.conversations.retrieve(made["id"]))).to_dict() == made


def test_an_empty_body_makes_a_conversation_whose_keys_have_the_recorded_order(raw):
    assert list(raw.post("/conversations").json()) == ["id", "object", "created_at", "metadata"]


def test_ids_hold_the_time_and_the_partition_of_their_conversation(frozen, client):
    made = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(made.id).data
    at = f"{made.created_at:08x}"
    assert made.id.startswith(f"conv_{at}")
    assert len(made.id) == 5 + 48
    assert item.id.startswith(f"msg_{at}")
    assert (item.id[-16:], len(item.id)) == (made.id[-16:], 4 + 48)


async def test_an_update_replaces_the_metadata(either):
    made = await resolve(either.conversations.create(metadata={"ship": "Möwe", "berth": "7"}))
    updated = await resolve(either.conversations.update(made.id, metadata={"berth": "8"}))
    assert updated.to_dict() == {**made.to_dict(), "metadata": {"berth": "8"}}
    assert (await resolve(either.conversations.retrieve(made.id))).metadata == {"berth": "8"}


def test_an_update_has_to_name_the_metadata(raw, client):
    made = client.conversations.create()
    refused = raw.post(f"/conversations/{made.id}", json={})
    assert_refused(refused, 400, "Missing required parameter: 'metadata'.", "metadata", "missing_required_parameter")


def test_a_deleted_conversation_is_gone_and_its_items_are_known_by_their_ids(client, raw):
    made = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(made.id).data
    deleted = client.conversations.delete(made.id)
    assert deleted.to_dict() == {"id": made.id, "object": "conversation.deleted", "deleted": True}
    path, text = f"/conversations/{made.id}", f"Conversation with id '{made.id}' not found."
    answers = [raw.get(path), raw.delete(path), raw.get(f"{path}/items"), raw.get(f"{path}/items/{item.id}")]
    answers += [raw.post(path, json={"metadata": {}}), raw.post(f"{path}/items", json={"items": [USER]})]
    for answer in answers:
        assert_refused(answer, 404, text)
    other = client.conversations.create()
    added = client.conversations.items.create(other.id, items=[{"type": "item_reference", "id": item.id}])
    assert added.data == [item]


@pytest.mark.parametrize("conversation_id", ["thread_abc", "x"])
def test_an_id_of_another_kind_is_refused_as_such(raw, conversation_id):
    text = f"Invalid 'conversation_id': '{conversation_id}'. Expected an ID that begins with 'conv'."
    assert_refused(raw.get(f"/conversations/{conversation_id}"), 400, text, "conversation_id", "invalid_value")


def test_items_are_listed_newest_first_in_the_recorded_order_of_keys(client, raw):
    made = client.conversations.create(items=[USER, {"role": "assistant", "content": "Calm."}, CALL])
    shown = raw.get(f"/conversations/{made.id}/items").json()
    assert list(shown) == ["object", "data", "first_id", "has_more", "last_id"]
    assert (shown["object"], shown["has_more"]) == ("list", False)
    assert (shown["first_id"], shown["last_id"]) == (shown["data"][0]["id"], shown["data"][-1]["id"])
    call, said, asked = shown["data"]
    assert list(call) == ["id", "type", "status", "arguments", "call_id", "name"]
    assert list(said) == list(asked) == ["id", "type", "status", "content", "role"]
    assert said["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Calm."}]
    assert asked["content"] == [{"type": "input_text", "text": USER["content"]}]
    assert {one["status"] for one in shown["data"]} == {"completed"}


def test_an_empty_list_has_nulls(client, raw):
    made = client.conversations.create()
    empty = {"object": "list", "data": [], "first_id": None, "has_more": False, "last_id": None}
    assert raw.get(f"/conversations/{made.id}/items").json() == empty


def test_items_page_both_ways(client):
    made = client.conversations.create(items=[{"role": "user", "content": str(n)} for n in range(5)])
    listed = client.conversations.items.list
    assert [item.content[0].text for item in listed(made.id, limit=2)] == list("43210")
    assert [item.content[0].text for item in listed(made.id, limit=2, order="asc")] == list("01234")
    first = listed(made.id, limit=2)
    assert (first.has_more, texts(first)) == (True, ["4", "3"])
    assert texts(listed(made.id, after=first.last_id, limit=3)) == ["2", "1", "0"]


def test_a_page_has_at_most_a_hundred_items(client, raw):
    made = client.conversations.create()
    text = "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 1000 instead."
    refused = raw.get(f"/conversations/{made.id}/items?limit=1000")
    assert_refused(refused, 400, text, "limit", "integer_above_max_value")


def test_added_items_are_answered_as_a_list_and_stand_at_the_end(client):
    made = client.conversations.create(items=[USER])
    added = client.conversations.items.create(made.id, items=[{"role": "user", "content": text} for text in "ab"])
    assert texts(added) == ["a", "b"]
    assert (added.object, added.first_id, added.last_id, added.has_more) == (
        "list",
        added.data[0].id,
        added.data[1].id,
        False,
    )
    assert texts(client.conversations.items.list(made.id)) == ["b", "a", USER["content"]]


@pytest.mark.parametrize("path", ["", "/{id}/items"])
def test_at_most_twenty_items_come_at_once(client, raw, path):
    url = "/conversations" + path.format(id=client.conversations.create().id)
    text = "Invalid 'items': array too long. Expected an array with maximum length 20, but got an array with length 21"
    refused = raw.post(url, json={"items": [USER] * 21})
    assert_refused(refused, 400, f"{text} instead.", "items", "array_above_max_length")


def test_at_least_one_item_has_to_be_added(client, raw):
    url = f"/conversations/{client.conversations.create().id}/items"
    assert_refused(raw.post(url, json={}), 400, "Missing required parameter: 'items'.", "items",
                   "missing_required_parameter")  # fmt: skip
    text = "Invalid 'items': empty array. Expected an array with minimum length 1, but got an empty array instead."
    assert_refused(raw.post(url, json={"items": []}), 400, text, "items", "empty_array")


@pytest.mark.parametrize("item, prefix", [({**USER, "id": "item_1"}, "msg"), ({**CALL, "id": "msg_1"}, "fc")])
def test_an_item_with_the_id_of_another_kind_is_refused_and_nothing_is_kept(client, raw, item, prefix):
    made = client.conversations.create()
    refused = raw.post(f"/conversations/{made.id}/items", json={"items": [item]})
    text = f"Invalid 'items[0].id': '{item['id']}'. Expected an ID that begins with '{prefix}'."
    assert_refused(refused, 400, text, "items[0].id", "invalid_value")
    assert client.conversations.items.list(made.id).data == []


def test_a_known_id_links_the_item_that_has_it(client):
    first = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(first.id).data
    second = client.conversations.create()
    sent = {**USER, "content": "Something else", "id": item.id}
    added = client.conversations.items.create(second.id, items=[sent, sent])  # twice at once is allowed
    assert texts(added) == [USER["content"], USER["content"]]
    assert texts(client.conversations.items.list(second.id)) == [USER["content"], USER["content"]]


def test_an_item_stands_in_a_conversation_once(client, raw):
    made = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(made.id).data
    sent = {"items": [{"role": "user", "content": "new"}, {**USER, "id": item.id}]}
    refused = raw.post(f"/conversations/{made.id}/items", json=sent)
    assert_refused(refused, 400, "Item already in conversation", "items", "item_already_in_conversation")
    assert client.conversations.items.list(made.id).data == [item]


def test_pages_come_to_an_end_where_an_item_stands_twice(client):
    first = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(first.id).data
    second = client.conversations.create()
    sent = {**USER, "id": item.id}
    client.conversations.items.create(second.id, items=[sent, {"role": "user", "content": "between"}, sent])
    for order in ("asc", "desc"):
        listed = client.conversations.items.list(second.id, limit=1, order=order)
        assert {one.id for one in listed} >= {item.id}


def test_an_item_whose_id_looks_like_a_copy_is_another_one(client):
    first, second = client.conversations.create(), client.conversations.create()
    ids = ["msg_a", "msg_a/1", "msg_a/2"]
    client.conversations.items.create(first.id, items=[{**USER, "id": one} for one in ids])
    added = client.conversations.items.create(second.id, items=[{**USER, "id": one} for one in [*ids, *ids]])
    assert [item.id for item in added.data] == [*ids, *ids]


async def test_an_item_can_be_read_alone(either):
    made = await resolve(either.conversations.create(items=[USER]))
    [item] = (await resolve(either.conversations.items.list(made.id))).data
    assert await resolve(either.conversations.items.retrieve(item.id, conversation_id=made.id)) == item


async def test_deleting_an_item_answers_with_the_conversation(either):
    made = await resolve(either.conversations.create(items=[USER]))
    [item] = (await resolve(either.conversations.items.list(made.id))).data
    answer = await resolve(either.conversations.items.delete(item.id, conversation_id=made.id))
    assert answer == made
    assert (await resolve(either.conversations.items.list(made.id))).data == []
    with pytest.raises(openai.NotFoundError):
        await resolve(either.conversations.items.retrieve(item.id, conversation_id=made.id))
    # It may come back.
    again = {**USER, "id": item.id}
    assert (await resolve(either.conversations.items.create(made.id, items=[again]))).data == [item]


def test_deleting_an_item_answered_with_the_item_in_2025(ns, client, raw):
    ns.put(wire="2025-10-24")
    made = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(made.id).data
    answer = raw.delete(f"/conversations/{made.id}/items/{item.id}")
    assert answer.json() == {"id": item.id, "object": "conversation.item.deleted", "deleted": True}
    assert client.conversations.items.list(made.id).data == []


def test_an_unknown_item_is_not_found_with_its_prefix_twice(client, raw):
    made = client.conversations.create()
    for answer in (
        raw.get(f"/conversations/{made.id}/items/msg_1"),
        raw.delete(f"/conversations/{made.id}/items/msg_1"),
    ):
        assert_refused(answer, 404, "Item with id 'msg_msg_1' not found in conversation.")


def test_no_page_begins_after_an_item_that_is_gone(client, raw):
    made = client.conversations.create(items=[USER])
    [item] = client.conversations.items.list(made.id).data
    client.conversations.items.delete(item.id, conversation_id=made.id)
    refused = raw.get(f"/conversations/{made.id}/items?after={item.id}")
    assert_refused(refused, 404, f"No item found with id '{item.id}'", "after")


def test_addresses_of_images_are_shown_only_to_those_who_ask(client, raw):
    image, file = "https://example.invalid/chart.png", "data:text/plain;base64,aGk="
    parts = [
        {"type": "input_image", "image_url": image},
        {"type": "input_file", "file_data": file, "filename": "a.txt"},
    ]
    made = client.conversations.create(items=[{"role": "user", "content": parts}])
    [plain], [asked] = (
        raw.get(f"/conversations/{made.id}/items{query}").json()["data"]
        for query in ("", "?include[]=message.input_image.image_url")
    )
    shown = {"type": "input_image", "detail": "auto", "file_id": None, "image_url": None}
    named = {"type": "input_file", "file_id": None, "filename": "a.txt"}
    assert plain["content"] == [shown, named]
    assert asked["content"] == [{**shown, "image_url": image}, named]


def test_what_cannot_be_included_is_refused_before_anything_is_kept(client, raw):
    made = client.conversations.create()
    refused = raw.post(f"/conversations/{made.id}/items?include[]=everything", json={"items": [USER]})
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "include"
    assert client.conversations.items.list(made.id).data == []


def test_an_unknown_field_is_refused_with_the_one_that_it_may_mean(raw):
    refused = raw.post("/conversations", json={"metdata": {}})
    text = "Unknown parameter: 'metdata'. Did you mean 'metadata'?"
    assert_refused(refused, 400, text, "metdata", "unknown_parameter")


@pytest.mark.parametrize("body", [b"{", b"", b"null"])
def test_a_body_that_is_no_json_is_refused_in_the_words_of_these_endpoints(client, raw, body):
    made = client.conversations.create()
    refused = raw.post(f"/conversations/{made.id}/items", content=body)
    error = assert_refused(refused, 400, refused.json()["error"]["message"], None, "invalid_json").json()["error"]
    assert error["message"].startswith("Invalid body: failed to parse JSON value.")


def test_conversations_are_there_without_the_header_of_the_beta_and_after_its_end(ns, http):
    ns.put(sunset=True)
    answer = http.post(f"{ns.url}/v1/conversations", headers={"Authorization": f"Bearer {ns.key}"}, json={})
    assert answer.status_code == 200
