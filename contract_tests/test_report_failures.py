"""The failures of a report: one list of what fails a check, and a longer one in a strict namespace."""

import pytest

from contract_tests.harness import outputs_of


def failures(ns):
    return [(one["kind"], one["run"], one["message"]) for one in ns.report()["failures"]]


def test_a_run_that_no_turn_answers_is_a_failure(ns, start):
    ns.load("emulator: 1\nturns: [{name: tea, when: {message: tea}, steps: []}]")
    run = start()
    ((kind, run_id, message),) = failures(ns)
    assert (kind, run_id) == ("unmatched", run.id)
    assert message.startswith("no scripted turn matches. nearest: tea: ")


def test_a_mistake_in_a_script_is_a_failure_with_its_place(ns, start):
    ns.load("emulator: 1\nturns:\n- steps:\n  - say: '{{ outputs.none }}'\n")
    run = start()
    ((kind, run_id, message),) = failures(ns)
    assert (kind, run_id, message.partition(": template")[0]) == (
        "script",
        run.id,
        "script.yaml:4: turns[0].steps[0].say",
    )


def test_a_check_that_does_not_hold_is_a_failure(ns, start):
    ns.play({"check": "1 > 2", "message": "one is less"})
    run = start()
    assert failures(ns) == [("check", run.id, "check failed: one is less")]


@pytest.fixture
def careless(ns, client, thread):
    """A namespace with everything that fails a strict one only: drift, a turn and a fault that nothing used."""
    ns.load(
        """
        emulator: 1
        name: careless
        turns:
        - {name: main, when: {turn: 1}, steps: [{call: f, recorded: old}, {say: done}]}
        - {name: twice, when: {turn: 2}, uses: {min: 2}, steps: []}
        - {name: any, steps: []}
        """
    )
    ns.fault({"status": 429}, method="POST", path="/threads")
    tools = [{"type": "function", "function": {"name": "f"}}]
    assistant = client.beta.assistants.create(model="gpt-4o", tools=tools)

    def play():
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        run = client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs_of(run, f="new"))
        return run.id

    return play


def test_drift_unused_turns_and_faults_are_no_failures(ns, careless):
    careless()
    assert failures(ns) == []


def test_in_a_strict_namespace_they_are(ns, careless):
    run = careless()
    ns.put(strict=True)
    assert failures(ns) == [
        (
            "drift",
            run,
            'tool_output of f at $ in turn main: recorded "old" → got "new" (script.yaml:5: turns[0].steps[0].recorded)',
        ),
        ("unused", None, "turn twice of careless was played 0 times of 2"),
        ("fault", None, "the fault never hit: POST /threads: {'status': 429}"),
    ]


def test_a_call_that_a_run_does_not_offer_fails_strict_namespaces_only(ns, start):
    ns.play({"call": "missing"})
    run = start()
    assert [line["strict"] for line in ns.report()["script"]] == [True]
    assert failures(ns) == []
    ns.put(strict=True)
    ((kind, run_id, message),) = failures(ns)
    assert (kind, run_id) == ("script", run.id)
    assert "missing, which the run does not offer" in message


def test_runs_that_wait_and_hints_are_no_failures_even_of_a_strict_namespace(ns, start):
    ns.put(strict=True)
    ns.play({"hold": "here"})
    start()
    report = ns.report()
    assert (len(report["waiting"]), report["failures"]) == (1, [])


def test_a_fault_stands_in_the_report_until_it_hits(ns, raw):
    ns.fault({"status": 429}, path="/models")
    assert [fault["path"] for fault in ns.report()["faults"]] == ["/models"]
    assert raw.get("/models").status_code == 429
    assert ns.report()["faults"] == []
