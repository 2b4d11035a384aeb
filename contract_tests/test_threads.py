import openai
import pytest

from contract_tests.harness import MODEL, resolve


async def test_a_thread_needs_no_fields(either):
    thread = await resolve(either.beta.threads.create())
    assert set(thread.to_dict()) == {"id", "object", "created_at", "metadata", "tool_resources"}
    assert thread.id.startswith("thread_")
    assert len(thread.id) == 31
    assert (thread.object, thread.metadata) == ("thread", {})
    assert thread.to_dict()["tool_resources"] == {}


async def test_a_retrieved_thread_shows_an_empty_list_of_code_files(either):
    thread = await resolve(either.beta.threads.create(metadata={"ship": "Möwe"}))
    retrieved = await resolve(either.beta.threads.retrieve(thread.id))
    assert retrieved.to_dict() == {**thread.to_dict(), "tool_resources": {"code_interpreter": {"file_ids": []}}}


async def test_an_update_replaces_the_metadata(either):
    thread = await resolve(either.beta.threads.create(metadata={"ship": "Möwe", "berth": "7"}))
    updated = await resolve(either.beta.threads.update(thread.id, metadata={"berth": "8"}))
    assert updated.to_dict() == {**thread.to_dict(), "metadata": {"berth": "8"}}
    retrieved = await resolve(either.beta.threads.retrieve(thread.id))
    assert retrieved.metadata == {"berth": "8"}


async def test_an_update_with_null_changes_nothing(either):
    thread = await resolve(either.beta.threads.create(metadata={"ship": "Möwe"}))
    updated = await resolve(either.beta.threads.update(thread.id, metadata=None, tool_resources=None))
    assert updated.metadata == {"ship": "Möwe"}


async def test_an_empty_mapping_removes_all_metadata(either):
    thread = await resolve(either.beta.threads.create(metadata={"ship": "Möwe"}))
    assert (await resolve(either.beta.threads.update(thread.id, metadata={}))).metadata == {}


async def test_a_thread_can_be_created_with_messages(either):
    thread = await resolve(
        either.beta.threads.create(
            messages=[
                {"role": "user", "content": "Ahoy", "metadata": {"n": "1"}},
                {"role": "assistant", "content": "Ahoy yourself"},
                {"role": "user", "content": [{"type": "text", "text": "Which tide?"}], "attachments": None},
            ]
        )
    )
    page = await resolve(either.beta.threads.messages.list(thread.id))
    assert [message.content[0].text.value for message in page.data] == ["Which tide?", "Ahoy yourself", "Ahoy"]
    assert [message.role for message in page.data] == ["user", "assistant", "user"]
    assert page.data[2].metadata == {"n": "1"}
    assert len({message.created_at for message in page.data}) == 1


async def test_null_and_empty_lists_of_messages_create_none(either):
    for messages in (None, []):
        thread = await resolve(either.beta.threads.create(messages=messages, metadata=None, tool_resources=None))
        assert (await resolve(either.beta.threads.messages.list(thread.id))).data == []


async def test_a_deleted_thread_is_gone_with_its_messages_and_runs(either):
    thread = await resolve(either.beta.threads.create(messages=[{"role": "user", "content": "Ahoy"}]))
    deletion = await resolve(either.beta.threads.delete(thread.id))
    assert deletion.to_dict() == {"id": thread.id, "object": "thread.deleted", "deleted": True}
    threads = either.beta.threads
    for call in (threads.retrieve, threads.delete, threads.messages.list, threads.runs.list):
        with pytest.raises(openai.NotFoundError, match=f"No thread found with id '{thread.id}'"):
            await resolve(call(thread.id))


async def test_a_thread_can_be_deleted_while_its_run_waits(either, ns):
    ns.play({"call": "look_outside"})
    assistant = await resolve(either.beta.assistants.create(model=MODEL, instructions="x"))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    assert run.status == "requires_action"
    await resolve(either.beta.threads.delete(run.thread_id))
    with pytest.raises(openai.NotFoundError):
        await resolve(either.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))
    assert ns.report()["waiting"] == []


async def test_a_thread_can_be_updated_while_its_run_waits(either, ns):
    ns.play({"call": "look_outside"})
    assistant = await resolve(either.beta.assistants.create(model=MODEL, instructions="x"))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    updated = await resolve(either.beta.threads.update(run.thread_id, metadata={"busy": "yes"}))
    assert updated.metadata == {"busy": "yes"}


def test_a_thread_can_be_created_without_a_body(raw):
    for content in (b"", b"{}", b"  \n"):
        response = raw.post("/threads", content=content)
        assert response.status_code == 200, response.text
        assert response.json()["tool_resources"] == {}


def test_a_thread_can_be_created_with_at_most_thirty_two_messages(client):
    many = [{"role": "user", "content": str(n)} for n in range(33)]
    assert (
        len(client.beta.threads.messages.list(client.beta.threads.create(messages=many[:32]).id, limit=100).data) == 32
    )
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.create(messages=many)
    assert (excinfo.value.param, excinfo.value.code) == ("messages", "array_above_max_length")
