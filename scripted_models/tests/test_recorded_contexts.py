"""What runs were given when they were recorded, and where they are given something else."""

import json

import pytest

from emulator.domain.actions import Outputs
from emulator.domain.ports import ScriptError, ScriptSource
from emulator.domain.view import AttachedFile, ContextMessage, ModelView
from scripted_models import load

LOOK = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Look outside.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": False,
    },
}
SCRIPT = """
emulator: 1
recording:
  drift: {drift}
  assistants:
    helper: {{model: gpt-4o, instructions: Be brief., tools: [{{type: code_interpreter}}]}}
turns:
- name: first
  recorded: {recorded}
  steps: [{{say: ok}}]
"""


def view(**more):
    given = {"model": "gpt-4o", "instructions": "Be brief.", "tools": ({"type": "code_interpreter"},)}
    messages = (ContextMessage("user", "hello"),)
    return ModelView(run_id="run_1", thread_id="thread_1", assistant={}, messages=messages, **{**given, **more})


def drift(recorded="{assistant: helper}", mode="lenient", **given):
    text = SCRIPT.format(drift=mode, recorded=recorded)
    return load([ScriptSource("a.yaml", text)]).backend.turn(view(**given)).drift


def found(recorded="{assistant: helper}", **given):
    return [(line["kind"], line["path"], line["recorded"], line["got"]) for line in drift(recorded, **given)]


def test_a_run_that_is_given_the_same_has_no_drift():
    assert found() == []


def test_other_instructions_and_another_model_have_lines():
    assert found(instructions="Be kind.", model="gpt-5") == [
        ("instructions", "$.instructions", "Be brief.", "Be kind."),
        ("model", "$.model", "gpt-4o", "gpt-5"),
    ]


def test_a_line_names_the_turn_and_where_it_was_recorded():
    (line,) = drift(instructions=None)
    assert (line["turn"], line["change"], line["strict"]) == ("first", "missing", False)
    assert line["place"] == "a.yaml:6: recording.assistants.helper.instructions"
    (line,) = drift("{assistant: helper, instructions: Be long.}", mode="strict")
    assert (line["place"], line["strict"]) == ("a.yaml:9: turns[0].recorded.instructions", True)


def test_what_the_run_was_given_itself_counts_more_than_its_assistant():
    assert found("{assistant: helper, model: gpt-5, instructions: Hi., tools: []}") == [
        ("instructions", "$.instructions", "Hi.", "Be brief."),
        ("model", "$.model", "gpt-5", "gpt-4o"),
        ("tools", "$.tools[code_interpreter]", None, {"type": "code_interpreter"}),
    ]


def test_what_is_not_known_is_not_compared():
    assert found("{}", instructions="Be kind.", model="gpt-5", tools=()) == []
    assert found("{assistant: helper, model: null, tools: null, files: null}", model="gpt-5", tools=()) == []


def test_instructions_that_were_none_are_compared():
    assert found("{instructions: null}") == [("instructions", "$.instructions", None, "Be brief.")]
    assert found("{instructions: null}", instructions="") == []


def test_files_are_compared_by_their_names():
    files = tuple(AttachedFile(f"file-{name}", name) for name in ("a.pdf", "a.pdf", "b.pdf"))
    assert found("{files: [b.pdf, a.pdf, c.pdf]}", files=files) == [
        ("files", "$.files[c.pdf]", "c.pdf", None),
        ("files", "$.files[a.pdf]", None, "a.pdf"),
    ]


def test_a_changed_schema_has_its_path_below_the_name_of_the_tool():
    changed = {
        "type": "function",
        "function": {**LOOK["function"], "parameters": {"type": "object", "properties": {"city": {"type": "integer"}}}},
    }
    recorded = "{tools: [{type: function, function: {name: look, description: Look outside., parameters: {properties: {city: {type: string}}}}}]}"
    assert found(recorded, tools=(changed,)) == [
        ("tools", "$.tools[look].function.parameters.properties.city.type", "string", "integer")
    ]


@pytest.mark.parametrize(
    "recorded, got",
    [
        ("{type: retrieval}", {"type": "file_search", "file_search": {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}}}),
        ("{type: file_search}", {"type": "file_search"}),
        ("{type: file_search, file_search: {ranking_options: {ranker: auto, score_threshold: 0}}}", {"type": "file_search", "file_search": {}}),
        ("{type: function, function: {name: look}}", {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}}),
        ("{type: function, function: {name: look, description: null, parameters: {}, strict: null}}", {"type": "function", "function": {"name": "look"}}),
    ],
)  # fmt: skip
def test_what_only_a_later_day_shows_is_no_drift(recorded, got):
    assert found(f"{{tools: [{recorded}]}}", tools=(got,)) == []


def test_the_order_of_tools_is_no_drift():
    recorded = "{tools: [{type: file_search}, {type: code_interpreter}]}"
    assert found(recorded, tools=({"type": "code_interpreter"}, {"type": "file_search"})) == []


@pytest.mark.parametrize("tool", ["{}", "{type: function}", "{type: function, function: 5}", "{type: [1]}"])
def test_a_tool_of_no_known_shape_is_compared_all_the_same(tool):
    assert {kind for kind, *_ in found(f"{{tools: [{tool}]}}")} == {"tools"}


def test_an_assistant_that_there_is_not_is_a_mistake():
    with pytest.raises(ScriptError, match=r"a.yaml:9: turns\[0\].recorded.assistant: no assistant .*helpr.*helper"):
        drift("{assistant: helpr}")


def test_a_turn_of_a_file_of_turns_has_the_lines_of_both_files():
    header = (
        "emulator: 1\nrecording: {drift: strict, assistants: {helper: {model: gpt-4}}}\nturns: {file: a.turns.jsonl}\n"
    )
    turn = {"recorded": {"assistant": "helper", "files": ["b.pdf"]}, "steps": [{"call": "look", "recorded": "1"}]}
    assets = {"a.turns.jsonl": f"data:application/x-ndjson,\n{json.dumps(turn)}\n"}
    played = load([ScriptSource("a.yaml", header, assets)]).backend.turn(view())
    assert [(line["path"], line["place"], line["turn"]) for line in played.drift] == [
        ("$.model", "a.yaml:2: recording.assistants.helper.model", "#1"),
        ("$.files[b.pdf]", "a.turns.jsonl:2: recorded.files", "#1"),
    ]
    actions = iter(played.actions)
    assert next(actions).name == "look"
    assert actions.send(Outputs({"look": "2"})).message == (
        "[emulator] drift: tool_output of look at $ in turn #1: recorded 1 → got 2 (a.turns.jsonl:2: steps[0].recorded)"
    )
