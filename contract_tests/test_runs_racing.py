"""Requests about a thread whose run is not known to be over: the service would have refused them, and the report hints."""

import pytest

from contract_tests.harness import WEATHER


@pytest.fixture
def message(client, thread):
    """Return a function that adds a message to the thread."""
    return lambda *_: client.beta.threads.messages.create(thread.id, role="user", content="And now?")


def raced(ns):
    hints = [one for one in ns.report()["hints"] if one["kind"] == "raced_an_active_run"]
    return [(one["run"], one["count"]) for one in hints]


def outputs(run):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": "x"} for call in calls]


def test_a_message_right_after_a_run_was_created_is_hinted_at(frozen, start, message):
    run = start()
    message()
    assert raced(frozen) == [(run.id, 1)]
    (hint,) = frozen.report()["hints"]
    assert "already has an active run" in hint["message"]
    message()
    assert raced(frozen) == [(run.id, 2)]


def test_a_run_right_after_another_one_is_hinted_at(frozen, start):
    first, second, _ = start(), start(), start()
    assert raced(frozen) == [(first.id, 1), (second.id, 1)]


def test_so_is_a_stream_right_after_a_run(frozen, client, start, message):
    first = start()
    for _ in start(stream=True):
        pass
    message()
    assert raced(frozen) == [(first.id, 1)]


def test_a_message_right_after_outputs_were_submitted_is_hinted_at(frozen, client, start, poll, message):
    frozen.play({"call": "look_outside"}, {"say": "x"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run))
    message()
    assert raced(frozen) == [(run.id, 1)]


def test_a_message_that_is_refused_is_not_hinted_at(frozen, start, raw, thread):
    start()
    refused = raw.post(f"/threads/{thread.id}/messages", json={"role": "user", "content": ""})
    assert refused.status_code == 400
    attached = {"file_id": "file-none", "tools": [{"type": "file_search"}]}
    body = {"role": "user", "content": "x", "attachments": [attached]}
    assert raw.post(f"/threads/{thread.id}/messages", json=body).status_code >= 400
    assert raced(frozen) == []


KNOWS = {
    "the run": lambda client, run: client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id),
    "the run with new metadata": lambda client, run: client.beta.threads.runs.update(
        run.id, thread_id=run.thread_id, metadata={"a": "b"}
    ),
    "the runs": lambda client, run: client.beta.threads.runs.list(run.thread_id),
    "its steps": lambda client, run: client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id),
    "the messages": lambda client, run: client.beta.threads.messages.list(run.thread_id),
}


@pytest.mark.parametrize("what", KNOWS)
def test_there_is_no_hint_where_the_client_has_read_the_run(frozen, client, start, message, what):
    KNOWS[what](client, start())
    message()
    start()
    assert raced(frozen) == []


def test_there_is_no_hint_for_clients_that_poll_as_the_library_does(ns, client, assistant, thread, message):
    ns.play({"call": "look_outside"}, {"say": "x"})
    about = {"assistant_id": assistant.id, "thread_id": thread.id, "tools": [WEATHER]}
    for _ in range(2):
        run = client.beta.threads.runs.create_and_poll(**about)
        client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run)
        )
        message()
    assert ns.report()["hints"] == []


def test_there_is_no_hint_for_clients_that_stream(ns, client, assistant, thread, message):
    ns.play({"call": "look_outside"}, {"say": "x"})
    for _ in range(2):
        with client.beta.threads.runs.stream(assistant_id=assistant.id, thread_id=thread.id, tools=[WEATHER]) as stream:
            run = stream.get_final_run()
        with client.beta.threads.runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run)
        ) as stream:
            stream.until_done()
        message()
    assert ns.report()["hints"] == []


def test_there_is_no_hint_where_the_client_has_let_time_pass(frozen, start, message):
    start()
    frozen.advance("5s")
    message()
    assert raced(frozen) == []


def test_there_is_no_hint_where_the_test_has_let_the_run_go_on(frozen, start, message):
    frozen.play({"hold": "gate"}, {"say": "x"})
    run = start()
    frozen.control("POST", f"/runs/{run.id}/release", {"hold": "gate"})
    message()
    assert raced(frozen) == []


@pytest.mark.parametrize("step", [{"hold": "gate"}, {"say": "x"}], ids=["in time", "too late"])
def test_there_is_no_hint_where_the_client_has_asked_to_cancel_the_run(frozen, raw, start, message, step):
    frozen.play(step)
    run = start()
    raw.post(f"/threads/{run.thread_id}/runs/{run.id}/cancel")
    message()
    assert raced(frozen) == []


@pytest.mark.parametrize("pace", [{"progression": "polls"}, {"progression": "time"}, {"progression": "manual"}])
def test_at_the_other_paces_such_requests_are_refused(frozen, raw, start, pace):
    frozen.put(pace=pace)
    run = start()
    refused = raw.post(f"/threads/{run.thread_id}/messages", json={"role": "user", "content": "And now?"})
    assert (
        refused.json()["error"]["message"] == f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    )
    refused = raw.post(f"/threads/{run.thread_id}/runs", json={"assistant_id": run.assistant_id})
    assert refused.json()["error"]["message"] == f"Thread {run.thread_id} already has an active run {run.id}."
    hints = [(one["kind"], one["run"], one["count"]) for one in frozen.report()["hints"]]
    assert hints == [("refused_by_active_run", run.id, 2)]


def test_there_is_no_hint_about_another_thread(frozen, client, start):
    start()
    other = client.beta.threads.create()
    client.beta.threads.messages.create(other.id, role="user", content="And now?")
    assert raced(frozen) == []


def test_a_thread_that_is_made_anew_has_no_run_to_race(frozen, client, assistant):
    for text in ("One.", "Two."):
        threads = {"pier": {"id": "thread_pier", "messages": [{"role": "user", "content": text}]}}
        frozen.load({"emulator": 1, "fixtures": {"threads": threads}, "turns": [{"steps": [{"say": "x"}]}]})
        client.beta.threads.messages.create("thread_pier", role="user", content="And now?")
        client.beta.threads.runs.create("thread_pier", assistant_id=assistant.id)
    assert raced(frozen) == []
