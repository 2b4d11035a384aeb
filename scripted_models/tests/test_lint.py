import pytest

from scripted_models import ScriptSource, lint


def warnings(found):
    return [
        one
        for one in found
        if "never" in one or "no turn" in one or "used before" in one or "fit" in one or "named" in one
    ]


def test_a_clean_scenario_has_no_findings(linted):
    text = """
        states: [start, limited]
        turns:
        - {when: {message: a}, goto: limited, steps: [{call: f, as: x}, {say: "{{ outputs.x }} {{ outputs.x | data }}"}]}
        - {when: {state: limited}, steps: [{search: q}, {say: "{{ cite(hits.results[0]) }} {{ vars.a }} {{ now }}"}, {set: {a: 1}}]}
        - {steps: [{say: rest}]}
        """
    assert linted(text) == []


def test_errors_and_warnings_carry_severity_file_line_and_path():
    found = lint([ScriptSource("a.yaml", "emulator: 1\nstates: [a, b]\nturns:\n- steps:\n  - {say: x, refuse: y}")])
    assert [(one.severity, one.file, one.line, one.path) for one in found] == [
        ("error", "a.yaml", 5, "turns[0].steps[0]")
    ]
    found = lint([ScriptSource("a.yaml", "emulator: 1\nstates: [a, b]\nturns: []")])
    assert [(one.severity, one.line, one.path, one.message) for one in found] == [
        ("warning", 2, "states[1]", 'no turn goes to state "b"')
    ]


@pytest.mark.parametrize(
    "earlier,later",
    [
        ("{}", "{message: a}"),
        ("{message: a}", "{message: a}"),
        ("{message: {contains: a}}", "{message: banana}"),
        ("{message: {contains: an}}", "{message: {contains: banana, regex: x}}"),
        ("{message: {regex: '^b'}}", "{message: banana}"),
        ("{model: {glob: 'gpt-*'}}", "{model: gpt-4o, message: a}"),
        ("{turn: {min: 2}}", "{turn: 3}"),
        ("{tools: f}", "{tools: [f, g]}"),
        ("{tools: retrieval}", "{tools: [file_search, g]}"),
        ("{tools: file_search}", "{tools: retrieval}"),
        ("{tools: {glob: '*-order'}}", "{tools: [ab-order, g]}"),
        ("{tools: {contains: order}}", "{tools: {contains: my-order}}"),
        ("{tools: {not: f}}", "{tools: [{not: f}, g]}"),
        ("{state: [a, b]}", "{state: a}"),
        ("{thread_metadata: {user: ann}}", "{thread_metadata: {user: ann, x: y}}"),
        ("{api: responses}", "{api: responses, message: a}"),
        ("{message: a}", "{message: a, api: responses}"),
        ("{assistant: {metadata: {team: {contains: b}}}}", "{assistant: {metadata: {team: blue}}}"),
    ],
)
def test_a_turn_behind_a_wider_one_is_never_played(linted, earlier, later):
    found = linted(
        f"states: [a, b]\nturns:\n- {{name: x, when: {earlier}, goto: b, steps: []}}\n- {{when: {later}, steps: []}}"
    )
    assert found == [
        'file.yaml:6: turns[1]: never played: turn "x" comes first, fits all the same runs and is never used up; priority: 1 lets this one come before it'
    ]


@pytest.mark.parametrize(
    "first,second",
    [
        ("{when: {message: a}", "{when: {message: b}"),
        ("{uses: 1", "{when: {message: b}"),
        ("{priority: -1", "{when: {message: b}"),
        ("{when: {message: {contains: a}}", "{when: {model: m}"),
        ("{when: {message: {regex: a}}", "{when: {message: {contains: a}}"),
        ("{when: {turn: {max: 2}}", "{when: {turn: {min: 2}}"),
        ("{when: {tools: [f, g]}", "{when: {tools: f}"),
        ("{when: {tools: {glob: 'f*'}}", "{when: {tools: {contains: f}}"),
        ("{when: {tools: {not: f}}", "{when: {tools: g}"),
        ("{when: {files: {not: a.txt}}", "{when: {files: b.txt}"),
        ("{when: {api: responses}", "{when: {api: assistants}"),
        ("{when: {api: responses}", "{when: {message: a}"),
    ],
)
def test_a_turn_that_may_still_be_played_is_not_warned_about(linted, first, second):
    assert linted(f"turns:\n- {first}, steps: []}}\n- {second}, steps: []}}") == []


def test_a_turn_of_another_scenario_can_come_first_too():
    first, second = (ScriptSource(f"{name}.yaml", "emulator: 1\nturns: [{steps: []}]") for name in "ab")
    assert [str(one) for one in lint([first, second])] == [
        "b.yaml:2: turns[0]: never played: turn #1 of a comes first, fits all the same runs and is never used up; priority: 1 lets this one come before it"
    ]


@pytest.mark.parametrize(
    "steps,message",
    [
        (
            "[{say: '{{ outputs.x }}'}, {call: f, as: x}]",
            "steps[0].say: outputs.x is used before the step that gives it",
        ),
        ("[{call: f}, {say: \"{{ outputs['g'] }}\"}]", "steps[1].say: no step gives outputs.g; there are f"),
        ("[{choose: [{if: 'outputs.x', steps: []}]}]", "steps[0].choose[0].if: no step gives outputs.x"),
        ("[{check: 'outputs.x == 1'}]", "steps[0].check: no step gives outputs.x"),
        ("[{call: f, args: {a: {b: '{{ outputs.f }}'}}}]", "steps[0].args.a.b: outputs.f is used before the step"),
        (
            "[{call: get_weather}, {say: '{{ outputs.get_wether }}'}]",
            "no step gives outputs.get_wether, did you mean get_weather?",
        ),
        ("[{say: '{{ hits.results }}'}]", "steps[0].say: hits is used before a step gives it a value"),
        (
            "[{say: '{{ mesage }}'}]",
            "steps[0].say: mesage is used before a step gives it a value, did you mean message?",
        ),
        ("[{set: {name: x}}, {say: '{{ vars.nme }}'}]", "steps[1].say: no turn sets vars.nme, did you mean name?"),
        ("[{set: {name: x}}, {check: \"vars['zzz']\"}]", "steps[1].check: no turn sets vars.zzz; set are name"),
        ("[{say: '{{ vars.name }}'}]", "steps[0].say: no turn sets vars.name"),
        ("[{say: '{{ match.city }}'}]", "steps[0].say: nothing in when captures match.city"),
        ("[{say: '{{ assistant.tools }}'}]", "assistant has no tools; it has id, instructions, metadata, name"),
        ("[{say: '{{ run.metdata }}'}]", "run has no metdata, did you mean metadata?"),
        ("[{search: q}, {say: '{{ hits.reslts }}'}]", "hits has no reslts, did you mean results?"),
        ("[{code: q, as: c}, {say: '{{ c.log }}'}]", "c has no log, did you mean logs?"),
    ],
)
def test_a_name_without_a_value_is_warned_about(linted, steps, message):
    assert any(message in one for one in linted(f"turns: [{{steps: {steps}}}]"))


@pytest.mark.parametrize(
    "steps",
    [
        "[{call: [{name: f}, {name: f}]}, {say: '{{ outputs.f }}{{ outputs.f_2 }}'}]",
        "[{say: '{{ outputs.x | default(1) }}{{ hits | default(0) }}{% if outputs.y is defined %}{% endif %}'}]",
        "[{say: '{% for x in outputs.values() %}{{ x }}{% endfor %}{% set y = 1 %}{{ y }}'}]",
        "[{python: 'a:b'}, {say: '{{ outputs.any }}'}]",
        "[{choose: [{if: 'true', steps: [{call: f}]}]}, {say: '{{ outputs.f }}'}]",
        "[{code: x, as: c}, {say: '{{ c.logs }}'}]",
        "[{say: '{% raw %}{{ outputs.x }}{% endraw %}'}]",
        "[{say: '{{ vars.x | default(1) }}{% if match.y is defined %}{% endif %}{{ vars.get(1) }}{{ vars.items() }}'}]",
        "[{say: '{% set vars = {} %}{{ vars.any }}{% for match in [{}] %}{{ match.any }}{% endfor %}'}]",
        "[{python: 'a:b'}, {say: '{{ vars.any }}'}]",
    ],
)
def test_a_name_that_may_have_a_value_is_not(linted, steps):
    assert linted(f"turns: [{{steps: {steps}}}]") == []


def test_variables_may_be_set_in_any_turn_and_captured_in_any_field(linted):
    text = """
        turns:
        - {when: {turn: 1}, steps: [{choose: [{steps: [{set: {name: x}}]}]}]}
        - when: {run_metadata: {kind: {regex: '(?P<kind>.+)', not: {regex: '(?P<other>.)'}}}, tools: {regex: '(?P<f>.+)'}}
          steps: [{say: '{{ vars.name }} {{ match.kind }} {{ match.f }} {{ match.tool }} {{ match.other }}'}]
        """
    assert linted(text) == [
        "file.yaml:6: turns[1].steps[0].say: nothing in when captures match.other; captured are f, kind, tool"
    ]


TOOL = """
    fixtures:
      assistants:
        a:
          model: m
          tools:
          - type: function
            function:
              name: f
              parameters:
                type: object
                required: [city]
                additionalProperties: false
                properties:
                  city: {type: string, enum: [Oslo, Rome]}
                  days: {type: integer, minimum: 1, maximum: 9}
                  tags: {type: array, items: {$ref: '#/$defs/tag'}}
                  more: {anyOf: [{type: string}, {type: 'null'}]}
                $defs: {tag: {type: string}}
    turns:
    - steps:
      - """


@pytest.mark.parametrize(
    "step,message",
    [
        ("{call: f}", "city: is required and missing"),
        ("{call: f, args: {city: Paris}}", "city: expected one of Oslo, Rome, got 'Paris'"),
        ("{call: f, args: {city: Oslo, days: many}}", "days: expected integer, got string"),
        ("{call: f, args: {city: Oslo, days: 10}}", "days: 10 is out of bounds"),
        ("{call: f, args: {city: Oslo, days: '{{ turn }}'}}", "days: expected integer, got string"),
        ("{call: f, args: {city: Oslo, nights: 1}}", "nights: is not among the properties"),
        ("{call: f, args: {city: Oslo, tags: [1]}}", "tags[0]: expected string, got integer"),
        ("{call: f, args: {city: Oslo, more: 1}}", "more: fits none of its 2 forms"),
        ("{call: f, args: '[]'}", "the arguments: expected object, got array"),
        ("{call: [{name: f, args: {}}]}", "city: is required"),
    ],
)
def test_arguments_that_do_not_fit_the_fixture_assistant_are_warned_about(linted, step, message):
    found = linted(TOOL + step)
    assert any("does not fit the parameters of f: " + message in one for one in found), found


@pytest.mark.parametrize(
    "step",
    [
        "{call: f, args: {city: Oslo, days: 3, tags: [a], more: null}}",
        "{call: f, args: {city: '{{ message }}'}}",
        "{call: f, args: '{{ message }}'}",
        "{call: f, args: 'no json'}",
    ],
)
def test_arguments_that_fit_or_are_not_known_are_not(linted, step):
    assert linted(TOOL + step) == []


@pytest.mark.parametrize(
    "step,path", [("{call: get_wether}", "call"), ("{call: [{name: add}, {name: get_wether}]}", "call[1].name")]
)
def test_a_call_that_nearly_names_an_offered_function_is_warned_about(linted, step, path):
    offered = ", ".join(f"{{type: function, function: {{name: {name}}}}}" for name in ("get_weather", "add"))
    text = f"fixtures: {{assistants: {{a: {{model: m, tools: [{offered}]}}}}}}\nturns: [{{steps: [{step}]}}]"
    said = 'no fixture assistant offers "get_wether", did you mean get_weather?'
    assert linted(text) == [f"file.yaml:4: turns[0].steps[0].{path}: {said}"]
    assert linted(f"turns: [{{steps: [{step}]}}]") == []


def test_a_text_with_a_comma_between_brackets_is_warned_about(linted):
    found = linted("turns: [{steps: [{call: f, args: {sql: SELECT a, b FROM c, d}}]}]")
    assert found == [
        "file.yaml:3: turns[0].steps[0].args.b FROM c: has no value: between brackets a text that holds a comma needs quotes"
    ]
    assert linted("turns: [{steps: [{call: f, args: {a: null, b: [{c d: 1}]}}]}]") == []


FROZEN = "clock freezes the time, so a paced text stands still until a test advances it"


@pytest.mark.parametrize(
    "text,path",
    [
        ("defaults: {stream: {tps: 30}}\nturns: []", "defaults.stream"),
        (
            "turns: [{steps: [{say: a}, {say: b, stream: {ttft: 1s}}, {say: c, stream: {tps: 1}}]}]",
            "turns[0].steps[1].stream",
        ),
        ("turns: [{steps: [{call: [{name: f, stream: {tps: 1}}]}]}]", "turns[0].steps[0].call[0].stream"),
    ],
)
def test_a_paced_text_at_a_frozen_clock_is_warned_about_once(linted, text, path):
    (found,) = linted(f'clock: "2026-03-02T08:30:00Z"\n{text}')
    assert found.endswith(f"{path}: {FROZEN}")
    assert linted(text) == []


def test_pieces_without_a_pace_are_not(linted):
    text = 'clock: "2026-03-02T08:30:00Z"\ndefaults: {stream: {chunk: char, ttft: 0}}\nturns: [{steps: [{wait: 1s}]}]'
    assert linted(text) == []


def test_two_turns_of_one_name_are_warned_about(linted):
    found = linted("turns: [{name: a, uses: 1, steps: []}, {name: a, steps: []}]")
    assert found == ['file.yaml:3: turns[1].name: another turn is named "a"; this one is counted as "a~"']


def test_python_is_an_error_only_where_it_is_not_allowed(linted):
    text = "turns: [{steps: [{python: 'a:b'}]}]"
    assert linted(text) == []
    assert "python is only for scripts" in linted(text, allow_python=False)[0]
