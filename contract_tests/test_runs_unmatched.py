import openai
import pytest

from contract_tests.harness import WEATHER, outputs_of

NEVER = {
    "emulator": 1,
    "turns": [{"name": "storm", "when": {"message": {"contains": "storm"}}, "steps": [{"say": "x"}]}],
}


def test_a_run_that_no_turn_answers_fails_and_says_what_came_near(ns, start, poll):
    ns.load(NEVER)
    run = poll(start())
    assert (run.status, run.last_error.code) == ("failed", "server_error")
    assert run.last_error.message.startswith("[emulator] no scripted turn matches")
    assert "storm" in run.last_error.message
    (line,) = ns.report()["unmatched"]
    assert line["run"] == run.id
    assert line["near"]


def test_echo_answers_what_no_turn_does(ns, client, start, poll):
    ns.load({**NEVER, "unmatched": "echo"})
    run = poll(start())
    assert run.status == "completed"
    said = client.beta.threads.messages.list(run.thread_id, limit=1).data[0]
    assert "How is the harbour today?" in said.content[0].text.value


def test_the_request_itself_may_be_refused_and_is_not_tried_again(ns, client, start, thread):
    ns.load({**NEVER, "unmatched": "http_error"})
    with pytest.raises(openai.InternalServerError, match="no scripted turn matches"):
        start()
    assert client.beta.threads.runs.list(thread.id).data == []
    asked = [one for one in ns.requests() if (one["method"], one["path"]) == ("POST", f"/threads/{thread.id}/runs")]
    assert len(asked) == 1
    assert len(ns.report()["unmatched"]) == 1
    client.beta.threads.messages.create(thread.id, role="user", content="The thread is not locked.")


def test_a_namespace_without_a_script_echoes(client, start, poll):
    run = poll(start())
    assert run.status == "completed"
    said = client.beta.threads.messages.list(run.thread_id, limit=1).data[0]
    assert "How is the harbour today?" in said.content[0].text.value


def test_a_check_that_holds_changes_nothing(ns, client, start, poll):
    ns.plays({"call": "look_outside"}, {"check": "outputs.look_outside == 'fog'"}, {"say": "ok"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    assert poll(run).status == "completed"
    assert ns.report()["check"] == []


def test_a_check_that_does_not_hold_fails_the_run_and_is_reported(ns, client, start, poll):
    ns.plays(
        {"call": "look_outside"},
        {"check": "outputs.look_outside == 'sun'", "message": "sun was asked for"},
        {"say": "ok"},
    )
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    run = poll(run)
    assert (run.status, run.last_error.message) == ("failed", "[emulator] check failed: sun was asked for")
    assert ns.report()["check"] == [{"run": run.id, "message": "sun was asked for"}]


def test_a_template_that_breaks_fails_the_run_in_the_emulators_name(ns, start, poll):
    ns.plays({"say": "{{ outputs.never }}"})
    run = poll(start())
    assert run.status == "failed"
    assert run.last_error.message.startswith("[emulator] ")
    assert ns.report()["script"]


def test_turns_are_used_up_and_the_report_tells_which_never_were(ns, start, poll):
    ns.load(
        """
        emulator: 1
        unmatched: echo
        turns:
          - {name: once, uses: 1, steps: [{say: first}]}
          - {name: storm, when: {message: storm}, steps: [{say: never}]}
        """
    )
    assert [turn["name"] for turn in ns.report()["unused"]] == ["once", "storm"]
    poll(start())
    poll(start())
    assert [turn["name"] for turn in ns.report()["unused"]] == ["storm"]
    assert [turn["used"] for turn in ns.control("GET", "/scripts")["turns"]] == [1, 0]


def test_states_lead_a_conversation(ns, client, start, poll):
    ns.load(
        """
        emulator: 1
        states: [stranger, friend]
        turns:
          - {when: {state: stranger}, steps: [{say: "Who are you?"}, {set: {met: 1}}], goto: friend}
          - {when: {state: friend}, steps: [{say: "You again, {{ vars.met }}"}]}
        """
    )
    runs = [poll(start()) for _ in range(3)]
    texts = [client.beta.threads.messages.list(r.thread_id, run_id=r.id).data[0].content[0].text.value for r in runs]
    assert texts == ["Who are you?", "You again, 1", "You again, 1"]
