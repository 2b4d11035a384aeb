"""Each finding has the name of its rule, where it stands to the column, and what to write instead."""

import re
from pathlib import Path

import pytest

from scripted_models import ProblemsError, Rule, ScriptSource, lint, load, load_file

DOCS = Path(__file__).parents[2] / "docs" / "lint.md"
SAY = "turns: [{steps: [{say: x}]}]"
OFFERED = "fixtures: {assistants: {bot: {model: m, tools: [{type: function, function: {name: look_up, parameters: {type: object, required: [id]}}}]}}}\n"


def found(text, **options):
    return lint([ScriptSource("f.yaml", f"emulator: 1\n{text}", **options)])


# Each rule with a scenario, and what is suggested.
CASES = [
    (Rule.SYNTAX, "turns:\n- steps:\n  - say: Time: 12", "'Time: 12'"),
    (Rule.UNQUOTED_TEMPLATE, "turns: [{steps: [{say: {{ message }}}]}]", '"{{ message }}"'),
    (Rule.UNQUOTED_COMMA, "turns: [{steps: [{call: f, args: {sql: SELECT a, b c}}]}]", None),
    (Rule.DUPLICATE_KEY, "turns: []\nturns: []", None),
    (Rule.TOO_LARGE, f"turns: {'[' * 70}{']' * 70}", None),
    (Rule.MISSING_FILE, "fixtures: {files: {a: {path: a.txt}}}\nturns: []", None),
    (Rule.UNKNOWN_KEY, "turns: [{steps: [], priorty: 1}]", "priority"),
    (Rule.UNKNOWN_KEY, "turns: [{message: hi, steps: []}]", "it belongs below when:"),
    (Rule.MISSING_KEY, "turns: [{name: x}]", "steps: …"),
    (Rule.UNKNOWN_KEY, "turn: []\nturns: []", "turns"),
    (Rule.WRONG_TYPE, "states: open\nturns: []", "- open"),
    (Rule.UNKNOWN_VERB, "turns: [{steps: [{sya: x}]}]", "say"),
    (Rule.UNKNOWN_VERB, "turns: [{steps: [{say: x, refuse: y}]}]", None),
    (Rule.WRONG_TYPE, "turns: [{steps: [{say: 12}]}]", '"12"'),
    (Rule.WRONG_TYPE, "turns: [{steps: [{code: x, execute: yes}]}]", "true"),
    (Rule.WRONG_TYPE, "turns: [{priority: '3', steps: []}]", "3"),
    (Rule.WRONG_TYPE, "turns: [{priority: high, steps: []}]", "1"),
    (Rule.WRONG_TYPE, "turns: [{steps: {say: x}}]", "- say: x"),
    (Rule.WRONG_TYPE, "turns: [{steps: Hi}]", "- say: Hi"),
    (Rule.WRONG_TYPE, "turns: [{steps: [{say: [Hi]}]}]", "Hi"),
    (Rule.WRONG_TYPE, "turns: [{when: hi, steps: []}]", "message: …"),
    (Rule.WRONG_TYPE, "turns: [{when: [{message: hi}], steps: []}]", None),
    (Rule.WRONG_TYPE, "turns: [{steps: [say hi]}]", "say: …"),
    (Rule.WRONG_VALUE, "turns: [{steps: [{stop: max_tokens}]}]", "max_prompt_tokens"),
    (Rule.WRONG_VALUE, "turns: [{steps: [{search: x, top: 99}]}]", None),
    (Rule.TEMPLATE, "turns: [{steps: [{say: '{{ message | uppr }}'}]}]", "upper"),
    (Rule.TEMPLATE, "turns: [{steps: [{say: '{{ message }'}]}]", "{{ message }}"),
    (Rule.UNKNOWN_NAME, "turns: [{steps: [{say: '{{ mesage }}'}]}]", "message"),
    (Rule.UNKNOWN_NAME, "turns: [{steps: [{say: '{{ upper(message) }}'}]}]", "message | upper"),
    (Rule.UNKNOWN_NAME, "turns: [{steps: [{say: '{{ uper(message) }}'}]}]", "message | upper"),
    (Rule.UNKNOWN_NAME, "turns: [{steps: [{say: '{{ fileid(message) }}'}]}]", "file_id"),
    (Rule.UNKNOWN_ATTRIBUTE, "turns: [{steps: [{say: '{{ run.metdata }}'}]}]", "metadata"),
    (Rule.UNKNOWN_OUTPUT, "turns: [{steps: [{call: look}, {say: '{{ outputs.lok }}'}]}]", "look"),
    (Rule.UNSET_VARIABLE, "turns: [{steps: [{set: {name: x}}, {say: '{{ vars.nme }}'}]}]", "name"),
    (Rule.UNSET_VARIABLE, "turns: [{steps: [{say: '{{ vars.name }}'}]}]", "set: {name: …}"),
    (Rule.NO_CAPTURE, "turns: [{steps: [{say: '{{ match.city }}'}]}]", 'when: {message: {regex: "(?P<city>.+)"}}'),
    (Rule.RESERVED_NAME, "turns: [{steps: [{search: x, as: message}]}]", None),
    (Rule.MISSING_PARAMETER, "turns: [{steps: [{say: '{{ params.x }}'}]}]", "--set x=…"),
    (Rule.NEVER_PLAYED, "turns: [{steps: []}, {when: {message: x}, steps: []}]", "priority: 1"),
    (Rule.NEVER_PLAYED, "turns: [{priority: 7, steps: []}, {when: {message: x}, steps: []}]", "priority: 8"),
    (Rule.NEVER_PLAYED, "turns: [{steps: [{fail: server_error}, {say: x}]}]", None),
    (Rule.UNKNOWN_STATE, "states: [open]\nturns: [{goto: opne, steps: []}]", "open"),
    (Rule.UNREACHED_STATE, f"states: [a, b]\n{SAY}", "goto: b"),
    (Rule.DUPLICATE_NAME, "turns: [{name: a, uses: 1, steps: []}, {name: a, steps: []}]", None),
    (Rule.CHAIN, "chains: {b: {}}\nturns: [{chain: bb, steps: []}]", "bb"),
    (Rule.RECORDING, f"recording: {{drift: template}}\n{SAY}", None),
    (Rule.UNKNOWN_FUNCTION, f"{OFFERED}turns: [{{steps: [{{call: lookup, args: {{id: 1}}}}]}}]", "look_up"),
    (Rule.UNKNOWN_FUNCTION, f"{OFFERED}turns: [{{steps: [{{call: send_mail}}]}}]", None),
    (Rule.ARGUMENTS, f"{OFFERED}turns: [{{steps: [{{call: look_up}}]}}]", None),
    (Rule.UNKNOWN_TOOL, "turns: [{steps: [{tool: bing_groundin, query: x}]}]", "bing_grounding"),
    (Rule.TOOL_CALL, "turns: [{steps: [{tool: file_search, query: x}]}]", "search"),
    (Rule.SEARCH_RESULT, "turns: [{steps: [{search: x, results: [{file_id: f, scor: 1}]}]}]", "score"),
    (Rule.ANNOTATION, "turns: [{steps: [{say: x, annotations: [{type: file_citaton, text: x}]}]}]", "file_citation"),
    (Rule.STREAM, "turns: [{steps: [{say: ab, stream: {chunk: [a]}}]}]", None),
    (Rule.NO_COUNTERPART, "turns: [{when: {api: responses}, steps: [{expire: now}]}]", None),
    (Rule.NO_COUNTERPART, "turns: [{when: {api: responses}, steps: [{stop: max_prompt_tokens}]}]", None),
    (Rule.NO_COUNTERPART, "turns: [{when: {api: responses}, steps: [{choose: [{steps: [{tool: bing_grounding, query: x}]}]}]}]", None),
    (Rule.UNKNOWN_FIXTURE, "fixtures: {assistants: {a: {model: m, files: [x]}}}\nturns: []", None),
    (Rule.FIXTURE, "fixtures: {threads: {t: {messages: [{content: a, created_at: -1h}, {content: b, created_at: '2024-01-02T00:00:00Z'}, {content: c, created_at: '2024-01-01T00:00:00Z'}]}}}\nturns: []", None),
    (Rule.ID, "fixtures: {assistants: {a: {model: m, id: x}}}\nturns: []", None),
]  # fmt: skip


@pytest.mark.parametrize("rule,text,suggestion", CASES, ids=[f"{rule}-{text}" for rule, text, _ in CASES])
def test_a_finding_has_the_name_of_its_rule_and_what_to_write(rule, text, suggestion):
    first = found(text)[0]
    assert (first.rule, first.suggestion) == (rule, suggestion), first
    if suggestion is not None and rule is not Rule.WRONG_TYPE and rule is not Rule.UNREACHED_STATE:
        assert suggestion in first.message or rule is Rule.MISSING_KEY


def test_a_rule_is_found_in_every_place_that_has_one(tmp_path):
    elsewhere = {Rule.UNREADABLE_FILE, Rule.NOT_A_SCENARIO, Rule.UNUSED_PARAMETER, Rule.REPLACED_SCENARIO, Rule.PYTHON}
    assert {rule for rule, *_ in CASES} | elsewhere == set(Rule)
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(ProblemsError) as raised:
        load_file(tmp_path / "a.yaml")
    assert [one.rule for one in raised.value.found] == [Rule.UNREADABLE_FILE]
    assert lint([ScriptSource("a.yaml", "hello")])[0].rule is Rule.NOT_A_SCENARIO
    same = [ScriptSource(name, f"emulator: 1\nname: a\n{SAY}") for name in ("x.yaml", "y.yaml")]
    assert [one.rule for one in lint(same)] == [Rule.REPLACED_SCENARIO]
    python = ScriptSource("a.yaml", "emulator: 1\nturns: [{steps: [{python: 'a:b'}]}]")
    assert [one.rule for one in lint([python], allow_python=False)] == [Rule.PYTHON]


@pytest.mark.parametrize("when", ["{api: assistants}", "{model: m}"])
def test_runs_may_do_what_responses_cannot(when):
    assert found(f"turns: [{{when: {when}, steps: [{{expire: now}}]}}]") == []
    assert found("turns: [{when: {api: responses}, steps: [{stop: content_filter}]}]") == []


def test_every_rule_is_documented_once():
    table = re.findall(r"^\| (`[^|]*`) \|", DOCS.read_text(), re.MULTILINE)
    assert sorted(name for row in table for name in re.findall(r"`([a-z-]+)`", row)) == sorted(Rule)


def test_what_is_not_loaded_is_raised_as_values():
    with pytest.raises(ProblemsError) as raised:
        load([ScriptSource("f.yaml", "emulator: 1\nturns: [{steps: [], priorty: 1}]")])
    (first,) = raised.value.found
    assert (first.rule, first.suggestion) == (Rule.UNKNOWN_KEY, "priority")
    assert raised.value.problems == tuple(map(str, raised.value.found))


@pytest.mark.parametrize(
    "text,line,column",
    [
        ("turns:\n- steps:\n  - say: a\n    priorty: 1", 5, 5),
        ("turns:\n- steps:\n  - sya: a", 4, 5),
        ("turns: [{steps: [{say: a}, {sya: b}]}]", 2, 28),
        ("turns:\n- steps:\n  - say: 'a {{ message | uppr }}'", 4, 5),
        ("turns:\n- steps:\n  - say: Time: 12", 4, 14),
        ("turns:\n- steps:\n  - {say: {{ message }}}", 4, 11),
    ],
)
def test_a_finding_stands_at_its_column(text, line, column):
    assert [(one.line, one.column) for one in found(text)] == [(line, column)]


def test_a_line_within_a_text_has_no_column():
    (one,) = found("turns:\n- steps:\n  - say: |\n      hello\n      {{ message | uppr }}")
    assert (one.line, one.column) == (6, None)


def test_a_finding_as_data_has_the_column_only_where_there_is_one():
    (one,) = found("turns: [{steps: [{sya: b}]}]")
    assert one.to_json() == {
        "file": "f.yaml",
        "line": 2,
        "column": 18,
        "path": "turns[0].steps[0]",
        "severity": "error",
        "message": one.message,
        "suggestion": "say",
        "rule": "unknown-verb",
    }
    (one,) = found("turns:\n- steps:\n  - say: |\n      hello\n      {{ message | uppr }}")
    assert "column" not in one.to_json()
