import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.domain.ports import ScriptError
from scripted_models import ScriptSource, lint, load, load_file, load_scenario
from scripted_models.template_compiler import TemplateError, names
from scripted_models.templating import fill, static, syntax_error

UPPR = 'template: no filter "uppr", did you mean upper?'
STRNG = 'template: no test "strng", did you mean string?'
PIXEL = "data:image/png;base64,AAAA"


def findings(step):
    """Return what lint and load find in a scenario of one step: both the same, as text."""
    source = ScriptSource("file.yaml", f"emulator: 1\nturns:\n- steps:\n  - {step}")
    found = [str(problem) for problem in lint([source])]
    with pytest.raises(ScriptError) as caught:
        load([source])
    assert list(caught.value.problems) == found
    return found


@pytest.mark.parametrize(
    "step,path",
    [
        ("{say: '{{ message | uppr }}'}", "say"),
        ("{say: 'x {{ message | uppr }} y'}", "say"),
        ("{say: x, images: ['{{ message | uppr }}.png']}", "images[0]"),
        (
            "{say: x, annotations: [{type: file_path, text: '{{ message | uppr }}', file_path: {file_id: a}}]}",
            "annotations[0].text",
        ),
        ("{say: '{{ message | uppr }}', stream: {chunk: [a, b]}}", "say"),
        ("{refuse: '{{ message | uppr }}'}", "refuse"),
        ("{call: '{{ message | uppr }}'}", "call"),
        ("{call: f, args: {a: [1, {b: '{{ message | uppr }}'}]}}", "args.a[1].b"),
        ("{call: f, args: '{{ message | uppr }}'}", "args"),
        ("{call: f, args: '{{ message | uppr }}', stream: {chunk: [a]}}", "args"),
        ("{call: f, id: '{{ message | uppr }}'}", "id"),
        ("{call: f, recorded: '{{ message | uppr }}'}", "recorded"),
        ("{call: [{name: f}, {name: '{{ message | uppr }}'}]}", "call[1].name"),
        ("{call: [{name: f, args: {a: '{{ message | uppr }}'}}]}", "call[0].args.a"),
        ("{code: '{{ message | uppr }}'}", "code"),
        ("{code: x, logs: '{{ message | uppr }}'}", "logs"),
        ("{code: x, images: '{{ message | uppr }}'}", "images[0]"),
        ("{search: '{{ message | uppr }}'}", "search"),
        ("{search: x, results: [{file_id: file-1, file_name: '{{ message | uppr }}'}]}", "results[0].file_name"),
        ("{set: {a: '{{ message | uppr }}'}}", "set.a"),
        ("{set: {a: {b: 'x {{ message | uppr }}'}}}", "set.a.b"),
        ("{wait: '{{ message | uppr }}'}", "wait"),
        ("{hold: '{{ message | uppr }}'}", "hold"),
        ("{fail: server_error, message: '{{ message | uppr }}'}", "message"),
        ("{check: 'true', message: '{{ message | uppr }}'}", "message"),
        ("{check: 'message | uppr == 1'}", "check"),
        ("{choose: [{steps: [{say: '{{ message | uppr }}'}]}]}", "choose[0].steps[0].say"),
        ("{choose: [{if: 'message | uppr', steps: []}]}", "choose[0].if"),
    ],
)
def test_an_unknown_filter_is_a_problem_wherever_it_stands(step, path):
    assert findings(step) == [f"file.yaml:4: turns[0].steps[0].{path}: {UPPR}"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ message | uppr }}",
        "{{ message | lower | uppr }}",
        "{{ message | uppr | lower }}",
        "{{ message | uppr | default('x') }}",
        "{{ ('a' | uppr) if message else 'b' }}",
        "{% if message %}{{ 'a' | uppr }}{% endif %}",
        "{% if message | uppr %}a{% endif %}",
        "{% for x in message | uppr %}{% endfor %}",
        "{% set x = message | uppr %}",
        "{% filter uppr %}a{% endfilter %}",
        "{% macro m(x='a' | uppr) %}{% endmacro %}",
        "{{ [message] | map('uppr') | list }}",
        "{{ {'a': [message | uppr]} }}",
        "{{ 'a' ~ (message | uppr) }}",
    ],
)
def test_an_unknown_filter_is_found_in_every_construct(template):
    assert findings(json.dumps({"say": template})) == [f"file.yaml:4: turns[0].steps[0].say: {UPPR}"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ message is strng }}",
        "{{ message is not strng }}",
        "{% if message is strng %}a{% endif %}",
        "{% if x %}{% elif message is strng %}{% endif %}",
        "{{ 1 if message is strng else 2 }}",
        "{{ [message] | select('strng') | list }}",
        "{{ [{'a': 1}] | rejectattr('a', 'strng') | list }}",
    ],
)
def test_an_unknown_test_is_found_in_every_construct(template):
    assert findings(json.dumps({"say": template})) == [f"file.yaml:4: turns[0].steps[0].say: {STRNG}"]


@pytest.mark.parametrize("step", ["{check: message is strng}", "{choose: [{if: message is strng, steps: []}]}"])
def test_an_unknown_test_is_found_in_conditions(step):
    assert [STRNG in one for one in findings(step)] == [True]


@pytest.mark.parametrize(
    "template,message",
    [
        ("{{ message | zzzzzz }}", 'no filter "zzzzzz"'),
        ("{{ message is zzzzzz }}", 'no test "zzzzzz"'),
        ("{{ message | Upper }}", 'no filter "Upper", did you mean upper?'),
        ("{{ message | fist_line }}", 'no filter "fist_line", did you mean first_line?'),
        ("{{ message | random }}", 'no filter "random"'),
        ("{{ ['a'] | _join_pieces }}", 'no filter "_join_pieces"'),
        ("{{ ['a'] | meter_rounds }}", 'no filter "meter_rounds"'),
        ("{{ ['a'] | map('_join_pieces') }}", 'no filter "_join_pieces"'),
    ],
)
def test_only_filters_for_scripts_are_accepted_and_suggested(template, message):
    error = syntax_error(template)
    assert error is not None
    assert str(error).startswith(f"template: {message}")
    assert "did you mean _" not in str(error)
    assert ("did you mean" in str(error)) == ("did you mean" in message) or "random" in message


@pytest.mark.parametrize(
    "template,message",
    [
        ("{{ 'no' | map('upper') | select('string') | selectattr('a', 'eq', 1) | map(attribute='a') | list }}", None),
        ("{% if 'upper' is filter %}{{ message | upper }}{% endif %}", None),
        ("{% if message", "unexpected end"),
        ("{% if message %}", "Unexpected end of template"),
        ("{{ message", "unexpected end"),
        ("{{ }}", "Expected an expression"),
        ("{% fi %}", "unknown tag"),
        ("{{ message(a=1, a=2) }}", "keyword argument repeated"),
        ("{% include 'x' %}", "stands alone"),
        ("{{ " + "(" * 400 + "1" + ")" * 400 + " }}", "nested too deeply"),
        ("{{ " + "[" * 400 + "1" + "]" * 400 + " }}", "nested too deeply"),
        ("{{ message" + " | upper" * 150 + " }}", "nested too deeply"),
        ("{{ message" + ".a" * 150 + " }}", "nested too deeply"),
        ("{{ 1" + " + 1" * 150 + " }}", "nested too deeply"),
        ("{{ " + "not " * 400 + "1 }}", "nested too deeply"),
        ("{% if 1 %}" * 400 + "{% endif %}" * 400, "nested too deeply"),
        ("{% for a in [1] %}" * 25 + "{% endfor %}" * 25, "too many statically nested blocks"),
        ("{{ 1" + " + 1" * 80 + " }}", None),
        ("{{ message" + " | upper" * 80 + " }}", None),
        ("{{ message" + " ~ 'a'" * 500 + " }}", None),
        ("{% if 0 %}" + "{% elif 1 %}" * 500 + "{% endif %}", None),
    ],
)
def test_whatever_does_not_compile_is_a_problem(template, message):
    source = ScriptSource("file.json", json.dumps({"emulator": 1, "turns": [{"steps": [{"say": template}]}]}))
    found = [str(problem) for problem in lint([source])]
    assert bool(found) == bool(message), found
    if message:
        assert found[0].startswith("file.json:1: turns[0].steps[0].say: template: ")
        assert message.lower() in found[0].lower()


@pytest.mark.parametrize("expression", ["not " * 400 + "1", "(" * 400 + "1" + ")" * 400, "1" + " + 1" * 150])
def test_a_condition_that_is_nested_too_deeply_is_a_problem(expression):
    assert "nested too deeply" in str(syntax_error(expression, expression=True))


def test_a_condition_is_bounded_like_a_template():
    from scripted_models.templating import holds

    with pytest.raises(TemplateError, match="longer than"):
        holds(" ~ ".join(["a"] * 100), {"a": "x" * 100_000})


@pytest.mark.parametrize("name", ["load_file", "load_scenario"])
def test_a_file_with_an_unknown_filter_is_refused_with_its_line(tmp_path, name):
    file = tmp_path / "a.yaml"
    file.write_text("emulator: 1\nturns:\n- steps:\n  - say: '{{ message | uppr }}'\n")
    with pytest.raises(ScriptError, match=re.escape(f"a.yaml:4: turns[0].steps[0].say: {UPPR}")):
        load_scenario(file) if name == "load_scenario" else load([load_file(file)])


def test_names_without_a_value_are_still_found_beside_a_template_that_is_wrong(linted):
    found = linted("turns: [{steps: [{say: '{{ message | uppr }}'}, {say: '{{ mesage }}'}]}]")
    assert found == [
        f"file.yaml:3: turns[0].steps[0].say: {UPPR}",
        "file.yaml:3: turns[0].steps[1].say: mesage is used before a step gives it a value, did you mean message?",
    ]


def test_a_template_that_is_wrong_has_no_analysis_and_no_fixed_text():
    for text in ("{{ 'a' | uppr }}", "{% if 1 is strng %}{% endif %}", "{{ a", "{{ " + "(" * 400 + " }}"):
        assert static(text) is None
        assert names(text) is None
        with pytest.raises(TemplateError, match="template: "):
            fill(text, {})


BLOCK = """
emulator: 1
turns:
- steps:
  - say: |
      Dear {{ message }},

      {{ message | uppr }}
"""


@pytest.mark.parametrize(
    "text,line",
    [
        (BLOCK, 8),
        (BLOCK.replace("|\n", "|-\n"), 8),
        (BLOCK.replace("|\n", "|+  # a letter\n"), 8),
        (BLOCK.replace("|\n", "|1\n"), 8),
        (BLOCK.replace("|\n", "|\n\n\n"), 10),
        (BLOCK.replace("\n", "\r\n"), 8),
        (BLOCK.replace("say: |", "say:\n      |"), 9),
        (BLOCK.replace("say: |", "say: &a |"), 8),
        (BLOCK.replace("say: |", "say: &a\n      |"), 5),
        (BLOCK.replace("say: |", "say: >"), 5),
        (BLOCK.replace("say: |", "say: >-"), 5),
        (BLOCK.replace("|\n", '"').rstrip() + '"\n', 5),
        (BLOCK.replace("      {{ message | uppr }}", "      {{ message\n      | uppr }}"), 9),
        (BLOCK.replace("say: |", "check: |").replace("{{ message | uppr }}", "== (message | uppr)")
         .replace("Dear {{ message }},", "message"), 8),
        (BLOCK.replace("say: |", "call: f\n    args:\n      a: |").replace("      {{", "        {{")
         .replace("Dear", "  Dear"), 10),
        ('{"emulator": 1, "turns": [\n{"steps": [\n{"say": "a\\n\\n{{ message | uppr }}"}\n]}]}', 3),
        ("emulator: 1\nturns:\n- steps:\n  - set:\n      a: &a |\n        x\n        {{ 1 | uppr }}\n  - say: *a", 7),
    ],
)  # fmt: skip
def test_the_line_is_that_of_the_error_in_a_block_and_of_the_value_elsewhere(text, line):
    found = [problem for problem in lint([ScriptSource("file.yaml", text)]) if problem.severity == "error"]
    assert {(problem.line, problem.message) for problem in found} == {(line, UPPR)}


TEMPLATES = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{#", "#}", "if", "endif", "for", "in", "endfor", "set", "macro", "endmacro", "raw",
         "endraw", "filter", "endfilter", "call", "endcall", "block", "is", "not", "|", "upper", "uppr", "strng", "x",
         "message", "1", "'a'", "(", ")", "[", "]", "{", "}", ".", ",", "=", "~", "+", "*", "\n", " ", "%", "loop"]
    ),
    max_size=14,
).map(" ".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(TEMPLATES)
def test_no_template_breaks_the_loader_or_the_linter(template):
    steps = [{"say": template, "stream": {"chunk": ["a"]}}, {"set": {"a": template}}, {"check": template or "x"}]
    source = ScriptSource("file.json", json.dumps({"emulator": 1, "turns": [{"steps": steps}]}))
    found = [str(problem) for problem in lint([source])]
    problems = ()
    try:
        load([source])
    except ScriptError as error:
        problems = error.problems
    assert set(problems) <= set(found)
