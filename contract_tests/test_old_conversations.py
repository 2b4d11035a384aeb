"""Threads of fixtures that are older than the first request: messages of before, and runs that have ended."""

import re
from pathlib import Path

import pytest

from contract_tests.harness import NOON_SECONDS
from contract_tests.raw_api import raw_api

DOCS = (Path(__file__).parents[1] / "docs" / "scripting.md").read_text(encoding="utf-8")
DAY = 86_400


@pytest.fixture
def documented(frozen):
    """Load the example of the documentation; the clock stands at noon."""
    (block,) = [one for one in re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL) if "lost_parcel:" in one]
    frozen.load(block)
    return frozen


def listed(client, thread="thread_lost_parcel", **more):
    return client.beta.threads.messages.list(thread, order="asc", **more).data


def test_the_example_of_the_documentation_is_a_conversation_of_before(documented, client):
    assert client.beta.threads.retrieve("thread_lost_parcel").created_at == NOON_SECONDS - 3 * DAY
    question, answer, again, looking, delivered = listed(client)
    assert (question.id, question.created_at, question.run_id) == ("msg_question", NOON_SECONDS - 3 * DAY, None)
    assert (answer.id, answer.created_at) == ("msg_answer", NOON_SECONDS - 2 * DAY)
    assert (answer.run_id, answer.assistant_id) == ("run_search", "asst_clerk")
    assert again.created_at == looking.created_at == 1_772_355_600
    assert (delivered.run_id, delivered.assistant_id) == ("run_of_last_year", "asst_clerk")
    assert [message.id for message in listed(client, extra_query={"run_id": "run_search"})] == ["msg_answer"]


def test_its_runs_have_ended_and_their_steps_can_be_read(documented, client):
    broken, search = client.beta.threads.runs.list("thread_lost_parcel").data
    assert (search.id, search.status, search.assistant_id, search.model) == (
        "run_search",
        "completed",
        "asst_clerk",
        "gpt-4o",
    )
    assert search.instructions == "Answer in one sentence."
    assert search.created_at == search.started_at == search.completed_at == NOON_SECONDS - 2 * DAY
    assert (search.expires_at, search.usage.total_tokens, search.required_action) == (None, 46, None)
    call, written = client.beta.threads.runs.steps.list("run_search", thread_id=search.thread_id, order="asc").data
    function = call.step_details.tool_calls[0].function
    assert (function.name, function.arguments, function.output) == (
        "find_parcel",
        '{"number":7}',
        '{"place": "Bremen"}',
    )
    assert written.step_details.message_creation.message_id == "msg_answer"
    assert (call.status, written.status, call.to_dict()["expires_at"]) == ("completed", "completed", None)
    assert sum(step.usage.total_tokens for step in (call, written)) == 46
    assert (broken.status, broken.last_error.code) == ("failed", "rate_limit_exceeded")
    unanswered, looking = client.beta.threads.runs.steps.list(broken.id, thread_id=broken.thread_id, order="asc").data
    assert (unanswered.status, unanswered.step_details.tool_calls[0].function.output) == ("failed", None)
    assert looking.type == "message_creation"


def test_a_run_on_it_is_the_next_turn(documented, client):
    run = client.beta.threads.runs.create("thread_lost_parcel", assistant_id="asst_clerk")
    assert client.beta.threads.runs.retrieve(run.id, thread_id="thread_lost_parcel").status == "completed"
    assert listed(client)[-1].content[0].text.value == "It has arrived."


def test_putting_the_same_scripts_again_keeps_it_and_others_make_it_anew(documented, client):
    before = [message.id for message in listed(client)]
    client.beta.threads.messages.create("thread_lost_parcel", role="user", content="More")
    (block,) = [one for one in re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL) if "lost_parcel:" in one]
    documented.load(block + "# the same\n")
    assert len(listed(client)) == 6
    documented.load(block.replace("In Bremen.", "In Kiel."))
    assert [message.id for message in listed(client)] == before
    assert listed(client)[1].content[0].text.value == "In Kiel."
    assert len(client.beta.threads.runs.list("thread_lost_parcel").data) == 2


def test_a_long_conversation_can_be_paged(ns, client):
    messages = "".join(f"      - {{id: msg_{n:03}, content: Line {n}, created_at: -{400 - n}m}}\n" for n in range(300))
    ns.load(
        f"emulator: 1\nfixtures:\n  threads:\n    t:\n      id: thread_long\n      messages:\n{messages}turns: []\n"
    )
    page = client.beta.threads.messages.list("thread_long", limit=100)
    found = list(page)
    assert [message.id for message in found] == [f"msg_{n:03}" for n in reversed(range(300))]
    times = [message.created_at for message in found]
    assert times == sorted(times, reverse=True)
    assert times[0] - times[-1] == 299 * 60


ENDS = [
    ("status: cancelled", {"status": "cancelled", "cancelled_at": 0}, "cancelled"),
    ("status: expired", {"status": "expired", "completed_at": 0}, "expired"),
    ("stop: content_filter", {"status": "incomplete", "completed_at": 0}, "completed"),
    ("status: failed", {"status": "failed", "failed_at": 0}, "failed"),
]


@pytest.mark.parametrize("end,shown,of_call", ENDS)
def test_an_old_run_may_have_ended_in_any_way(frozen, client, end, shown, of_call):
    frozen.load(
        f"""
        emulator: 1
        fixtures:
          threads:
            t:
              id: thread_t
              messages:
              - {{role: assistant, run: r, content: Well}}
              runs:
                r: {{id: run_r, assistant: asst_gone, model: gpt-4, {end}, steps: [{{call: f}}]}}
        turns: []
        """
    )
    run = client.beta.threads.runs.retrieve("run_r", thread_id="thread_t").to_dict()
    assert {name: run[name] for name in shown} == {
        name: NOON_SECONDS if value == 0 else value for name, value in shown.items()
    }
    assert (run["assistant_id"], run["model"], run["expires_at"]) == ("asst_gone", "gpt-4", None)
    call, _ = client.beta.threads.runs.steps.list("run_r", thread_id="thread_t", order="asc").data
    assert call.status == of_call


def test_steps_of_code_searches_and_other_tools_look_like_those_of_new_runs(ns, client):
    ns.load(
        """
        emulator: 1
        fixtures:
          files:
            plot: {id: file-plot, text: x, filename: plot.png, purpose: assistants_output}
          assistants:
            clerk: {id: asst_clerk, model: gpt-4o}
          threads:
            t:
              id: thread_t
              messages:
              - role: assistant
                run: r
                content: "See 【4:0†a.txt】"
                annotations:
                - {type: file_citation, text: "【4:0†a.txt】", start_index: 4, end_index: 15, file_citation: {file_id: file-a}}
              runs:
                r:
                  id: run_r
                  assistant: clerk
                  steps:
                  - {code: print(1), logs: "1", images: plot, step_id: step_code}
                  - {search: a, results: [{file_id: file-a, file_name: a.txt, score: 0.5}]}
                  - {call: [{name: f, output: "1", id: call_f}, {name: g, args: "x", output: "2"}]}
                  - {tool_calls: [{id: call_x, type: bing_grounding, bing_grounding: {requesturl: x}}]}
        turns: []
        """
    )
    steps = raw_api(ns).get("/threads/thread_t/runs/run_r/steps?order=asc").json()["data"]
    code, search, calls, other, written = [step["step_details"] for step in steps]
    assert steps[0]["id"] == "step_code"
    assert code["tool_calls"][0]["code_interpreter"] == {
        "input": "print(1)",
        "outputs": [{"type": "logs", "logs": "1"}, {"type": "image", "image": {"file_id": "file-plot"}}],
    }
    found = search["tool_calls"][0]["file_search"]
    assert set(found) == {"ranking_options", "results"}
    assert found["results"] == [{"file_id": "file-a", "file_name": "a.txt", "score": 0.5, "attributes": {}}]
    assert [(call["id"][:5], call["function"]["output"]) for call in calls["tool_calls"]] == [
        ("call_", "1"),
        ("call_", "2"),
    ]
    assert calls["tool_calls"][0]["id"] == "call_f"
    assert other["tool_calls"][0]["bing_grounding"] == {"requesturl": "x"}
    (message,) = listed(client, "thread_t")
    assert written["message_creation"]["message_id"] == message.id
    assert message.content[0].text.annotations[0].file_citation.file_id == "file-a"


def test_ids_that_another_script_of_the_namespace_has_taken_are_refused(ns, http):
    text = "emulator: 1\nname: {}\nfixtures: {{threads: {{t: {{id: thread_{}, messages: [{{id: msg_a, content: x}}]}}}}}}\nturns: []\n"
    assert http.put(f"{ns.control_url}/scripts", content=text.format("a", "a").encode()).status_code == 200
    refused = http.post(f"{ns.control_url}/scripts", content=text.format("b", "b").encode())
    assert (refused.status_code, "another object of the id 'msg_a'" in refused.text) == (400, True)
    assert raw_api(ns).get("/threads/thread_b").status_code == 404


def test_messages_of_fixtures_are_checked_like_those_of_clients(ns, http):
    text = "emulator: 1\nfixtures: {threads: {t: {messages: [{content: x}, {content: [{type: sound}]}]}}}\nturns: []\n"
    (found,) = http.post(f"{ns.url}/_emulator/lint", content=text.encode()).json()["problems"]
    assert found["path"] == "fixtures.threads.t"
    assert "sound" in found["message"]
