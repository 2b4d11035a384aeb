"""How a run shows itself: poll by poll, second by second, or step by step."""

import openai
import pytest

CALL = {"call": "look_up", "args": {"word": "tide"}}


def begin(client, thread, assistant):
    return client.beta.threads.runs.create(thread_id=thread, assistant_id=assistant)


def seen(client, run, most=20):
    """Return the statuses of polls until the run waits for outputs or is over."""
    statuses = []
    for _ in range(most):
        statuses.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
        if statuses[-1] not in ("queued", "in_progress", "cancelling"):
            break
    return statuses


@pytest.fixture
def deck(client):
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    return client.beta.threads.create().id, assistant.id


def outputs(client, run):
    shown = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    calls = shown.required_action.submit_tool_outputs.tool_calls
    return client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "noon"} for call in calls]
    )


def test_each_status_is_shown_for_so_many_polls(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 2})
    ns.plays(CALL, {"say": "At noon."})
    run = begin(client, *deck)
    assert seen(client, run) == ["queued", "queued", "in_progress", "in_progress", "requires_action"]
    assert outputs(client, run).status == "queued"
    assert seen(client, run) == ["queued", "queued", "in_progress", "in_progress", "completed"]


def test_the_clients_own_poller_sees_a_run_through(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.plays({"say": "At noon."})
    run = client.beta.threads.runs.create_and_poll(thread_id=deck[0], assistant_id=deck[1])
    assert run.status == "completed"


def test_a_stream_does_not_wait_for_polls(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.plays({"say": "At noon."})
    with client.beta.threads.runs.stream(thread_id=deck[0], assistant_id=deck[1]) as stream:
        assert stream.get_final_run().status == "completed"


def test_a_queued_run_can_be_cancelled(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 2})
    ns.plays({"say": "At noon."})
    run = begin(client, *deck)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
    cancelling = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert (cancelling.status, cancelling.started_at) == ("cancelling", None)
    assert seen(client, run) == ["cancelling", "cancelling", "cancelled"]
    assert client.beta.threads.messages.list(run.thread_id).data == []


def test_a_status_lasts_its_time_on_the_clock(frozen, client, deck):
    frozen.put(pace={"progression": "time", "seconds": "5s"})
    frozen.plays({"say": "At noon."})
    run = begin(client, *deck)
    shown = []
    for _ in range(3):
        shown.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
        frozen.advance("5s")
    over = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (shown, over.status) == (["queued", "in_progress", "completed"], "completed")
    assert (over.started_at - over.created_at, over.completed_at - over.started_at) == (5, 5)


def test_by_hand_nothing_moves_until_it_is_asked_to(ns, client, deck):
    ns.put(pace={"progression": "manual"})
    ns.plays(CALL, {"say": "At noon."})
    run = begin(client, *deck)
    assert seen(client, run, most=3) == ["queued"] * 3
    stepped = ns.control("POST", f"/runs/{run.id}/step", {})
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)
    assert stepped["fired"][0] == "thread.run.in_progress"
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "requires_action"})
    assert (stepped["run"]["status"], stepped["fired"]) == ("requires_action", ["thread.run.requires_action"])
    outputs(client, run)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "event:thread.message.completed"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("completed", True)


def test_a_step_goes_as_far_as_it_can(ns, client, deck):
    ns.put(pace={"progression": "manual"})
    ns.plays(CALL, {"say": "At noon."})
    run = begin(client, *deck)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("requires_action", False)
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "settled"})["reached"] is True
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "step:1"})["reached"] is True
    ns.control("POST", "/runs/run_of_nobody/step", {}, status=404)


def test_a_step_stops_at_a_hold(ns, client, deck):
    ns.put(pace={"progression": "manual"})
    ns.plays({"hold": "thinking"}, {"say": "At noon."})
    run = begin(client, *deck)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "hold:thinking"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)
    ns.release(run.id, "thinking")
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})["reached"] is True


def test_a_thread_stays_locked_while_its_run_waits_to_be_shown(ns, client, deck):
    ns.control("PUT", "/pace", {"progression": "manual"})
    ns.plays({"say": "At noon."})
    begin(client, *deck)
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        begin(client, *deck)


def test_a_run_that_waits_to_be_shown_goes_on_after_a_restart(tmp_path):
    from emulator import LiveServer, Settings

    settings = Settings(db=tmp_path / "paced.db")
    pace = {"pace": {"progression": "polls", "times": 1}}
    statuses = []
    for _ in range(4):
        with LiveServer(settings) as server:
            client = openai.OpenAI(base_url=server.base_url, api_key="sk-emu-paced", max_retries=0)
            if not statuses:
                import httpx

                httpx.put(f"{server.control_url}/ns/paced", json=pace, trust_env=False).raise_for_status()
                assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
                run = client.beta.threads.create_and_run(
                    assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Tide?"}]}
                )
            statuses.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
            client.close()
    assert statuses[-1] == "completed"
    assert set(statuses) <= {"queued", "in_progress", "completed"}
