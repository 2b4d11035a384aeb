import json

import pytest

from emulator.domain.actions import Fail, Goto, Say, Stream, Used, UseTool, UseTools, from_json, to_json
from emulator.domain.ports import ScriptError
from scripted_models import Chatty, Script, ScriptSource, load

TOOL = "- {tool: weather_map, input: {region: north}, output: {wind: {from: west, force: 4}, layers: [rain, fog]}}"


@pytest.mark.parametrize(
    "text,expected,shown",
    [
        ("- tool: weather_map", UseTool("weather_map"), "{}"),
        ("- {tool: weather_map, input: north, output: calm}", UseTool("weather_map", "north", "calm"), "north"),
        (
            "- {tool: weather_map, input: {a: [1, é]}, output: {b: null}, as: map}",
            UseTool("weather_map", {"a": [1, "é"]}, {"b": None}, "map"),
            '{"a":[1,"é"]}',
        ),
        ("- {tool: weather-map, input: 3, output: true}", UseTool("weather-map", 3, output=True), "3"),
        (
            "- {tool: m, input: {a: 1}, stream: {chunk: ['{\"a\"', ':1}'], ttft: 1s}}",
            UseTool("m", {"a": 1}, stream=Stream(('{"a"', ":1}"), 1)),
            '{"a":1}',
        ),
        ("- {tool: search, query: 'ferry {{ turn }}'}", UseTool("search", "ferry 1"), "ferry 1"),
        (
            "- {tool: mcp, name: depth, args: {pier: '{{ message }}'}, output: 4 m, approve: true}",
            UseTool("mcp", {"pier": "hello"}, "4 m", name="depth", approve=True),
            '{"pier":"hello"}',
        ),
        (
            "- {tool: browser, input: Go., details: {steps: [{next_step: '{{ message }}'}]}}",
            UseTool("browser", "Go.", details={"steps": [{"next_step": "hello"}]}),
            "Go.",
        ),
    ],
)
def test_a_tool_step_becomes_its_action(steps, text, expected, shown):
    (action,) = steps(text)
    assert action == expected
    assert action.text == shown
    assert from_json(to_json(action)) == expected


def test_texts_deep_within_its_input_and_output_are_filled(steps):
    (action,) = steps(
        """
        - tool: "weather_{{ 'map' }}"
          input: {place: ["over {{ message }}", 1], "{{ untouched }}": x}
          output: ["{{ message }}", {seen: "{{ turn }}"}, null]
        """,
        message="Oslo",
    )
    assert action.kind == "weather_map"
    assert action.input == {"place": ["over Oslo", 1], "{{ untouched }}": "x"}
    assert action.output == ["Oslo", {"seen": "1"}, None]


def test_later_steps_find_its_output_by_its_type(steps):
    says = "{{ outputs.weather_map.wind.from }} {{ outputs.weather_map.wind.force + 1 }} {{ outputs.weather_map.layers | join('/') }}"
    assert steps(f'{TOOL}\n- say: "{says}"')[1] == Say("west 5 rain/fog")


def test_later_steps_find_its_output_by_the_name_it_is_given(steps):
    played = steps(
        """
        - {tool: weather_map, output: calm, as: now_}
        - {tool: weather_map, output: [storm], as: later}
        - say: "{{ outputs.now_ }}, {{ outputs.later }}, {{ outputs.later[0] }}, {{ outputs | length }}"
        """
    )
    assert played[2] == Say("calm, ['storm'], storm, 2")


def test_a_type_that_is_no_identifier_is_found_by_its_index(steps):
    assert steps("- {tool: weather-map, output: fog}\n- say: \"{{ outputs['weather-map'] }}\"")[1] == Say("fog")


def test_its_output_lies_among_those_of_functions(steps, engine):
    engine.outputs = {"look": '{"sky": "grey"}'}
    played = steps(
        """
        - call: look
        - {tool: weather_map, input: "{{ (outputs.look | data).sky }}", output: {sky: blue}}
        - say: "{{ (outputs.look | data).sky }} {{ (outputs.weather_map | data).sky }} {{ outputs.weather_map | tojson }}"
        """
    )
    assert played[1].input == "grey"
    assert played[2] == Say('grey blue {"sky": "blue"}')


def test_its_name_may_be_one_that_templates_know_because_outputs_have_a_place_of_their_own(steps):
    assert steps("- {tool: m, output: x, as: message}\n- say: '{{ outputs.message }} {{ message }}'")[1] == Say(
        "x hello"
    )


def test_an_output_is_the_same_when_it_comes_from_the_log_of_a_run(steps, engine, monkeypatch):
    text = "- {tool: m, output: [[1], {a: [2]}]}\n- say: '{{ outputs.m }} {{ outputs.m[1].a }}'"
    fresh = steps(text)
    monkeypatch.setattr(engine, "answer", lambda action: from_json(to_json(Used(getattr(action, "output", None)))))
    assert steps(text) == fresh
    assert fresh[1] == Say("[[1], {'a': [2]}] [2]")


def test_branches_use_tools_and_look_at_what_came_of_them(steps):
    text = """
        - choose:
          - if: "message == 'sea'"
            steps: [{tool: weather_map, output: {waves: 3}}, {say: "waves of {{ outputs.weather_map.waves }} m"}]
          - steps: [{tool: weather_map, output: {waves: 0}}]
        - choose:
          - {if: outputs.weather_map.waves, steps: [{say: stay}]}
          - steps: [{say: go}]
        """
    played = {message: [one.text for one in steps(text, message=message)] for message in ("sea", "lake")}
    assert played == {"sea": ["{}", "waves of 3 m", "stay"], "lake": ["{}", "go"]}


def test_checks_and_variables_take_the_output_as_it_is(steps):
    played = steps(f"{TOOL}\n- check: outputs.weather_map.wind.force == 4\n- set: {{wind: '{{{{ outputs.weather_map.wind }}}}'}}")  # fmt: skip
    assert played[1].passed
    assert played[2].vars == {"wind": {"from": "west", "force": 4}}


def test_the_defaults_pace_its_input(steps):
    assert steps("- tool: m", header="defaults: {stream: {chunk: char, ttft: 1s}}")[0].stream == Stream("char", 1)


@pytest.mark.parametrize(
    "step,path,message",
    [
        ("{tool: m, inptu: x}", ".inptu", 'unknown key "inptu", did you mean input?'),
        ("{tool: m, args: {}, query: x}", "", "a tool is asked one thing: args or query"),
        ("{tool: m, approve: maybe}", ".approve", "expected true or false"),
        ("{tool: m, details: [1]}", ".details", "expected a mapping"),
        ("{tool: m, details: {a: '{{ turn'}}", ".details.a", "template: "),
        ("{tool: 3}", ".tool", "expected text, got 3"),
        ("{tool: ''}", ".tool", "must not be empty"),
        ("{tool: m, as: a b}", ".as", "does not have the form"),
        ("{tool: m, stream: {chunk: 0}}", ".stream.chunk", "expected word, char, whole"),
        ("{tool: m, input: ab, stream: {chunk: [a]}}", ".stream.chunk", 'they give "a", the text is "ab"'),
        ("{tool: m, input: {a: 1}, stream: {chunk: ['{']}}", ".stream.chunk", "do not add up"),
        ("{tool: m, stream: {chunk: ['{']}}", ".stream.chunk", "do not add up"),
        ("{tool: m, input: {a: ['{{ turn']}}", ".input.a[0]", "template: "),
        ("{tool: m, output: '{% if %}'}", ".output", "template: "),
        ("{tool: m, call: f}", "", "a step has one verb, this one has 2: call, tool"),
        ("{tol: m}", "", 'did you mean tool instead of "tol"?'),
        ("{tool: file_search}", ".tool", "file_search has a verb of its own: search"),
        ("{tool: code_interpreter}", ".tool", "code_interpreter has a verb of its own: code"),
        ("{tool: function}", ".tool", "function has a verb of its own: call"),
    ],
)
def test_a_wrong_tool_step_is_reported_with_file_line_and_path(problems, step, path, message):
    found = problems(f"turns:\n- name: a\n  steps:\n  - {step}")
    assert any(one.startswith(f"file.yaml:6: turns[0].steps[0]{path}: ") and message in one for one in found), found


def test_a_hole_that_cannot_be_filled_fails_the_run_at_its_place(steps):
    played = steps("- {tool: m, input: {a: ['{{ vars.missing }}']}}")
    assert played[0].message.startswith("[emulator] file.yaml:6: turns[0].steps[0].input.a[0]: template: ")


def test_pieces_of_an_input_that_depends_on_the_run_may_give_way(scenario):
    loaded = scenario("turns: [{steps: [{tool: m, input: {a: '{{ message }}'}, stream: {chunk: ['{']}}]}]")
    assert any("streamed whole" in note for note in loaded.notes)


def test_its_output_is_warned_about_before_there_is_one_and_not_after(linted):
    before = "{tool: m, input: '{{ outputs.m }}', output: '{{ outputs.x }}'}"
    assert [one.split(": ", 2)[1:] for one in linted(f"turns: [{{steps: [{before}]}}]", tools=["m"])] == [
        ["turns[0].steps[0].input", "outputs.m is used before the step that gives it"],
        ["turns[0].steps[0].output", "no step gives outputs.x; write call: x"],
    ]
    after = "{tool: m}, {tool: m, as: x}, {say: '{{ outputs.m }} {{ outputs.x.y }}'}"
    assert linted(f"turns: [{{steps: [{after}]}}]", tools=["m"]) == []


def test_what_it_writes_counts_as_tokens(scenario, view):
    turn = "{usage: {prompt_tokens: 1}, steps: [{tool: abcd, input: {a: 12}}, {tool: abcd, input: abcd}]}"
    usage = scenario(f"turns: [{turn}]").backend.turn(view()).usage
    assert usage.completion_tokens == (4 + len('{"a":12}') + 4 + 4) // 4


def test_a_python_turn_uses_tools_too(view, engine):
    script = Script("s")

    @script.turn()
    def look(t):
        used = yield UseTool("weather_map", "north", {"wind": "west"}, as_="map")
        yield Say(f"{used.output['wind']} {t.outputs['map']['wind']}")

    assert engine.play(script.turn(view()))[1] == Say("west west")
    assert engine.play(Chatty(script, "Wait…").turn(view()))[0] == Say("Wait…")


def test_a_name_that_no_verb_has_is_no_tool():
    with pytest.raises(ScriptError, match="a step needs a verb, one of say, call, code, search, tool, refuse"):
        load([ScriptSource("a.yaml", "emulator: 1\nturns: [{steps: [{weather_map: north}]}]")])


def test_a_function_of_a_tool_names_its_output(steps):
    *_, said = steps("- {tool: mcp, name: depth, output: 4 m}\n- say: '{{ outputs.depth }}'")
    assert said.text == "4 m"


def test_a_call_that_was_not_approved_has_no_output_for_later_steps(steps, engine, monkeypatch):
    monkeypatch.setattr(engine, "answer", lambda action: Used(None, approved=False))
    _, said = steps("- {tool: mcp, name: depth, output: 4 m}\n- say: '{{ outputs.depth is none }}'")
    assert said.text == "True"


SEVERAL = """
- tool: mcp
  calls:
  - {name: depth, args: {pier: "{{ message }}"}, output: 4 m, as: north}
  - {name: depth, args: {pier: south}, output: 5 m, as: south, approve: true}
- say: "{{ outputs.north }} and {{ outputs.south }}"
"""


def test_several_calls_of_a_tool_are_one_action(steps):
    used, said = steps(SEVERAL)
    first, second = used.calls
    assert (first.kind, first.name, first.input, first.approve) == ("mcp", "depth", {"pier": "hello"}, None)
    assert (second.key, second.approve) == ("south", True)
    assert said.text == "4 m and 5 m"
    assert from_json(to_json(used)) == used


def test_mistakes_in_several_calls_are_reported_at_their_place(problems, linted):
    (found,) = problems("turns:\n- steps:\n  - {tool: m, calls: [{name: f, inptu: x}]}")
    assert ".calls[0].inptu" in found
    (found,) = problems("turns:\n- steps:\n  - {tool: m, calls: []}")
    assert ".calls" in found
    (found,) = problems("turns:\n- steps:\n  - {tool: m, calls: [{query: '{{ turn'}]}")
    assert ".calls[0].query" in found
    several = "{tool: mcp, calls: [{name: f, output: 1, as: a}, {name: g, output: 2}]}"
    assert linted(f"turns:\n- steps:\n  - {several}\n  - say: '{{{{ outputs.a }}}} {{{{ outputs.g }}}}'") == []


@pytest.mark.parametrize(
    "calls,outputs",
    [
        ("{name: x, output: 1}, {name: x, output: 2}", {"x": 1, "x_2": 2}),
        ("{output: 1}, {output: 2}, {output: 3}", {"m": 1, "m_2": 2, "m_3": 3}),
        ("{output: 1, as: a}, {name: a, output: 2}, {name: b, output: 3}", {"a": 1, "a_2": 2, "b": 3}),
        ("{name: x, output: 1}, {name: x, output: 2}, {name: x_2, output: 3}", {"x": 1, "x_2": 2, "x_2_2": 3}),
        ("{name: x_2, output: 1}, {name: x, output: 2}, {name: x, output: 3}", {"x_2": 1, "x": 2, "x_3": 3}),
        ("{name: '{{ message }}', output: 1}, {name: hello, output: 2}", {"hello": 1, "hello_2": 2}),
    ],
)
def test_the_second_output_of_a_name_has_a_number(steps, calls, outputs):
    *_, said = steps(f"- {{tool: m, calls: [{calls}]}}\n- say: '{{{{ outputs | tojson }}}}'")
    assert json.loads(said.text) == outputs


def test_numbered_outputs_are_known_to_the_linter(linted):
    several = "{tool: m, calls: [{name: x}, {name: x}]}"
    said = "{say: '{{ outputs.x }} {{ outputs.x_2 }} {{ outputs.x_3 }}'}"
    (found,) = [one for one in linted(f"turns: [{{steps: [{several}, {said}]}}]") if "outputs" in one]
    assert "no step gives outputs.x_3, did you mean x_2?" in found


def test_calls_that_a_python_turn_makes_together_are_numbered_too(view, engine):
    script = Script("s")

    @script.turn()
    def look(t):
        yield UseTools(UseTool("m", output=1, name="x"), UseTool("m", output=2, name="x"))
        yield Say(f"{t.outputs['x']} {t.outputs['x_2']}")

    assert engine.play(script.turn(view()))[1] == Say("1 2")


@pytest.mark.parametrize(
    "step,message",
    [
        ("{tool: m, calls: [{otput: 1}]}", 'calls[0].otput: unknown key "otput", did you mean output?'),
        ("{tool: m, calls: [{}, {detials: {}}]}", 'calls[1].detials: unknown key "detials", did you mean details?'),
        ("{tool: m, calls: [{stream: {chnk: word}}]}", 'stream.chnk: unknown key "chnk", did you mean chunk?'),
        ("{tool: m, clals: [{}]}", 'clals: unknown key "clals"'),
    ],
)
def test_a_misspelt_key_of_one_of_several_calls_has_its_nearest_name(problems, step, message):
    assert problems(f"turns:\n- steps:\n  - {step}")[0].endswith(message)


# --- calls that are never answered ----------------------------------------------------------------------------------


def test_a_run_fails_beside_the_calls_of_a_tool(steps):
    (failed,) = steps(
        "- {tool: mcp, name: depth, args: {pier: '{{ message }}'}, fail: server_error, message: 'no, {{ message }}'}"
    )
    assert failed == Fail("server_error", "no, hello", (UseTool("mcp", {"pier": "hello"}, name="depth"),))
    assert from_json(to_json(failed)) == failed
    (failed,) = steps("- {tool: mcp, calls: [{name: f}, {name: f}], fail: rate_limit_exceeded}")
    assert failed == Fail("rate_limit_exceeded", calls=(UseTool("mcp", name="f"), UseTool("mcp", name="f", as_="f_2")))


def test_goto_is_played_before_calls_of_a_tool_that_are_never_answered(scenario, engine, view):
    loaded = scenario("states: [a, b]\nturns:\n- {steps: [{tool: m, fail: server_error}], goto: b}")
    moved, failed = engine.play(loaded.backend.turn(view()))
    assert (moved, failed.calls) == (Goto("b"), (UseTool("m"),))


@pytest.mark.parametrize(
    "step,message",
    [
        ("{tool: m, output: x, fail: server_error}", "with fail the run ends before the tool answers"),
        ("{tool: m, calls: [{output: x}], fail: server_error}", "with fail the run ends before the tool answers"),
        ("{tool: m, message: x}", "message belongs to fail, which is not there"),
        ("{tool: m, fail: sever_error}", "fail"),
        ("{tool: m, fail: server_error, message: '{{ turn'}", ".message: template"),
        ("{tool: m, fail: server_error, stop: content_filter}", "a step has one verb, this one has 3"),
        ("{tool: m, calls: [{fail: server_error}]}", ".calls[0].fail"),
    ],
)
def test_mistakes_in_calls_that_are_never_answered_are_reported(problems, step, message):
    (found,) = problems(f"turns:\n- steps:\n  - {step}")
    assert message in found


def test_no_step_follows_a_call_of_a_tool_that_is_never_answered(problems):
    (found,) = problems("turns:\n- steps:\n  - {tool: m, fail: server_error}\n  - say: x")
    assert "never played: the step before it ends the run" in found
