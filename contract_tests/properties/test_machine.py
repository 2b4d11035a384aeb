import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contract_tests.properties.namespaces import Namespace, outputs_for
from contract_tests.properties.scripts import scenarios
from emulator.domain.lifecycle import RUN, RUN_LIFETIME, RUN_TERMINAL

STAMPS = {
    "completed_at": {"completed", "incomplete", "expired"},
    "failed_at": {"failed"},
    "cancelled_at": {"cancelled"},
}
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
# Random scenarios alone rarely lead to a run that waits.
WAITING = [
    [{"call": [{"name": "lookup"}, {"name": "store"}]}, {"say": "done"}],
    [{"say": "first"}, {"call": [{"name": "lookup", "args": {"a": 1}}]}, {"call": [{"name": "store"}]}],
    [{"say": "one two three", "stream": {"tps": 1, "ttft": "2s"}}, {"expire": True}],
    [{"hold": "gate"}, {"say": "released"}, {"hold": "gate"}],
    [{"wait": "90s"}, {"call": [{"name": "lookup"}]}, {"wait": "700s"}],
]
waiting = st.sampled_from([{"emulator": 1, "name": "waiting", "turns": [{"steps": steps}]} for steps in WAITING])
random = scenarios(waits=True, paced=True)
picks = st.integers(0, 3)
_numbers = itertools.count(1)


def reachable(start):
    """Return every status that a run can legally reach from a status, including itself."""
    found, waiting = {start}, [start]
    while waiting:
        for arrival in RUN[waiting.pop()].values():
            if arrival.status not in found:
                found.add(arrival.status)
                waiting.append(arrival.status)
    return found


REACHABLE = {status: reachable(status) for status in RUN}


class Api(RuleBasedStateMachine):
    """Requests of clients in any order, checked against the transition table of the product."""

    def __init__(self, url):
        super().__init__()
        self.namespace = Namespace(url, f"machine-{next(_numbers)}").recreate()
        self.assistant = self.namespace.create_assistant()
        self.runs = {}  # thread -> the ids of its runs, oldest first
        self.seen = {}  # run -> the status that was last observed
        self.sent = {}  # thread -> texts of the messages that were accepted

    def teardown(self):
        self.namespace.close()

    # --- observing ----------------------------------------------------------------------------------------------------

    def thread(self, pick):
        return list(self.runs)[pick % len(self.runs)]

    def look(self, thread, run_id):
        run = self.namespace.get(f"threads/{thread}/runs/{run_id}")
        self.observe(run)
        return run

    def observe(self, run):
        before, now = self.seen.get(run["id"], "queued"), run["status"]
        assert now in REACHABLE[before], f"{before} became {now}"
        self.seen[run["id"]] = now
        finished = now in RUN_TERMINAL
        assert run["expires_at"] == (None if finished else run["created_at"] + RUN_LIFETIME)
        assert (run["required_action"] is not None) == (now == "requires_action")
        assert (run["usage"] is not None) == finished
        if now == "cancelled":
            assert [run["usage"][name] for name in TOKENS] == [0, 0, 0]
        assert (run["last_error"] is not None) == (now == "failed")
        assert (run["incomplete_details"] is not None) == (now == "incomplete")
        for stamp, statuses in STAMPS.items():
            assert (run[stamp] is not None) == (now in statuses), stamp

    def active(self, thread):
        for run_id in self.runs[thread][-1:]:
            run = self.look(thread, run_id)
            if run["status"] not in RUN_TERMINAL:
                return run
        return None

    def assert_refused(self, response, message, status=400):
        assert (response.status_code, response.json()["error"]["message"]) == (status, message)

    # --- threads and messages -----------------------------------------------------------------------------------------

    @initialize(first=waiting, second=waiting | random)
    def start_on_two_threads(self, first, second):
        for scenario in (first, second):
            self.start_run(self.create_thread(), scenario)

    @rule(scenario=waiting | random)
    def start_on_another_thread(self, scenario):
        self.start_run(self.create_thread(), scenario)

    def create_thread(self):
        thread = self.namespace.create_thread()
        self.runs[thread], self.sent[thread] = [], ["What now?"]
        return thread

    @rule(pick=picks, text=st.sampled_from(["Hello", "Go on", "漢字"]))
    def add_a_message(self, pick, text):
        thread = self.thread(pick)
        run = self.active(thread)
        response = self.namespace.request("POST", f"threads/{thread}/messages", json={"role": "user", "content": text})
        if run is not None:
            self.assert_refused(response, f"Can't add messages to {thread} while a run {run['id']} is active.")
        else:
            assert response.status_code == 200
            self.sent[thread].append(text)

    @rule(pick=picks, path=st.sampled_from(["", "/messages", "/runs", "/runs/run_x"]))
    @precondition(lambda self: len(self.runs) > 1)
    def delete_a_thread(self, pick, path):
        thread = self.thread(pick)
        response = self.namespace.request("DELETE", f"threads/{thread}")
        assert response.json() == {"id": thread, "object": "thread.deleted", "deleted": True}
        for run_id in self.runs.pop(thread):
            del self.seen[run_id]
        self.assert_refused(
            self.namespace.request("GET", f"threads/{thread}{path}"), f"No thread found with id '{thread}'.", 404
        )

    @rule(pick=picks)
    def read_the_messages(self, pick):
        thread = self.thread(pick)
        self.active(thread)
        messages = self.namespace.all(f"threads/{thread}/messages")
        assert [m["content"][0]["text"]["value"] for m in messages if m["role"] == "user"] == self.sent[thread]
        assert {m["run_id"] for m in messages if m["role"] == "assistant"} <= set(self.runs[thread])
        assert len({m["id"] for m in messages}) == len(messages)

    # --- runs ---------------------------------------------------------------------------------------------------------

    @rule(pick=picks, scenario=waiting | random)
    def start_a_run(self, pick, scenario):
        self.start_run(self.thread(pick), scenario)

    def start_run(self, thread, scenario):
        run = self.active(thread)
        self.namespace.load(scenario)
        response = self.namespace.request("POST", f"threads/{thread}/runs", json={"assistant_id": self.assistant})
        if run is not None:
            self.assert_refused(response, f"Thread {thread} already has an active run {run['id']}.")
        else:
            assert (response.status_code, response.json()["status"]) == (200, "queued")
            self.runs[thread].append(response.json()["id"])
            self.observe(response.json())

    @rule(pick=picks, how=st.sampled_from(["right", "right", "right", "partial", "twice", "unknown", "none"]))
    def submit_outputs(self, pick, how):
        thread = self.thread(pick)
        for run_id in self.runs[thread][-1:]:
            run = self.look(thread, run_id)
            waiting = run["status"] == "requires_action"
            right = outputs_for(run) if waiting else [{"tool_call_id": "call_x", "output": "y"}]
            sent = {
                "right": right[::-1],
                "partial": right[1:],
                "twice": [*right, right[0]],
                "unknown": [*right[1:], {"tool_call_id": "call_unknown", "output": ""}],
                "none": [],
            }[how]
            response = self.namespace.request(
                "POST", f"threads/{thread}/runs/{run_id}/submit_tool_outputs", json={"tool_outputs": sent}
            )
            if not waiting:
                self.assert_refused(response, f'Runs in status "{run["status"]}" do not accept tool outputs.')
            elif how != "right":
                expected, got = [o["tool_call_id"] for o in right], [o["tool_call_id"] for o in sent]
                self.assert_refused(response, f"Expected tool outputs for call_ids {expected!r}, got {got!r}")
                assert self.look(thread, run_id)["status"] == "requires_action"
            else:
                assert (response.status_code, response.json()["status"]) == (200, "queued")
                assert response.json()["started_at"] == run["started_at"]
                self.observe(response.json())

    @rule(pick=picks)
    def cancel_the_run(self, pick):
        thread = self.thread(pick)
        for run_id in self.runs[thread][-1:]:
            run = self.look(thread, run_id)
            response = self.namespace.request("POST", f"threads/{thread}/runs/{run_id}/cancel")
            if run["status"] in RUN_TERMINAL:
                self.assert_refused(response, f"Cannot cancel run with status '{run['status']}'.")
            else:
                assert (response.status_code, response.json()["status"]) == (200, "cancelling")
                self.observe(response.json())
                assert self.look(thread, run_id)["status"] == "cancelled"

    @rule(pick=picks)
    def change_the_runs_metadata(self, pick):
        thread = self.thread(pick)
        for run_id in self.runs[thread][-1:]:
            run = self.look(thread, run_id)
            response = self.namespace.request("POST", f"threads/{thread}/runs/{run_id}", json={"metadata": {"k": "v"}})
            if run["status"] in RUN_TERMINAL or run["status"] == "requires_action":
                assert response.json() == {**run, "metadata": {"k": "v"}}
            else:
                self.assert_refused(response, f"Cannot update run with status '{run['status']}'.")

    @rule(pick=picks)
    def release_the_run(self, pick):
        thread = self.thread(pick)
        run = self.active(thread)
        if run is not None:
            url = f"{self.namespace.control_url}/runs/{run['id']}/release"
            response = self.namespace.http.post(url, json={"hold": "gate"})
            assert response.status_code in (200, 404)
            if run["status"] != "in_progress":
                assert response.status_code == 404
            self.look(thread, run["id"])

    @rule(by=st.sampled_from(["0s", "1s", "30s", "5m", "10m"]))
    def advance_the_clock(self, by):
        for thread, run_ids in self.runs.items():
            for run_id in run_ids[-1:]:
                self.look(thread, run_id)
        moved = self.namespace.control("POST", "/clock/advance", {"by": by})
        for fired in moved["fired"]:
            event = fired["event"]
            if not event.startswith("thread.run.") or event.startswith("thread.run.step."):
                continue
            # Only the clock moved, so every change was reported, and each is one legal transition.
            before = self.seen[fired["run"]]
            assert event in {arrival.event for arrival in RUN[before].values()}, (before, event)
            self.seen[fired["run"]] = event.removeprefix("thread.run.")
        for thread, run_ids in self.runs.items():
            for run_id in run_ids[-1:]:
                reported = self.seen[run_id]
                run = self.look(thread, run_id)
                assert run["status"] == reported
                assert run["status"] in RUN_TERMINAL or moved["now"] < run["expires_at"]

    @rule(pick=picks)
    def read_the_runs(self, pick):
        thread = self.thread(pick)
        self.active(thread)
        runs = self.namespace.all(f"threads/{thread}/runs")
        assert [run["id"] for run in runs] == self.runs[thread]
        for run in runs:
            self.observe(run)

    @rule(pick=picks)
    def read_the_steps(self, pick):
        thread = self.thread(pick)
        for run_id in self.runs[thread][-1:]:
            run = self.look(thread, run_id)
            steps = self.namespace.all(f"threads/{thread}/runs/{run_id}/steps")
            assert all(step["expires_at"] == run["expires_at"] for step in steps)
            open_steps = [step for step in steps if step["status"] == "in_progress"]
            assert len(open_steps) <= 1
            if run["status"] in RUN_TERMINAL:
                assert open_steps == []
                zero = run["status"] == "cancelled"
                for name in TOKENS:
                    assert run["usage"][name] == (0 if zero else sum(step["usage"][name] for step in steps))
            messages = [
                step["step_details"]["message_creation"]["message_id"]
                for step in steps
                if step["type"] == "message_creation"
            ]
            written = self.namespace.get(f"threads/{thread}/messages", run_id=run_id, order="asc", limit=100)["data"]
            assert [message["id"] for message in written] == messages

    @precondition(lambda self: self.runs)
    @invariant()
    def a_thread_has_one_run_that_is_not_over(self):
        for run_ids in self.runs.values():
            assert all(self.seen[run_id] in RUN_TERMINAL for run_id in run_ids[:-1])


def test_runs_make_only_legal_transitions(server):
    run_state_machine_as_test(
        lambda: Api(server.url),
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
