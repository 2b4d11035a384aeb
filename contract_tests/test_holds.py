"""Holding a run at a status, releasing it, and ending it early by the control API."""

import openai
import pytest

from contract_tests.harness import WEATHER, outputs_of
from emulator import LiveServer, Settings

PACES = [
    {"progression": "immediate"},
    {"progression": "polls", "times": 1},
    {"progression": "time", "seconds": "1s"},
    {"progression": "manual"},
]


def hold(ns, run, at, status=None):
    return ns.control("POST", f"/runs/{getattr(run, 'id', run)}/hold", {"at": at}, status=status)


def release(ns, run, at, status=None):
    return ns.control("POST", f"/runs/{getattr(run, 'id', run)}/release", {"at": at}, status=status)


def refusal(answer):
    return answer["error"]["message"]


def waits_for(ns, run):
    return ns.control("GET", f"/runs/{run.id}")["waits_for"]


@pytest.mark.parametrize("at", ["queued", "in_progress"])
def test_the_next_run_is_held_at_a_status_however_often_it_is_polled(ns, start, poll, at):
    ns.play({"say": "Fog."})
    assert hold(ns, "next", at) == {"run": None}
    run = start()
    assert {poll(run).status for _ in range(3)} == {at}
    assert release(ns, run, at)["run"]["status"] == "completed"


@pytest.mark.parametrize("pace", PACES, ids=lambda pace: pace["progression"])
@pytest.mark.parametrize("at", ["queued", "in_progress"])
def test_a_hold_lasts_whatever_the_pace(ns, start, poll, pace, at):
    ns.put(pace=pace)
    ns.play({"say": "Fog."})
    hold(ns, "next", at)
    run = start()
    ns.control("POST", f"/runs/{run.id}/step", {"until": f"hold:{at}"})
    for _ in range(3):
        assert poll(run).status == at
        ns.control("POST", f"/runs/{run.id}/step", {})
        ns.advance("2s")
    assert poll(run).status == at
    release(ns, run, at)
    for _ in range(3):
        poll(run)
        ns.advance("2s")
        ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})
    assert poll(run).status == "completed"


def test_a_held_run_has_done_nothing_in_its_status_yet(ns, client, start, poll):
    ns.play({"say": "Fog."})
    hold(ns, "next", "in_progress")
    run = start()
    assert poll(run).status == "in_progress"
    assert client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data == []


def test_a_hold_of_the_next_run_is_for_that_one_alone(ns, client, start, poll, assistant):
    hold(ns, "next", "queued")
    hold(ns, "next", "in_progress")
    hold(ns, "next", "in_progress")
    first = start()
    other = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread={"messages": []})
    assert other.status == "completed"
    assert poll(first).status == "queued"
    assert release(ns, first, "queued")["run"]["status"] == "in_progress"
    assert release(ns, first, "in_progress")["run"]["status"] == "completed"


def test_the_next_run_can_be_released_before_it_begins(ns, start, poll):
    hold(ns, "next", "in_progress")
    assert "it will be held at 'in_progress'" in refusal(release(ns, "next", "queued", status=404))
    release(ns, "next", "in_progress")
    assert "nothing holds it" in refusal(release(ns, "next", "in_progress", status=404))
    assert poll(start()).status == "completed"


def test_a_run_that_is_refused_leaves_the_hold_for_the_next(ns, client, start, poll):
    hold(ns, "next", "queued")
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.runs.create("thread_unknown", assistant_id="asst_unknown")
    assert poll(start()).status == "queued"


def test_a_hold_may_come_before_anything_else_in_a_namespace(server, http):
    url = f"{server.control_url}/ns/held-before-anything"
    assert http.post(f"{url}/runs/next/release", json={"at": "queued"}).status_code == 404
    assert http.post(f"{url}/runs/next/hold", json={"at": "queued"}).status_code == 200
    assert http.get(url).status_code == 200
    http.delete(url)


def test_a_reset_forgets_what_the_next_run_was_to_be_held_at(ns, client):
    hold(ns, "next", "queued")
    ns.control("POST", "/reset")
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"


def test_a_run_under_way_is_held_before_it_leaves_its_status(ns, start, poll):
    ns.put(pace={"progression": "manual"})
    ns.play({"say": "Fog."})
    run = start()
    assert waits_for(ns, run) == "gate"
    hold(ns, run, "queued")
    assert waits_for(ns, run) == "hold:queued"
    stepped = ns.control("POST", f"/runs/{run.id}/step", {})
    assert (stepped["run"]["status"], stepped["reached"], stepped["fired"]) == ("queued", False, [])
    assert release(ns, run, "queued")["run"]["status"] == "in_progress"


def test_a_hold_at_queued_holds_a_run_whose_outputs_have_come(ns, client, poll, assistant, thread):
    ns.play({"call": "look_outside"}, {"say": "Fog."})
    client.beta.assistants.update(assistant.id, tools=[WEATHER])
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    run = poll(run)
    hold(ns, run, "queued")
    assert (poll(run).status, waits_for(ns, run)) == ("requires_action", "outputs")
    outputs = outputs_of(run, look_outside="fog")
    client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
    assert (poll(run).status, waits_for(ns, run)) == ("queued", "hold:queued")
    assert release(ns, run, "queued")["run"]["status"] == "completed"


@pytest.mark.parametrize("at", ["queued", "in_progress"])
def test_a_held_run_expires_and_is_cancelled(frozen, client, assistant, at):
    for end, status in (("10m1s", "expired"), (None, "cancelled")):
        hold(frozen, "next", at)
        run = client.beta.threads.create_and_run(assistant_id=assistant.id)
        assert waits_for(frozen, run) == f"hold:{at}"
        if end:
            frozen.advance(end)
        else:
            assert client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
        assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == status


def test_a_run_is_held_while_it_is_being_cancelled(ns, client, start, poll):
    ns.play({"hold": "gate"})
    run = start()
    hold(ns, run, "cancelling")
    assert waits_for(ns, run) == "hold:gate"
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert [poll(run).status for _ in range(2)] == ["cancelling"] * 2
    assert release(ns, run, "cancelling")["run"]["status"] == "cancelled"


def test_a_stream_stops_at_a_hold_and_goes_on_with_the_release(ns, client, assistant, thread):
    ns.play({"say": "Fog."})
    hold(ns, "next", "in_progress")
    seen = []
    with client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True) as stream:
        for event in stream:
            seen.append(event.event)
            if event.event == "thread.run.in_progress":
                assert waits_for(ns, event.data) == "hold:in_progress"
                release(ns, event.data, "in_progress")
    assert seen[-1] == "thread.run.completed"


@pytest.mark.parametrize(
    "at,why",
    [
        ("requires_action", "until its client submits outputs"),
        ("completed", "a run that is completed is over"),
        ("expired", "a run that is expired is over"),
        ("in-progress", "there is no status 'in-progress', did you mean in_progress?"),
        ("", "there is no status ''"),
    ],
)
def test_a_status_that_cannot_be_held_is_refused_with_the_reason(ns, start, at, why):
    ns.play({"hold": "gate"})
    run = start()
    for refused in (hold(ns, run, at, 400), hold(ns, "next", at, 400), release(ns, run, at, 400)):
        assert why in refusal(refused)
        assert refusal(refused).endswith("a run can be held at queued, in_progress and cancelling.")
        assert refused["error"]["param"] == "at"
    assert waits_for(ns, run) == "hold:gate"


def test_a_run_that_is_over_cannot_be_held(ns, start, poll):
    run = start()
    assert poll(run).status == "completed"
    assert refusal(hold(ns, run, "in_progress", 400)) == f"The run '{run.id}' is completed: it cannot be held any more."
    hold(ns, "run_unknown", "in_progress", 404)


def test_a_release_from_somewhere_else_says_where_the_run_is(ns, client, start, poll):
    ns.play({"hold": "here"}, {"call": "look_outside"})
    run = start()
    path = f"/runs/{run.id}/release"
    wrong = ns.control("POST", path, {"hold": "her"}, status=404)
    assert refusal(wrong) == f"No run '{run.id}' is held at 'her'; it is held at 'here'."
    assert refusal(release(ns, run, "in_progress", 404)).endswith("is held at 'in_progress'; it is held at 'here'.")
    hold(ns, run, "queued")
    ns.release(run.id, "here")
    told = refusal(ns.control("POST", path, {"hold": "here"}, status=404))
    assert told.endswith("it is requires_action and waits for outputs, and it will be held at 'queued'.")
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert poll(run).status == "cancelled"
    assert refusal(ns.control("POST", path, {"hold": "here"}, status=404)).endswith("; it is cancelled.")


@pytest.mark.parametrize("body", [{}, {"at": "queued", "hold": "gate"}, {"on": "queued"}])
def test_a_release_names_one_place(ns, start, body):
    ns.control("POST", f"/runs/{start().id}/release", body, status=400)


def test_a_hold_of_a_script_is_released_by_its_name(ns, start):
    ns.play({"hold": "gate"}, {"say": "Fog."})
    run = start()
    assert waits_for(ns, run) == "hold:gate"
    assert ns.release(run.id, "gate")["status"] == "completed"


def test_holds_outlast_a_restart(tmp_path, http):
    settings = Settings(db=tmp_path / "held.db")
    client = openai.OpenAI(base_url="http://unused", api_key="sk-emu-held", max_retries=0)

    def at(server):
        return client.with_options(base_url=server.base_url), f"{server.control_url}/ns/held/runs"

    with LiveServer(settings) as server:
        _, control = at(server)
        for status in ("queued", "in_progress"):
            http.post(f"{control}/next/hold", json={"at": status}).raise_for_status()
    with LiveServer(settings) as server:
        api, control = at(server)
        assistant = api.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        run = api.beta.threads.create_and_run(assistant_id=assistant.id)
        assert api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
    for status, after in (("queued", "in_progress"), ("in_progress", "completed")):
        with LiveServer(settings) as server:
            api, control = at(server)
            assert http.get(f"{control}/{run.id}").json()["waits_for"] == f"hold:{status}"
            assert http.post(f"{control}/{run.id}/release", json={"at": status}).json()["run"]["status"] == after
            assert api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == after
    client.close()


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [{"hold": "gate"}, {"wait": "1h"}, {"call": "look_outside"}, {"expire": True}])
def test_a_run_expires_at_once_wherever_it_waits(frozen, start, poll, script):
    frozen.play(script)
    run = start()
    expired = frozen.control("POST", f"/runs/{run.id}/expire")["run"]
    assert (expired["status"], expired["completed_at"], expired["expires_at"]) == ("expired", run.created_at, None)
    assert poll(run).status == "expired"
    assert frozen.control("GET", f"/runs/{run.id}")["timeline"][-1]["cause"] == "expire"


def test_a_run_is_cancelled_as_by_its_client(ns, start, poll):
    ns.play({"hold": "gate"})
    run = start()
    assert ns.control("POST", f"/runs/{run.id}/cancel")["run"]["status"] == "cancelling"
    assert poll(run).status == "cancelled"
    assert ns.report()["hints"] == []


def test_a_run_that_is_over_is_refused_an_end(ns, client, start, poll):
    run = start()
    assert poll(run).status == "completed"
    with pytest.raises(openai.BadRequestError) as by_client:
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    refused = ns.control("POST", f"/runs/{run.id}/cancel", status=400)
    assert refusal(refused) == by_client.value.body["message"] == "Cannot cancel run with status 'completed'."
    refused = ns.control("POST", f"/runs/{run.id}/expire", status=400)
    assert refusal(refused) == f"The run '{run.id}' is completed: it cannot expire any more."
    for verb in ("cancel", "expire"):
        ns.control("POST", f"/runs/run_unknown/{verb}", status=404)


def test_a_run_that_is_being_cancelled_does_not_expire(ns, start, poll):
    ns.play({"hold": "gate"})
    run = start()
    hold(ns, run, "cancelling")
    ns.control("POST", f"/runs/{run.id}/cancel")
    assert "it ends as cancelled" in refusal(ns.control("POST", f"/runs/{run.id}/expire", status=400))
    assert "cancelling" in refusal(ns.control("POST", f"/runs/{run.id}/cancel", status=400))
    assert poll(run).status == "cancelling"


def test_a_run_that_a_test_ends_is_raced_by_nobody(ns, client, start):
    for verb in ("cancel", "expire"):
        ns.play({"hold": "gate"})
        ns.control("POST", f"/runs/{start().id}/{verb}")
    ns.play({"say": "Fog."})
    start()
    assert [one["kind"] for one in ns.report()["hints"]] == ["status_never_shown"]  # of the expired one
