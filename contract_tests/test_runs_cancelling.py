import openai
import pytest

from contract_tests.harness import NOON_SECONDS, NOTHING_USED, WEATHER, resolve


async def begin(client, **more):
    assistant = await resolve(client.beta.assistants.create(model="gpt-4o", instructions="x", tools=[WEATHER]))
    run = await resolve(client.beta.threads.create_and_run(assistant_id=assistant.id, **more))
    return await resolve(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))


async def test_a_run_in_progress_is_cancelled(either, frozen):
    frozen.play({"say": "Half"}, {"wait": "1m"}, {"say": "the rest"})
    run = await begin(either)
    assert run.status == "in_progress"
    frozen.advance("2s")
    response = await resolve(either.beta.threads.runs.cancel(run.id, thread_id=run.thread_id))
    assert (response.status, response.expires_at) == ("cancelling", run.expires_at)
    assert (response.cancelled_at, response.usage) == (None, None)
    after = await resolve(either.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))
    assert (after.status, after.cancelled_at, after.expires_at) == ("cancelled", NOON_SECONDS + 2, None)
    assert (after.completed_at, after.failed_at) == (None, None)
    assert after.to_dict()["usage"] == NOTHING_USED
    steps = (await resolve(either.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id))).data
    assert all(step.status in ("completed", "cancelled") for step in steps)


async def test_a_run_that_waits_for_outputs_is_cancelled(either, frozen):
    frozen.play({"call": "look_outside"})
    run = await begin(either)
    assert run.status == "requires_action"
    response = await resolve(either.beta.threads.runs.cancel(run.id, thread_id=run.thread_id))
    assert (response.status, response.required_action) == ("cancelling", None)
    after = await resolve(either.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id))
    assert (after.status, after.required_action) == ("cancelled", None)
    (step,) = (await resolve(either.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id))).data
    assert (step.status, step.cancelled_at, step.completed_at) == ("cancelled", NOON_SECONDS, None)


async def test_the_thread_is_unlocked_once_its_run_is_cancelled(either, frozen):
    frozen.play({"call": "look_outside"})
    run = await begin(either)
    await resolve(either.beta.threads.runs.cancel(run.id, thread_id=run.thread_id))
    await resolve(either.beta.threads.messages.create(run.thread_id, role="user", content="Never mind."))
    again = await resolve(either.beta.threads.runs.create(run.thread_id, assistant_id=run.assistant_id))
    assert again.status == "queued"


async def test_a_thread_can_be_deleted_right_after_a_cancel(either, frozen):
    frozen.play({"wait": "1m"})
    run = await begin(either)
    await resolve(either.beta.threads.runs.cancel(run.id, thread_id=run.thread_id))
    assert (await resolve(either.beta.threads.delete(run.thread_id))).deleted is True


@pytest.mark.parametrize(
    "step, status",
    [
        ({"say": "x"}, "completed"),
        ({"fail": "server_error"}, "failed"),
        ({"stop": "content_filter"}, "incomplete"),
        ({"expire": "now"}, "expired"),
    ],
)
async def test_a_finished_run_cannot_be_cancelled(client, frozen, step, status):
    frozen.play(step)
    run = await begin(client)
    assert run.status == status
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert excinfo.value.body["message"] == f"Cannot cancel run with status '{status}'."
    assert (excinfo.value.param, excinfo.value.code) == (None, None)


async def test_a_cancelled_run_cannot_be_cancelled_again(client, frozen):
    frozen.play({"wait": "1m"})
    run = await begin(client)
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'cancelled'"):
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


async def test_a_message_cancelled_while_it_is_written_keeps_its_text(client, frozen):
    frozen.play({"say": "one two three four", "stream": {"tps": 1}})
    run = await begin(client)
    frozen.advance("1s")
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "cancelled"
    (message,) = client.beta.threads.messages.list(run.thread_id).data
    assert message.content[0].text.value.strip() in ("one", "one two")
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert step.status == "cancelled"


async def test_advancing_the_clock_does_not_affect_a_cancelled_run(client, frozen):
    frozen.play({"call": "look_outside"})
    run = await begin(client)
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    frozen.advance("1h")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "cancelled"


def test_a_cancel_accepts_any_body(raw, frozen, thread, assistant):
    frozen.play({"wait": "1m"})
    for content in (b"", b"{}", b"not json"):
        run = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id}).json()
        response = raw.post(f"/threads/{thread.id}/runs/{run['id']}/cancel", content=content)
        assert (response.status_code, response.json()["status"]) == (200, "cancelling"), response.text


# --- at once --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", [{"progression": "polls"}, {"progression": "time"}, {"progression": "manual"}])
async def test_a_run_can_be_cancelled_in_the_next_request_at_a_pace_that_gives_it_time(either, frozen, pace):
    frozen.put(pace=pace)
    assistant = await resolve(either.beta.assistants.create(model="gpt-4o", instructions="x"))
    run = await resolve(either.beta.threads.create_and_run(assistant_id=assistant.id))
    assert (await resolve(either.beta.threads.runs.cancel(run.id, thread_id=run.thread_id))).status == "cancelling"
    assert frozen.report()["hints"] == []


def cancel(client, run):
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    return excinfo.value.body["message"]


@pytest.mark.parametrize("step, status", [({"say": "x"}, "completed"), ({"fail": "server_error"}, "failed")])
def test_the_report_hints_at_a_pace_where_a_run_had_ended_before_it_was_cancelled(ns, client, start, step, status):
    ns.play(step)
    run = start()
    assert cancel(client, run) == f"Cannot cancel run with status '{status}'."
    (hint,) = ns.report()["hints"]
    assert (hint["kind"], hint["run"], hint["count"]) == ("cancelled_too_late", run.id, 1)
    assert "polls" in hint["message"]
    assert "time" in hint["message"]
    cancel(client, run)
    assert [one["count"] for one in ns.report()["hints"]] == [2]


def test_a_hint_is_logged_once(ns, client, start, caplog):
    run = start()
    cancel(client, run)
    cancel(client, run)
    lines = [record.getMessage() for record in caplog.records if "hint" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].startswith(f"namespace {ns.name}: {run.id}: hint: ")


READS = {
    "the run": lambda client, run: client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id),
    "the runs": lambda client, run: client.beta.threads.runs.list(run.thread_id),
    "its steps": lambda client, run: client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id),
    "the messages": lambda client, run: client.beta.threads.messages.list(run.thread_id),
}


@pytest.mark.parametrize("what", READS)
def test_there_is_no_hint_about_a_run_whose_client_knew_that_it_had_ended(ns, client, start, what):
    run = start()
    READS[what](client, run)
    cancel(client, run)
    assert ns.report()["hints"] == []


def test_there_is_no_hint_about_a_run_that_its_client_cancelled_twice(ns, client, start):
    ns.play({"hold": "gate"})
    run = start()
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    cancel(client, run)
    assert ns.report()["hints"] == []


def submit(client, run, **more):
    run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    outputs = [{"tool_call_id": call.id, "output": "x"} for call in run.required_action.submit_tool_outputs.tool_calls]
    return client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs, **more)


def test_the_report_hints_at_a_run_that_was_cancelled_right_after_its_outputs_were_submitted(ns, client, start):
    ns.play({"call": "look_outside"}, {"say": "x"})
    run = start(tools=[WEATHER])
    submit(client, run)
    cancel(client, run)
    (hint,) = ns.report()["hints"]
    assert (hint["kind"], hint["run"]) == ("cancelled_too_late", run.id)


def test_there_is_no_hint_about_a_run_whose_client_read_it_after_it_had_submitted_outputs(ns, client, start, poll):
    ns.play({"call": "look_outside"}, {"say": "x"})
    run = start(tools=[WEATHER])
    submit(client, run)
    poll(run)
    cancel(client, run)
    streamed = start(tools=[WEATHER])
    for _ in submit(client, streamed, stream=True):
        pass
    cancel(client, streamed)
    assert ns.report()["hints"] == []


@pytest.mark.parametrize("which", [0, 1])
def test_the_report_hints_at_each_of_two_runs_that_was_cancelled_unread(ns, client, start, which):
    runs = [start(), start()]
    cancel(client, runs[which])
    hints = [one["run"] for one in ns.report()["hints"] if one["kind"] == "cancelled_too_late"]
    assert hints == [runs[which].id]


def test_a_run_that_was_read_is_not_unread_because_a_later_one_is(ns, client, start, poll):
    first = start()
    poll(first)
    start()
    cancel(client, first)
    assert ns.report()["hints"] == []


def test_a_reset_removes_the_hints(ns, client, start):
    cancel(client, start())
    ns.control("POST", "/reset")
    assert ns.report()["hints"] == []
