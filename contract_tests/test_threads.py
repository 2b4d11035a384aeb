import openai
import pytest

from contract_tests.harness import MODEL, done


async def test_a_thread_needs_nothing(either):
    made = await done(either.beta.threads.create())
    assert set(made.to_dict()) == {"id", "object", "created_at", "metadata", "tool_resources"}
    assert made.id.startswith("thread_")
    assert len(made.id) == 31
    assert (made.object, made.metadata) == ("thread", {})
    assert made.to_dict()["tool_resources"] == {}


async def test_a_thread_read_again_shows_an_empty_list_of_code_files(either):
    made = await done(either.beta.threads.create(metadata={"ship": "Möwe"}))
    read = await done(either.beta.threads.retrieve(made.id))
    assert read.to_dict() == {**made.to_dict(), "tool_resources": {"code_interpreter": {"file_ids": []}}}


async def test_an_update_replaces_the_metadata(either):
    made = await done(either.beta.threads.create(metadata={"ship": "Möwe", "berth": "7"}))
    changed = await done(either.beta.threads.update(made.id, metadata={"berth": "8"}))
    assert changed.to_dict() == {**made.to_dict(), "metadata": {"berth": "8"}}
    read = await done(either.beta.threads.retrieve(made.id))
    assert read.metadata == {"berth": "8"}


async def test_an_update_with_null_changes_nothing(either):
    made = await done(either.beta.threads.create(metadata={"ship": "Möwe"}))
    changed = await done(either.beta.threads.update(made.id, metadata=None, tool_resources=None))
    assert changed.metadata == {"ship": "Möwe"}


async def test_an_empty_mapping_takes_all_metadata_away(either):
    made = await done(either.beta.threads.create(metadata={"ship": "Möwe"}))
    assert (await done(either.beta.threads.update(made.id, metadata={}))).metadata == {}


async def test_a_thread_begins_with_its_first_messages(either):
    made = await done(
        either.beta.threads.create(
            messages=[
                {"role": "user", "content": "Ahoy", "metadata": {"n": "1"}},
                {"role": "assistant", "content": "Ahoy yourself"},
                {"role": "user", "content": [{"type": "text", "text": "Which tide?"}], "attachments": None},
            ]
        )
    )
    page = await done(either.beta.threads.messages.list(made.id))
    assert [message.content[0].text.value for message in page.data] == ["Which tide?", "Ahoy yourself", "Ahoy"]
    assert [message.role for message in page.data] == ["user", "assistant", "user"]
    assert page.data[2].metadata == {"n": "1"}
    assert len({message.created_at for message in page.data}) == 1


async def test_null_and_empty_lists_of_messages_are_none(either):
    for messages in (None, []):
        made = await done(either.beta.threads.create(messages=messages, metadata=None, tool_resources=None))
        assert (await done(either.beta.threads.messages.list(made.id))).data == []


async def test_a_deleted_thread_is_gone_with_all_that_was_on_it(either):
    made = await done(either.beta.threads.create(messages=[{"role": "user", "content": "Ahoy"}]))
    gone = await done(either.beta.threads.delete(made.id))
    assert gone.to_dict() == {"id": made.id, "object": "thread.deleted", "deleted": True}
    threads = either.beta.threads
    for call in (threads.retrieve, threads.delete, threads.messages.list, threads.runs.list):
        with pytest.raises(openai.NotFoundError, match=f"No thread found with id '{made.id}'"):
            await done(call(made.id))


async def test_a_thread_may_be_deleted_while_its_run_waits(either, ns):
    ns.plays({"call": "look_outside"})
    boss = await done(either.beta.assistants.create(model=MODEL, instructions="x"))
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=boss.id))
    assert run.status == "requires_action"
    await done(either.beta.threads.delete(run.thread_id))
    with pytest.raises(openai.NotFoundError):
        await done(either.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))
    assert ns.report()["waiting"] == []


async def test_a_thread_may_be_changed_while_its_run_waits(either, ns):
    ns.plays({"call": "look_outside"})
    boss = await done(either.beta.assistants.create(model=MODEL, instructions="x"))
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=boss.id))
    changed = await done(either.beta.threads.update(run.thread_id, metadata={"busy": "yes"}))
    assert changed.metadata == {"busy": "yes"}


def test_a_thread_can_be_made_without_any_body(raw):
    for content in (b"", b"{}", b"  \n"):
        answer = raw.post("/threads", content=content)
        assert answer.status_code == 200, answer.text
        assert answer.json()["tool_resources"] == {}


def test_a_thread_takes_at_most_thirty_two_messages_at_once(client):
    many = [{"role": "user", "content": str(n)} for n in range(33)]
    assert (
        len(client.beta.threads.messages.list(client.beta.threads.create(messages=many[:32]).id, limit=100).data) == 32
    )
    with pytest.raises(openai.BadRequestError) as refused:
        client.beta.threads.create(messages=many)
    assert (refused.value.param, refused.value.code) == ("messages", "array_above_max_length")
