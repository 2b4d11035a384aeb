import openai
import pytest

from contract_tests.harness import done, everything
from contract_tests.lines import line, refused

KEYS = [
    "id", "object", "created_at", "assistant_id", "thread_id", "run_id", "role", "content", "attachments", "metadata",
]  # fmt: skip


@pytest.fixture
async def deck(either):
    """A thread without messages."""
    return (await done(either.beta.threads.create())).id


async def test_a_message_shows_neither_status_nor_nulls_where_lists_belong(either, deck):
    made = await done(either.beta.threads.messages.create(deck, role="user", content="Wie hoch ist die Flut?"))
    shown = made.to_dict()
    assert set(shown) == set(KEYS)
    assert shown["content"] == [{"type": "text", "text": {"value": "Wie hoch ist die Flut?", "annotations": []}}]
    assert (shown["assistant_id"], shown["run_id"], shown["role"]) == (None, None, "user")
    assert (shown["attachments"], shown["metadata"]) == ([], {})
    assert made.id.startswith("msg_")
    assert await done(either.beta.threads.messages.retrieve(made.id, thread_id=deck)) == made


async def test_a_user_may_write_for_the_assistant(either, deck):
    made = await done(either.beta.threads.messages.create(deck, role="assistant", content="I said so."))
    assert (made.role, made.assistant_id, made.run_id) == ("assistant", None, None)


async def test_images_and_texts_are_parts_of_one_message(either, deck):
    image = (await done(either.files.create(file=("buoy.png", b"\x89PNG not really"), purpose="vision"))).id
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "image_file", "image_file": {"file_id": image, "detail": "low"}},
        {"type": "text", "text": "And this?"},
    ]
    made = await done(either.beta.threads.messages.create(deck, role="user", content=content))
    assert made.to_dict()["content"] == [
        {"type": "text", "text": {"value": "What is this?", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "auto"}},
        {"type": "image_file", "image_file": {"file_id": image, "detail": "low"}},
        {"type": "text", "text": {"value": "And this?", "annotations": []}},
    ]


async def test_metadata_comes_back_and_is_replaced_by_a_change(either, deck):
    made = await done(
        either.beta.threads.messages.create(deck, role="user", content="x", metadata={"mood": "früh"}, attachments=None)
    )
    assert made.metadata == {"mood": "früh"}
    await done(either.beta.threads.messages.update(made.id, thread_id=deck, metadata={"mood": "spät"}))
    read = await done(either.beta.threads.messages.retrieve(made.id, thread_id=deck))
    assert read.metadata == {"mood": "spät"}


async def test_the_answer_to_a_change_has_file_ids_in_place_of_attachments(either, deck):
    made = await done(either.beta.threads.messages.create(deck, role="user", content="x"))
    changed = await done(either.beta.threads.messages.update(made.id, thread_id=deck, metadata={"a": "b"}))
    assert set(changed.to_dict()) == {*KEYS, "file_ids"} - {"attachments"}
    assert changed.to_dict()["file_ids"] == []


async def test_null_metadata_changes_nothing(either, deck):
    made = await done(either.beta.threads.messages.create(deck, role="user", content="x", metadata={"a": "b"}))
    changed = await done(either.beta.threads.messages.update(made.id, thread_id=deck, metadata=None))
    assert changed.metadata == {"a": "b"}


async def test_a_deleted_message_is_gone_and_its_neighbours_stay(either, deck):
    made = [(await done(either.beta.threads.messages.create(deck, role="user", content=str(n)))).id for n in range(3)]
    gone = await done(either.beta.threads.messages.delete(made[1], thread_id=deck))
    assert gone.to_dict() == {"id": made[1], "object": "thread.message.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError, match=f"No message found with id '{made[1]}'"):
        await done(either.beta.threads.messages.retrieve(made[1], thread_id=deck))
    page = await done(either.beta.threads.messages.list(deck))
    assert [message.id for message in page.data] == [made[2], made[0]]


async def test_a_list_pages_both_ways(either, deck):
    made = [(await done(either.beta.threads.messages.create(deck, role="user", content=str(n)))).id for n in range(7)]
    lists = either.beta.threads.messages.list
    assert [one.id for one in await everything(lists(deck, limit=3))] == made[::-1]
    assert [one.id for one in await everything(lists(deck, limit=1, order="asc"))] == made
    page = await done(lists(deck, after=made[4], limit=2))
    assert [one.id for one in page.data] == [made[3], made[2]]
    assert (page.first_id, page.last_id, page.has_more) == (made[3], made[2], True)
    page = await done(lists(deck, before=made[2], limit=2, order="desc"))
    assert [one.id for one in page.data] == [made[4], made[3]]
    page = await done(lists(deck, before=made[2], order="asc"))
    assert [one.id for one in page.data] == [made[0], made[1]]


async def test_a_list_of_nothing_names_nothing(either, deck):
    page = await done(either.beta.threads.messages.list(deck))
    assert page.to_dict() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_a_list_can_show_only_what_one_run_wrote(either, ns, assistant):
    ns.plays({"say": "Low, {{ turn }}."}, {"say": "Bring boots."})
    thread = (await done(either.beta.threads.create(messages=[{"role": "user", "content": "Tide?"}]))).id
    runs = [
        await done(either.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id))
        for _ in range(2)
    ]
    page = await done(either.beta.threads.messages.list(thread, run_id=runs[0].id))
    assert [message.content[0].text.value for message in page.data] == ["Bring boots.", "Low, 1."]
    assert {message.run_id for message in page.data} == {runs[0].id}
    assert {message.assistant_id for message in page.data} == {assistant.id}
    assert len((await done(either.beta.threads.messages.list(thread))).data) == 5


async def test_a_message_of_another_thread_is_not_found(either, deck):
    other = (await done(either.beta.threads.create())).id
    made = await done(either.beta.threads.messages.create(other, role="user", content="x"))
    with pytest.raises(openai.NotFoundError):
        await done(either.beta.threads.messages.retrieve(made.id, thread_id=deck))


async def test_an_attachment_comes_back_even_if_no_assistant_has_its_tool(either, deck):
    chart = (await done(either.files.create(file=("chart.txt", b"Here be shoals."), purpose="assistants"))).id
    attachments = [{"file_id": chart, "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}]
    made = await done(either.beta.threads.messages.create(deck, role="user", content="x", attachments=attachments))
    assert made.to_dict()["attachments"] == attachments


@pytest.mark.parametrize("content", ["", []])
async def test_a_message_without_content_is_refused(client, thread, content):
    with pytest.raises(openai.BadRequestError) as refused:
        client.beta.threads.messages.create(thread.id, role="user", content=content)
    assert refused.value.param == "content"


def test_texts_of_all_scripts_pass_as_they_are(client, thread):
    text = '潮汐表 \U0001f30a\u200d e\u0301 "quoted" \\ \t\r\n<>&\u2028'
    made = client.beta.threads.messages.create(thread.id, role="user", content=text)
    assert made.content[0].text.value == text
    assert client.beta.threads.messages.list(thread.id).data[0].content[0].text.value == text


def test_bytes_have_the_recorded_order(raw, thread):
    made = raw.post(f"/threads/{thread.id}/messages", json={"role": "user", "content": "x"}).json()
    assert list(made) == KEYS
    changed = raw.post(f"/threads/{thread.id}/messages/{made['id']}", json={"metadata": {"a": "b"}}).json()
    assert list(changed) == [key if key != "attachments" else "file_ids" for key in KEYS]


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,AAAA", "notaurl", "https://", "ftp://x/a.png", "https://[x/a.png"]
)
def test_an_image_has_an_address_on_the_web(ns, url):
    part = {"type": "image_url", "image_url": {"url": url}}
    words = "Expected a valid URL, but got a value with an invalid format."
    place = "messages[0].content[1].image_url.url"
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, part]}]}
    refused(line(ns).post("/threads", body), 400, f"Invalid '{place}'. {words}", place, "invalid_value")
