import pytest

from contract_tests.harness import NOON_SECONDS, NOTHING_USED, TIDES, WEATHER, event_names, outputs_of


def timestamps(run):
    """Return the timestamps of a run that are set, in seconds since noon."""
    names = ("started_at", "expires_at", "cancelled_at", "failed_at", "completed_at")
    document = run.to_dict()
    return {name: document[name] - NOON_SECONDS for name in names if document[name] is not None}


def steps(client, run):
    return client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data


def texts(client, run):
    page = client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
    return [message.content[0].text.value for message in page.data]


def test_a_run_completes(frozen, client, start, poll):
    frozen.play({"wait": "3s"}, {"say": "Low."}, {"wait": "4s"})
    run = start()
    assert (run.status, timestamps(run)) == ("queued", {"expires_at": 600})
    run = poll(run)
    assert (run.status, timestamps(run), run.usage) == ("in_progress", {"started_at": 0, "expires_at": 600}, None)
    fired = frozen.advance("5s")
    assert {one["event"] for one in fired} >= {"thread.message.created", "thread.run.step.created"}
    assert poll(run).status == "in_progress"
    fired = frozen.advance("5s")
    assert fired[-1] == {"run": run.id, "event": "thread.run.completed"}
    run = poll(run)
    assert (run.status, timestamps(run)) == ("completed", {"started_at": 0, "completed_at": 7})
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0
    (step,) = steps(client, run)
    assert (step.status, step.created_at, step.to_dict()["expires_at"]) == ("completed", NOON_SECONDS + 3, None)
    assert texts(client, run) == ["Low."]


def test_a_run_waits_for_outputs_and_resumes(frozen, client, start, poll):
    frozen.play(
        {"call": "look_outside", "args": {"town": "Cuxhaven"}}, {"wait": "2s"}, {"say": "{{ outputs.look_outside }}!"}
    )
    run = poll(start(tools=[WEATHER]))
    assert (run.status, timestamps(run), run.usage) == ("requires_action", {"started_at": 0, "expires_at": 600}, None)
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    assert run.to_dict()["required_action"] == {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": "look_outside", "arguments": '{"town":"Cuxhaven"}'},
                }
            ]
        },
    }
    (step,) = steps(client, run)
    assert (step.status, step.to_dict()["expires_at"]) == ("in_progress", run.expires_at)
    assert step.to_dict()["step_details"]["tool_calls"][0]["function"]["output"] is None
    frozen.advance("10s")
    run = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    assert (run.status, timestamps(run), run.required_action) == ("queued", {"started_at": 0, "expires_at": 600}, None)
    run = poll(run)
    assert (run.status, timestamps(run)) == ("in_progress", {"started_at": 10, "expires_at": 600})
    (step,) = steps(client, run)
    assert (step.status, step.completed_at) == ("completed", NOON_SECONDS + 10)
    assert step.to_dict()["expires_at"] == run.expires_at
    frozen.advance("1m")
    run = poll(run)
    assert (run.status, timestamps(run)) == ("completed", {"started_at": 10, "completed_at": 12})
    first, second = steps(client, run)
    assert first.step_details.tool_calls[0].function.output == "fog"
    assert second.step_details.type == "message_creation"
    assert run.usage.total_tokens == first.usage.total_tokens + second.usage.total_tokens
    assert texts(client, run) == ["fog!"]


def test_a_run_fails(frozen, client, start, poll):
    frozen.play({"wait": "1s"}, {"say": "I will"}, {"fail": "rate_limit_exceeded", "message": "Too much."})
    run = poll(start())
    frozen.advance("1s")
    run = poll(run)
    assert (run.status, timestamps(run)) == ("failed", {"started_at": 0, "failed_at": 1})
    assert run.last_error.to_dict() == {"code": "rate_limit_exceeded", "message": "Too much."}
    (step,) = steps(client, run)
    assert (step.status, step.failed_at, step.last_error.code) == ("failed", NOON_SECONDS + 1, "rate_limit_exceeded")
    assert step.last_error.message == "Too much."
    assert texts(client, run) == ["I will"]


BROKEN = "Sorry, something went wrong."
MESSAGES = {
    "server_error": BROKEN,
    "rate_limit_exceeded": "You exceeded your current quota, please check your plan and billing details.",
    "invalid_prompt": BROKEN,
}


@pytest.mark.parametrize("code", MESSAGES)
def test_a_run_that_fails_at_once_has_no_steps_and_no_usage(frozen, client, start, poll, code):
    frozen.play({"fail": code})
    run = poll(start())
    assert (run.status, timestamps(run)) == ("failed", {"started_at": 0, "failed_at": 0})
    assert run.last_error.code == code
    assert run.last_error.message.startswith(MESSAGES[code])
    assert run.to_dict()["usage"] == NOTHING_USED
    assert steps(client, run) == []


@pytest.mark.parametrize("reason", ["max_completion_tokens", "max_prompt_tokens", "content_filter"])
def test_a_run_ends_incomplete(frozen, client, start, poll, reason):
    frozen.play({"say": "The tide is"}, {"stop": reason})
    run = poll(start())
    assert (run.status, timestamps(run)) == ("incomplete", {"started_at": 0, "completed_at": 0})
    assert run.incomplete_details.to_dict() == {"reason": reason}
    assert run.last_error is None
    assert run.usage.total_tokens > 0
    (step,) = steps(client, run)
    assert step.status == "completed"
    assert texts(client, run) == ["The tide is"]


def test_a_run_expires_ten_minutes_after_its_creation(frozen, client, start, poll):
    frozen.play({"call": "look_outside"})
    run = poll(start(tools=[WEATHER]))
    assert frozen.advance("599s") == []
    assert poll(run).status == "requires_action"
    fired = frozen.advance("1s")
    assert [one["event"] for one in fired] == ["thread.run.step.expired", "thread.run.expired"]
    run = poll(run)
    assert (run.status, timestamps(run), run.required_action) == (
        "expired",
        {"started_at": 0, "completed_at": 600},
        None,
    )
    (step,) = steps(client, run)
    assert step.status == "expired"


def test_outputs_do_not_extend_the_expiry_of_a_run(frozen, client, start, poll):
    frozen.play({"call": "look_outside"}, {"call": "read_tides"})
    run = poll(start(tools=[WEATHER, TIDES]))
    frozen.advance("500s")
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    run = poll(run)
    assert (run.status, run.expires_at - run.created_at) == ("requires_action", 600)
    frozen.advance("100s")
    assert poll(run).status == "expired"


def test_a_run_can_be_scripted_to_expire_at_its_deadline(frozen, start, poll):
    frozen.play({"say": "Hold on"}, {"expire": True})
    run = poll(start())
    assert run.status == "in_progress"
    frozen.advance("10m")
    run = poll(run)
    assert (run.status, timestamps(run)) == ("expired", {"started_at": 0, "completed_at": 600})


def test_a_run_can_be_scripted_to_expire_at_once(frozen, start, poll):
    frozen.play({"expire": "now"})
    run = poll(start())
    assert (run.status, timestamps(run)) == ("expired", {"started_at": 0, "completed_at": 0})


def test_a_run_that_waits_longer_than_its_lifetime_expires(frozen, start, poll):
    frozen.play({"wait": "1h"}, {"say": "too late"})
    run = poll(start())
    frozen.advance("2h")
    assert poll(run).status == "expired"


def test_what_waits_for_the_client_does_not_expire_while_a_clock_is_auto(ns, client, start, poll):
    ns.play({"call": "look_outside"})
    waiting = poll(start(tools=[WEATHER]))
    ns.play({"expire": True})
    other = client.beta.threads.create_and_run(assistant_id=waiting.assistant_id, instructions="x")
    assert client.beta.threads.runs.retrieve(other.id, thread_id=other.thread_id).status == "expired"
    assert poll(waiting).status == "requires_action"
    assert ns.report()["waiting"] == [{"run": waiting.id, "status": "requires_action", "waits_for": "outputs"}]


@pytest.mark.parametrize(
    "step,waits_for",
    [
        ({"wait": "1h"}, "clock"),
        ({"hold": "her"}, "hold:her"),
        ({"expire": True}, "expiry"),
        ({"call": "f"}, "outputs"),
    ],
)
def test_the_report_says_what_a_run_waits_for(frozen, start, poll, step, waits_for):
    frozen.play(step)
    run = poll(start())
    assert frozen.report()["waiting"] == [{"run": run.id, "status": run.status, "waits_for": waits_for}]


def test_the_report_says_that_a_run_waits_for_a_request_at_its_pace(ns, start):
    ns.put(pace={"progression": "manual"})
    run = start()
    assert ns.report()["waiting"] == [{"run": run.id, "status": "queued", "waits_for": "gate"}]


PACES = [
    {"progression": "immediate"},
    {"progression": "polls", "times": 2},
    {"progression": "time", "seconds": 3},
    {"progression": "manual"},
]


@pytest.mark.parametrize("pace", PACES, ids=lambda pace: pace["progression"])
def test_an_auto_clock_jumps_to_an_expiry_that_a_script_asks_for(ns, start, poll, pace):
    ns.put(pace=pace)
    ns.play({"say": "Hold on"}, {"expire": True})
    run = start()
    deadline = run.expires_at
    for _ in range(10):
        if pace["progression"] == "manual":
            ns.control("POST", f"/runs/{run.id}/step")
        run = poll(run)
        if run.status == "expired":
            break
        assert (run.status in ("queued", "in_progress"), run.expires_at) == (True, deadline)
    assert run.status == "expired"
    assert run.completed_at == pytest.approx(deadline, abs=1)  # the clock goes on


@pytest.mark.parametrize("pace", PACES[:3], ids=lambda pace: pace["progression"])
def test_a_stream_ends_with_an_expiry_that_an_auto_clock_jumps_to(ns, stream_events, pace):
    ns.put(pace=pace)
    ns.play({"say": "Hold on"}, {"expire": True})
    assert event_names(stream_events())[-2:] == ["thread.run.expired", "done"]


def test_a_clock_that_becomes_auto_ends_the_wait_for_an_expiry(frozen, start, poll):
    frozen.play({"expire": True})
    run = poll(start())
    assert run.status == "in_progress"
    frozen.control("PATCH", "/clock", {"mode": "auto"})
    ended = poll(run)
    assert ended.status == "expired"
    assert ended.completed_at == pytest.approx(run.expires_at, abs=1)


def test_an_auto_clock_skips_every_wait(ns, client, start, poll):
    ns.play({"wait": "2h"}, {"say": "Here I am", "stream": {"chunk": "char", "ttft": "30s", "tps": 0.1}})
    run = poll(start())
    assert run.status == "completed"
    assert texts(client, run) == ["Here I am"]


def test_a_hold_lasts_until_it_is_released(ns, start, poll):
    ns.play({"hold": "the gate"}, {"say": "Come in"})
    run = poll(start())
    assert run.status == "in_progress"
    assert ns.release(run.id, "the gate")["status"] == "completed"
    ns.control("POST", f"/runs/{run.id}/release", {"hold": "the gate"}, status=404)


def test_usage_is_shared_out_over_the_steps(ns, client, start, poll):
    turn = {
        "steps": [{"say": "one"}, {"call": "look_outside"}, {"say": "two"}],
        "usage": {"prompt_tokens": 101, "completion_tokens": 23},
    }
    ns.load(scenario_of(turn))
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    run = poll(run)
    assert (run.usage.prompt_tokens, run.usage.completion_tokens, run.usage.total_tokens) == (101, 23, 124)
    created = steps(client, run)
    assert len(created) == 3
    assert sum(step.usage.prompt_tokens for step in created) == 101
    assert sum(step.usage.completion_tokens for step in created) == 23
    assert run.to_dict()["usage"]["prompt_token_details"] == {"cached_tokens": 0}


def scenario_of(*turns):
    return {"emulator": 1, "turns": list(turns)}
