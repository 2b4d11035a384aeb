import openai
import pytest

from contract_tests.harness import WEATHER, outputs_of

BUSY_STEPS = {
    "in_progress": {"hold": "here"},
    "requires_action": {"call": "look_outside"},
}


@pytest.fixture(params=sorted(BUSY_STEPS))
def busy(request, ns, start, poll):
    ns.play(BUSY_STEPS[request.param], {"say": "done"})
    run = poll(start(tools=[WEATHER]))
    assert run.status == request.param
    return run


def test_a_busy_thread_refuses_messages(client, busy):
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.messages.create(busy.thread_id, role="user", content="And?")
    assert excinfo.value.body == {
        "message": f"Can't add messages to {busy.thread_id} while a run {busy.id} is active.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert len(client.beta.threads.messages.list(busy.thread_id).data) == 1


def test_a_busy_thread_refuses_another_run(client, assistant, busy):
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.runs.create(
            busy.thread_id, assistant_id=assistant.id, additional_messages=[{"role": "user", "content": "x"}]
        )
    assert excinfo.value.body == {
        "message": f"Thread {busy.thread_id} already has an active run {busy.id}.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert len(client.beta.threads.messages.list(busy.thread_id).data) == 1
    assert len(client.beta.threads.runs.list(busy.thread_id).data) == 1


def test_a_busy_thread_can_be_read(client, busy):
    assert client.beta.threads.retrieve(busy.thread_id).id == busy.thread_id
    assert client.beta.threads.runs.list(busy.thread_id).data[0].status == busy.status
    assert client.beta.threads.messages.list(busy.thread_id).data[0].role == "user"


def test_other_threads_are_not_locked(client, assistant, busy):
    other = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    assert client.beta.threads.runs.create(other.id, assistant_id=assistant.id).status == "queued"


def test_the_lock_is_released_when_the_run_ends(ns, client, assistant, busy):
    if busy.status == "in_progress":
        ns.release(busy.id, "here")
    else:
        client.beta.threads.runs.submit_tool_outputs(
            busy.id, thread_id=busy.thread_id, tool_outputs=outputs_of(busy, look_outside="fog")
        )
    client.beta.threads.messages.create(busy.thread_id, role="user", content="And now?")
    assert client.beta.threads.runs.create(busy.thread_id, assistant_id=assistant.id).status == "queued"


def test_a_run_that_is_still_being_played_does_not_race_with_the_next_message(client, start, thread):
    for number in range(5):
        start()
        client.beta.threads.messages.create(thread.id, role="user", content=f"number {number}")
    assert len(client.beta.threads.messages.list(thread.id, limit=100).data) == 11


def test_a_run_in_progress_cannot_be_updated(ns, client, start, poll):
    ns.play({"hold": "here"})
    run = poll(start())
    with pytest.raises(openai.BadRequestError, match="Cannot update run with status 'in_progress'"):
        client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"a": "b"})


def test_a_body_is_checked_before_the_state(ns, client, start, poll):
    ns.play({"hold": "here"})
    run = poll(start())
    with pytest.raises(openai.BadRequestError, match=r"Invalid type for 'metadata\.done'"):
        client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"done": True})


def test_metadata_of_a_waiting_run_is_kept_until_it_ends(ns, client, start, poll):
    ns.play({"call": "look_outside"}, {"say": "x"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"seen": "yes"})
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    run = poll(run)
    assert (run.status, run.metadata) == ("completed", {"seen": "yes"})
