import openai
import pytest

from contract_tests.harness import all_items, resolve
from contract_tests.raw_api import assert_refused, raw_api

KEYS = [
    "id", "object", "created_at", "assistant_id", "thread_id", "run_id", "role", "content", "attachments", "metadata",
]  # fmt: skip


@pytest.fixture
async def thread_id(either):
    """A thread without messages."""
    return (await resolve(either.beta.threads.create())).id


async def test_a_message_has_no_status_and_empty_lists_instead_of_null(either, thread_id):
    message = await resolve(
        either.beta.threads.messages.create(thread_id, role="user", content="Wie hoch ist die Flut?")
    )
    document = message.to_dict()
    assert set(document) == set(KEYS)
    assert document["content"] == [{"type": "text", "text": {"value": "Wie hoch ist die Flut?", "annotations": []}}]
    assert (document["assistant_id"], document["run_id"], document["role"]) == (None, None, "user")
    assert (document["attachments"], document["metadata"]) == ([], {})
    assert message.id.startswith("msg_")
    assert await resolve(either.beta.threads.messages.retrieve(message.id, thread_id=thread_id)) == message


async def test_a_user_can_write_a_message_for_the_assistant(either, thread_id):
    message = await resolve(either.beta.threads.messages.create(thread_id, role="assistant", content="I said so."))
    assert (message.role, message.assistant_id, message.run_id) == ("assistant", None, None)


async def test_images_and_texts_can_be_combined_in_one_message(either, thread_id):
    image = (await resolve(either.files.create(file=("buoy.png", b"\x89PNG not really"), purpose="vision"))).id
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "image_file", "image_file": {"file_id": image, "detail": "low"}},
        {"type": "text", "text": "And this?"},
    ]
    message = await resolve(either.beta.threads.messages.create(thread_id, role="user", content=content))
    assert message.to_dict()["content"] == [
        {"type": "text", "text": {"value": "What is this?", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "auto"}},
        {"type": "image_file", "image_file": {"file_id": image, "detail": "low"}},
        {"type": "text", "text": {"value": "And this?", "annotations": []}},
    ]


async def test_metadata_comes_back_and_is_replaced_by_a_change(either, thread_id):
    message = await resolve(
        either.beta.threads.messages.create(
            thread_id, role="user", content="x", metadata={"mood": "früh"}, attachments=None
        )
    )
    assert message.metadata == {"mood": "früh"}
    await resolve(either.beta.threads.messages.update(message.id, thread_id=thread_id, metadata={"mood": "spät"}))
    retrieved = await resolve(either.beta.threads.messages.retrieve(message.id, thread_id=thread_id))
    assert retrieved.metadata == {"mood": "spät"}


async def test_an_updated_message_has_file_ids_instead_of_attachments(either, thread_id):
    message = await resolve(either.beta.threads.messages.create(thread_id, role="user", content="x"))
    updated = await resolve(either.beta.threads.messages.update(message.id, thread_id=thread_id, metadata={"a": "b"}))
    assert set(updated.to_dict()) == {*KEYS, "file_ids"} - {"attachments"}
    assert updated.to_dict()["file_ids"] == []


async def test_null_metadata_changes_nothing(either, thread_id):
    message = await resolve(
        either.beta.threads.messages.create(thread_id, role="user", content="x", metadata={"a": "b"})
    )
    updated = await resolve(either.beta.threads.messages.update(message.id, thread_id=thread_id, metadata=None))
    assert updated.metadata == {"a": "b"}


async def test_a_deleted_message_is_gone_and_the_others_stay(either, thread_id):
    ids = [
        (await resolve(either.beta.threads.messages.create(thread_id, role="user", content=str(n)))).id
        for n in range(3)
    ]
    deletion = await resolve(either.beta.threads.messages.delete(ids[1], thread_id=thread_id))
    assert deletion.to_dict() == {"id": ids[1], "object": "thread.message.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError, match=f"No message found with id '{ids[1]}'"):
        await resolve(either.beta.threads.messages.retrieve(ids[1], thread_id=thread_id))
    page = await resolve(either.beta.threads.messages.list(thread_id))
    assert [message.id for message in page.data] == [ids[2], ids[0]]


async def test_a_list_pages_both_ways(either, thread_id):
    ids = [
        (await resolve(either.beta.threads.messages.create(thread_id, role="user", content=str(n)))).id
        for n in range(7)
    ]
    lists = either.beta.threads.messages.list
    assert [one.id for one in await all_items(lists(thread_id, limit=3))] == ids[::-1]
    assert [one.id for one in await all_items(lists(thread_id, limit=1, order="asc"))] == ids
    page = await resolve(lists(thread_id, after=ids[4], limit=2))
    assert [one.id for one in page.data] == [ids[3], ids[2]]
    assert (page.first_id, page.last_id, page.has_more) == (ids[3], ids[2], True)
    page = await resolve(lists(thread_id, before=ids[2], limit=2, order="desc"))
    assert [one.id for one in page.data] == [ids[4], ids[3]]
    page = await resolve(lists(thread_id, before=ids[2], order="asc"))
    assert [one.id for one in page.data] == [ids[0], ids[1]]


async def test_an_empty_page_has_no_ids(either, thread_id):
    page = await resolve(either.beta.threads.messages.list(thread_id))
    assert page.to_dict() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_messages_can_be_filtered_by_run(either, ns, assistant):
    ns.play({"say": "Low, {{ turn }}."}, {"say": "Bring boots."})
    thread = (await resolve(either.beta.threads.create(messages=[{"role": "user", "content": "Tide?"}]))).id
    runs = [
        await resolve(either.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id))
        for _ in range(2)
    ]
    page = await resolve(either.beta.threads.messages.list(thread, run_id=runs[0].id))
    assert [message.content[0].text.value for message in page.data] == ["Bring boots.", "Low, 1."]
    assert {message.run_id for message in page.data} == {runs[0].id}
    assert {message.assistant_id for message in page.data} == {assistant.id}
    assert len((await resolve(either.beta.threads.messages.list(thread))).data) == 5


async def test_a_message_of_another_thread_is_not_found(either, thread_id):
    other = (await resolve(either.beta.threads.create())).id
    message = await resolve(either.beta.threads.messages.create(other, role="user", content="x"))
    with pytest.raises(openai.NotFoundError):
        await resolve(either.beta.threads.messages.retrieve(message.id, thread_id=thread_id))


async def test_an_attachment_is_echoed_even_if_no_assistant_has_its_tool(either, thread_id):
    chart = (await resolve(either.files.create(file=("chart.txt", b"Here be shoals."), purpose="assistants"))).id
    attachments = [{"file_id": chart, "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}]
    message = await resolve(
        either.beta.threads.messages.create(thread_id, role="user", content="x", attachments=attachments)
    )
    assert message.to_dict()["attachments"] == attachments


@pytest.mark.parametrize("content", ["", []])
async def test_a_message_without_content_is_refused(client, thread, content):
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.messages.create(thread.id, role="user", content=content)
    assert excinfo.value.param == "content"


async def test_an_empty_text_in_a_part_is_accepted(either, thread_id):
    content = [{"type": "text", "text": ""}]
    message = await resolve(either.beta.threads.messages.create(thread_id, role="user", content=content))
    assert message.content[0].text.value == ""


@pytest.mark.parametrize("path", ["content", "messages[0].content"])
def test_an_empty_text_is_refused_with_the_quoted_message(raw, thread, path):
    message = {"role": "user", "content": ""}
    url, body = (
        (f"/threads/{thread.id}/messages", message) if path == "content" else ("/threads", {"messages": [message]})
    )
    assert_refused(raw.post(url, json=body), 400, "Message content must be non-empty.", path)


def test_text_in_any_script_comes_back_unchanged(client, thread):
    text = '潮汐表 \U0001f30a\u200d e\u0301 "quoted" \\ \t\r\n<>&\u2028'
    message = client.beta.threads.messages.create(thread.id, role="user", content=text)
    assert message.content[0].text.value == text
    assert client.beta.threads.messages.list(thread.id).data[0].content[0].text.value == text


def test_keys_of_responses_have_the_recorded_order(raw, thread):
    message = raw.post(f"/threads/{thread.id}/messages", json={"role": "user", "content": "x"}).json()
    assert list(message) == KEYS
    updated = raw.post(f"/threads/{thread.id}/messages/{message['id']}", json={"metadata": {"a": "b"}}).json()
    assert list(updated) == [key if key != "attachments" else "file_ids" for key in KEYS]


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,AAAA", "notaurl", "https://", "ftp://x/a.png", "https://[x/a.png"]
)
def test_an_image_url_must_be_a_web_address(ns, url):
    part = {"type": "image_url", "image_url": {"url": url}}
    detail = "Expected a valid URL, but got a value with an invalid format."
    param = "messages[0].content[1].image_url.url"
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, part]}]}
    assert_refused(raw_api(ns).post("/threads", body), 400, f"Invalid '{param}'. {detail}", param, "invalid_value")


@pytest.mark.parametrize("url", ["https://example.com/image.pdf", "https://example.com/image"])
def test_an_image_url_can_have_any_ending(ns, url):
    content = [{"type": "image_url", "image_url": {"url": url}}]
    assert raw_api(ns).post("/threads", {"messages": [{"role": "user", "content": content}]}).status_code == 200
