"""Drift: what a replayed recording finds changed in the program, by kinds and modes, polled and streamed."""

import json
import re
from pathlib import Path

import pytest

from contract_tests.harness import parse_events
from emulator.harness.reports import Report

PRICE = {
    "type": "function",
    "function": {
        "name": "price",
        "parameters": {
            "type": "object",
            "properties": {"item": {"type": "string"}},
            "required": ["item"],
            "additionalProperties": False,
        },
    },
}
SHOP = """
emulator: 1
name: shop
recording:
  source: shop.yaml
  drift: {drift}
turns:
- name: tea
  steps:
  - call: price
    args: {{item: tea}}
    recorded: '{{"items": [{{"price": 12.5}}]}}'
  - say: It costs 12.50.
"""
MODES = ["strict", "lenient", "template"]
SAME = '{ "items": [ { "price": 12.50 } ] }'
OTHER = '{"items": [{"price": 14}], "currency": "EUR"}'


@pytest.fixture(params=["polled", "streamed"])
def replay(request, client, raw):
    """Return a function that plays a run, polled or streamed, and returns it and what it said."""

    def play(output=SAME, tools=(PRICE,), message="How much is tea?", instructions="Be brief.", model="gpt-4o"):
        assistant = client.beta.assistants.create(model=model, instructions=instructions, tools=list(tools))
        thread = client.beta.threads.create(messages=[{"role": "user", "content": message}])
        streamed = request.param == "streamed"
        body = {"assistant_id": assistant.id, "stream": streamed}
        answer = raw.post(f"/threads/{thread.id}/runs", json=body)
        run = _last(answer) if streamed else _poll(client, answer.json())
        if run["status"] == "requires_action":
            calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
            body = {"tool_outputs": [{"tool_call_id": call["id"], "output": output} for call in calls]}
            path = f"/threads/{thread.id}/runs/{run['id']}/submit_tool_outputs"
            answer = raw.post(path, json={**body, "stream": streamed})
            run = _last(answer) if streamed else _poll(client, answer.json())
        said = client.beta.threads.messages.list(thread.id, run_id=run["id"]).data
        return run, [message.content[0].text.value for message in said]

    return play


def _last(answer):
    return [data for name, data in parse_events(answer.text) if name.startswith("thread.run.") and "step" not in name][
        -1
    ]


def _poll(client, run):
    return client.beta.threads.runs.retrieve(run["id"], thread_id=run["thread_id"]).to_dict()


def lines(ns, *names):
    """Return fields of the lines of drift, in their order."""
    return [tuple(line[name] for name in names) for line in ns.report()["drift"]]


# --- outputs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_outputs_that_say_the_same_are_no_drift(ns, replay, mode):
    ns.load(SHOP.format(drift=mode))
    run, said = replay(SAME)
    assert (run["status"], said) == ("completed", ["It costs 12.50."])
    report = ns.report()
    assert (report["drift"], report["failures"]) == ([], [])


@pytest.mark.parametrize("mode", ["lenient", "template"])
def test_another_output_is_reported_by_its_paths_and_the_run_goes_on(ns, replay, mode):
    ns.load(SHOP.format(drift=mode))
    run, said = replay(OTHER)
    assert (run["status"], said) == ("completed", [f"It costs {'12.50' if mode == 'lenient' else '14.00'}."])
    first, second = ns.report()["drift"]
    assert first == {
        "run": run["id"],
        "kind": "tool_output",
        "call": "price",
        "path": "$.items[0].price",
        "change": "changed",
        "recorded": 12.5,
        "got": 14,
        "turn": "tea",
        "place": "script.yaml:12: turns[0].steps[0].recorded",
        "strict": False,
    }
    assert (second["path"], second["change"], second["recorded"], second["got"]) == ("$.currency", "added", None, "EUR")
    assert ns.report()["failures"] == []


def test_in_strict_mode_the_run_fails_and_says_where(ns, replay):
    ns.load(SHOP.format(drift="strict"))
    run, said = replay(OTHER)
    assert (run["status"], said) == ("failed", [])
    assert run["last_error"] == {
        "code": "server_error",
        "message": "[emulator] drift: tool_output of price at $.items[0].price in turn tea: recorded 12.5 → got 14"
        " (script.yaml:12: turns[0].steps[0].recorded; 1 more difference)",
    }
    assert lines(ns, "path", "strict") == [("$.items[0].price", True), ("$.currency", True)]
    failures = ns.report()["failures"]
    assert [(one["kind"], one["run"]) for one in failures] == [("drift", run["id"])] * 2
    assert "[emulator]" not in failures[0]["message"]


def test_a_text_that_is_no_json_is_compared_as_a_whole(ns, replay):
    ns.load(SHOP.format(drift="lenient"))
    replay("sold out")
    assert lines(ns, "path", "recorded", "got") == [("$", '{"items": [{"price": 12.5}]}', "sold out")]


def test_parallel_calls_have_lines_of_their_own(ns, client, start, poll):
    ns.load(
        """
emulator: 1
recording: {}
turns:
- steps:
  - call:
    - name: price
      args: {item: tea}
      recorded: "1"
    - name: price
      args: {item: cup}
      recorded: "2"
"""
    )
    run = start(tools=[PRICE])
    calls = poll(run).required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": "2"} for call in calls]
    client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
    assert lines(ns, "turn", "call", "recorded", "got", "place") == [
        ("#1", "price", 1, 2, "script.yaml:9: turns[0].steps[0].call[0].recorded")
    ]


def test_in_strict_mode_a_turn_still_moves_the_state(ns, replay):
    script = SHOP.format(drift="strict").replace("turns:", "states: [open, sold]\nturns:") + "  goto: sold\n"
    ns.load(script + "- {name: after, when: {state: sold}, priority: 1, steps: [{say: Sold.}]}\n")
    assert replay(OTHER)[0]["status"] == "failed"


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_recorded_arguments_are_compared_with_the_schema_of_today(ns, replay, mode):
    ns.load(SHOP.format(drift=mode))
    today = json.loads(json.dumps(PRICE).replace('"item"', '"article"'))
    run, said = replay(SAME, tools=[today])
    assert (run["status"], said) == ("completed", ["It costs 12.50."])
    place = "script.yaml:11: turns[0].steps[0].args"
    assert lines(ns, "kind", "call", "path", "recorded", "got", "place") == [
        ("tool_arguments_invalid", "price", "$.article", None, "a string is required", place),
        ("tool_arguments_invalid", "price", "$.item", "tea", "expected one of the fields article", place),
    ]
    messages = [
        f"tool_arguments_invalid of price at {path} in turn tea: recorded {recorded}, {expected} ({place})"
        for path, recorded, expected in (
            ("$.article", "nothing", "a string is required"),
            ("$.item", '"tea"', "expected one of the fields article"),
        )
    ]
    assert [one["message"] for one in ns.report()["failures"]] == (messages if mode == "strict" else [])


def test_arguments_that_are_no_json_do_not_fit(ns, start):
    ns.load('{emulator: 1, recording: {}, turns: [{steps: [{call: price, args: "{item"}]}]}')
    start(tools=[PRICE])
    assert lines(ns, "kind", "path", "recorded", "got") == [("tool_arguments_invalid", "$", "{item", "expected JSON")]


def test_a_function_that_is_no_longer_offered_is_drift_of_the_tools(ns, start):
    ns.load("{emulator: 1, recording: {}, turns: [{steps: [{call: price}]}]}")
    start()
    assert lines(ns, "kind", "path", "change", "recorded", "got", "call") == [
        ("tools", "$.tools[price]", "missing", "price", None, "price")
    ]


def test_calls_that_never_get_an_output_are_compared_too(ns, start):
    ns.load("{emulator: 1, recording: {}, turns: [{steps: [{call: price, args: {item: 1}, fail: server_error}]}]}")
    start(tools=[PRICE])
    assert lines(ns, "kind", "path", "got", "place") == [
        ("tool_arguments_invalid", "$.item", "expected a string", "script.yaml:1: turns[0].steps[0].args")
    ]


def test_calls_of_a_script_that_was_not_recorded_are_not_compared(ns, start):
    ns.play({"call": "price", "args": {"thing": 1}})
    start(tools=[PRICE])
    assert ns.report()["drift"] == []


# --- failures ---------------------------------------------------------------------------------------------------------


def test_drift_fails_where_a_namespace_is_set_so(ns, replay):
    ns.load(SHOP.format(drift="lenient"))
    replay(OTHER)
    assert ns.report()["failures"] == []
    assert ns.put(fail_on_drift=True)["fail_on_drift"] is True
    assert [one["kind"] for one in ns.report()["failures"]] == ["drift", "drift"]
    ns.put(fail_on_drift=False)
    assert ns.report()["failures"] == []


def test_drift_fails_where_the_report_is_asked_for_so(ns, replay):
    ns.load(SHOP.format(drift="lenient"))
    replay(OTHER)
    failures = ns.control("GET", "/report?fail_on_drift=true")["failures"]
    assert [one["kind"] for one in failures] == ["drift", "drift"]


def test_what_several_runs_say_alike_is_one_failure_with_a_count(ns, replay):
    ns.load(SHOP.format(drift="lenient"))
    first, _ = replay('{"items": [{"price": 14}]}')
    replay('{"items": [{"price": 14}]}')
    assert len(ns.report()["drift"]) == 2
    (failure,) = ns.control("GET", "/report?fail_on_drift=true")["failures"]
    assert (failure["run"], failure["message"].endswith("; 2 times)")) == (first["id"], True)


# --- what a run is given ----------------------------------------------------------------------------------------------

GIVEN = """
emulator: 1
name: shop
recording:
  drift: {drift}
  assistants:
    clerk:
      model: gpt-4o
      instructions: Be brief.
      tools:
      - {{type: retrieval}}
      - type: function
        function: {{name: price, parameters: {{type: object, properties: {{item: {{type: string}}}}, required: [item], additionalProperties: false}}}}
turns:
- name: tea
  recorded: {{assistant: clerk, files: []}}
  steps: [{{say: It costs 12.50.}}]
"""
SEARCH = {"type": "file_search"}


@pytest.mark.parametrize("mode", MODES)
def test_a_run_that_is_given_the_same_has_no_drift(ns, replay, mode):
    ns.load(GIVEN.format(drift=mode))
    replay(tools=[PRICE, SEARCH])
    report = ns.report()
    assert (report["drift"], report["failures"]) == ([], [])


@pytest.mark.parametrize("mode", MODES)
def test_other_instructions_another_model_and_other_tools_are_reported(ns, replay, mode):
    ns.load(GIVEN.format(drift=mode))
    today = json.loads(json.dumps(PRICE).replace('"string"', '"integer"'))
    run, said = replay(tools=[today], instructions="Be kind.", model="gpt-4o-mini")
    assert (run["status"], said) == ("completed", ["It costs 12.50."])
    assert lines(ns, "kind", "path", "change", "got", "place", "strict", "turn") == [
        (kind, path, change, got, f"script.yaml:{place}", mode == "strict", "tea")
        for kind, path, change, got, place in (
            ("instructions", "$.instructions", "changed", "Be kind.", "9: recording.assistants.clerk.instructions"),
            ("model", "$.model", "changed", "gpt-4o-mini", "8: recording.assistants.clerk.model"),
            ("tools", "$.tools[file_search]", "missing", None, "10: recording.assistants.clerk.tools"),
            (
                "tools",
                "$.tools[price].function.parameters.properties.item.type",
                "changed",
                "integer",
                "10: recording.assistants.clerk.tools",
            ),
        )
    ]
    assert len(ns.report()["failures"]) == (4 if mode == "strict" else 0)


def test_additional_instructions_are_part_of_the_instructions(ns, client, start):
    ns.load(GIVEN.format(drift="lenient").replace("Be brief.", "Be helpful."))
    start(additional_instructions="Today is Monday.")
    (got,) = [line["got"] for line in ns.report()["drift"] if line["kind"] == "instructions"]
    assert got.startswith("Be helpful.")
    assert got.endswith("Today is Monday.")


def test_files_are_compared_by_their_names(ns, client, raw):
    ns.load("{emulator: 1, recording: {}, turns: [{recorded: {files: [old.txt]}, steps: [{say: ok}]}]}")
    file = client.files.create(file=("new.txt", b"tea"), purpose="assistants")
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[SEARCH])
    attachments = [{"file_id": file.id, "tools": [SEARCH]}]
    message = {"role": "user", "content": "hello", "attachments": attachments}
    client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": [message]})
    assert lines(ns, "kind", "path", "recorded", "got") == [
        ("files", "$.files[old.txt]", "old.txt", None),
        ("files", "$.files[new.txt]", None, "new.txt"),
    ]


def test_a_function_that_is_gone_is_reported_once(ns, start):
    ns.load(
        """
        emulator: 1
        recording: {}
        turns:
        - recorded: {tools: [{type: function, function: {name: price}}]}
          steps: [{call: price}, {call: price}]
        """
    )
    start()
    assert lines(ns, "kind", "path", "change") == [("tools", "$.tools[price]", "missing")]


# --- messages and order -----------------------------------------------------------------------------------------------

TALK = """
emulator: 1
name: talk
recording: {{drift: {drift}}}
turns:
- {{name: first, chain: talk, when: {{message: "I want my money back."}}, steps: [{{say: Why?}}]}}
- {{name: second, chain: talk, when: {{message: It is broken.}}, steps: [{{say: Sorry.}}]}}
"""


@pytest.mark.parametrize("mode", ["lenient", "template"])
def test_a_message_that_is_nearly_the_recorded_one_is_drift(ns, replay, mode):
    ns.load(TALK.format(drift=mode))
    assert replay(message="I want my money back!")[1] == ["Why?"]
    first = ns.report()["drift"][0]
    assert (first["kind"], first["path"], first["change"], first["turn"]) == ("message", "$", "changed", "first")
    assert (first["recorded"], first["got"]) == ("I want my money back.", "I want my money back!")


def test_in_strict_mode_it_matches_no_turn(ns, replay):
    ns.load(TALK.format(drift="strict"))
    run, _ = replay(message="I want my money back!")
    assert (run["status"], run["last_error"]["message"][:35]) == ("failed", "[emulator] no scripted turn matches")
    assert "unmatched" in [one["kind"] for one in ns.report()["failures"]]


@pytest.mark.parametrize("mode", MODES)
def test_turns_of_a_begun_chain_that_were_not_played_are_drift(ns, replay, mode):
    ns.load(TALK.format(drift=mode))
    replay(message="I want my money back.")
    (line,) = ns.report()["drift"]
    assert (line["kind"], line["path"], line["turn"], line["strict"]) == ("order", "$", "second", mode == "strict")
    assert line["place"] == "script.yaml:7: turns[1]"
    assert [one["kind"] for one in ns.report()["failures"]] == (["drift"] if mode == "strict" else [])


def test_long_messages_are_shown_where_they_differ(ns, replay):
    ns.load(TALK.format(drift="lenient").replace("money back.", "money back." + " Please." * 200))
    assert replay(message="I want my money back." + " Please." * 200 + " Now.")[1] == ["Why?"]
    line = ns.report()["drift"][0]
    assert (line["got"][0], line["got"][-5:], len(line["recorded"]) < 200) == ("…", " Now.", True)


# --- the page ---------------------------------------------------------------------------------------------------------


def _block(language):
    page = (Path(__file__).parents[1] / "docs" / "drift.md").read_text(encoding="utf-8")
    return page.split(f"```{language}\n")[1].split("```")[0]


def test_the_example_of_the_page_is_what_happens(ns, http, replay):
    url = f"{ns.control_url}/scripts?name=refund.yaml"
    assert http.put(url, content=_block("yaml").encode()).is_success
    properties = {"number": {"type": "integer"}}
    parameters = {"type": "object", "properties": properties, "required": ["number"]}
    order = {"type": "function", "function": {"name": "order", "parameters": parameters}}
    run, said = replay(
        '{"items": [{"name": "cup", "price": 14}]}',
        tools=[order],
        message="I want my money back!",
        instructions="Be kind.",
        model="gpt-4o-mini",
    )
    assert (run["status"], said) == ("completed", ["You get 12.50."])
    shown = re.sub("thread_[A-Za-z0-9]+", "thread_…", str(Report.from_json(ns.report())))
    assert shown + "\n" == _block("text")
    line = next(line for line in ns.report()["drift"] if line["kind"] == "tool_output")
    assert {**line, "run": None} == {**json.loads(_block("json")), "run": None}
