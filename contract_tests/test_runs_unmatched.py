import openai
import pytest

from contract_tests.harness import WEATHER, outputs_of

NEVER = {
    "emulator": 1,
    "turns": [{"name": "storm", "when": {"message": {"contains": "storm"}}, "steps": [{"say": "x"}]}],
}


def test_a_run_that_no_turn_matches_fails_and_reports_near_misses(ns, start, poll):
    ns.load(NEVER)
    run = poll(start())
    assert (run.status, run.last_error.code) == ("failed", "server_error")
    assert run.last_error.message.startswith("[emulator] no scripted turn matches")
    assert "storm" in run.last_error.message
    (entry,) = ns.report()["unmatched"]
    assert entry["run"] == run.id
    assert entry["near"]


def test_echo_answers_runs_that_no_turn_matches(ns, client, start, poll):
    ns.load({**NEVER, "unmatched": "echo"})
    run = poll(start())
    assert run.status == "completed"
    message = client.beta.threads.messages.list(run.thread_id, limit=1).data[0]
    assert "How is the harbour today?" in message.content[0].text.value


def test_an_unmatched_run_can_be_refused_with_an_http_error_that_is_not_retried(ns, client, start, thread):
    ns.load({**NEVER, "unmatched": "http_error"})
    with pytest.raises(openai.InternalServerError, match="no scripted turn matches"):
        start()
    assert client.beta.threads.runs.list(thread.id).data == []
    posts = [one for one in ns.requests() if (one["method"], one["path"]) == ("POST", f"/threads/{thread.id}/runs")]
    assert len(posts) == 1
    assert len(ns.report()["unmatched"]) == 1
    client.beta.threads.messages.create(thread.id, role="user", content="The thread is not locked.")


def test_a_namespace_without_a_script_echoes(client, start, poll):
    run = poll(start())
    assert run.status == "completed"
    message = client.beta.threads.messages.list(run.thread_id, limit=1).data[0]
    assert "How is the harbour today?" in message.content[0].text.value


def test_a_check_that_passes_changes_nothing(ns, client, start, poll):
    ns.play({"call": "look_outside"}, {"check": "outputs.look_outside == 'fog'"}, {"say": "ok"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    assert poll(run).status == "completed"
    assert ns.report()["check"] == []


def test_a_check_that_does_not_pass_fails_the_run_and_is_reported(ns, client, start, poll):
    ns.play(
        {"call": "look_outside"},
        {"check": "outputs.look_outside == 'sun'", "message": "expected sun"},
        {"say": "ok"},
    )
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    run = poll(run)
    assert (run.status, run.last_error.message) == (
        "failed",
        "[emulator] script.yaml:1: turns[0].steps[1].check: check failed: expected sun",
    )
    place = "script.yaml:1: turns[0].steps[1].check"
    assert ns.report()["check"] == [{"run": run.id, "message": "expected sun", "place": place}]


def test_a_broken_template_fails_the_run_with_an_error_of_the_emulator(ns, start, poll):
    ns.play({"say": "{{ outputs.never }}"})
    run = poll(start())
    assert run.status == "failed"
    assert run.last_error.message.startswith("[emulator] ")
    assert ns.report()["script"]


def test_turns_are_used_up_and_the_report_lists_required_ones_that_were_not_played(ns, start, poll):
    ns.load(
        """
        emulator: 1
        unmatched: echo
        turns:
          - {name: once, uses: 1, steps: [{say: first}]}
          - {name: storm, when: {message: storm}, steps: [{say: never}]}
        """
    )
    assert [turn["name"] for turn in ns.report()["unused"]] == ["once"]
    poll(start())
    poll(start())
    assert ns.report()["unused"] == []
    assert [turn["used"] for turn in ns.control("GET", "/scripts")["turns"]] == [1, 0]


def test_states_drive_a_conversation(ns, client, start, poll):
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
