"""Scenarios as people get them wrong: each line says where, what is wrong, and what to write instead."""

import textwrap

import pytest

from scripted_models import ScriptSource, lint

HELLO = """
    emulator: 1
    turns:
      - when: {message: hello}
        steps:
"""
INDENTED = "the line is not indented like those that it belongs to"


def lines(text):
    """Return what is found, without the file's name."""
    source = ScriptSource("a.yaml", textwrap.dedent(text).lstrip())
    return [str(one).removeprefix("a.yaml:") for one in lint([source])]


def steps(text):
    return lines(f"{HELLO}{textwrap.indent(text, '          ')}")


@pytest.mark.parametrize(
    "text,found",
    [
        ("- sya: Hello.", '5: turns[0].steps[0]: did you mean say instead of "sya"? a step needs a verb, one of say, call, code, search, tool, refuse, fail, stop, expire, wait, hold, choose, set, check, python'),
        ("- say: Time: 12:30", "5: scenario: a text that holds a colon and a blank needs quotes: 'Time: 12:30' (not YAML: mapping values are not allowed in this context)"),
        ("- call: f\n  args: {city: {{ match.city }}}", '6: scenario: a template needs quotes: "{{ match.city }}"'),
        ("- call: f\n  args: {city: {{ match.city }} now}", '6: scenario: a template needs quotes: "{{ match.city }}"'),
        ("- say: {{ message }}, you said", '5: scenario: a template needs quotes: "{{ message }}, you said"'),
        ("- set: {name: x}\n- say: '{{ vars.nme }}'", "6: turns[0].steps[1].say: no turn sets vars.nme, did you mean name?"),
        ("- say: '{{ vars.name }}'", "5: turns[0].steps[0].say: no turn sets vars.name; write set: {name: …}"),
        ("- say: '{{ match.city }}'", '5: turns[0].steps[0].say: nothing in when captures match.city; write when: {message: {regex: "(?P<city>.+)"}}'),
        ("- say: '{{ lookup(1) }}'", "5: turns[0].steps[0].say: there is no function lookup; there are cite, dict, file_id, namespace, range"),
        ("- say: 12", "5: turns[0].steps[0].say: expected text, got 12; put it in quotes"),
        ("- say: x\n- search: x\n  top: many", '7: turns[0].steps[1].top: expected a whole number, got "many"; write digits, such as 1'),
        ("- code: x\n  execute: yes", '6: turns[0].steps[0].execute: expected true or false, got "yes"; write true'),
        ("- say: x\n  call: f", "5: turns[0].steps[0]: a step has one verb, this one has 2: say, call; put each behind a dash of its own"),
        ("- say:", "5: turns[0].steps[0].say: expected text, got null; nothing stands behind its colon"),
        ("- set: name", '5: turns[0].steps[0].set: expected a mapping, got "name"; write name: …'),
        ("- say: '{{ outputs.f }}'", "5: turns[0].steps[0].say: no step gives outputs.f; write call: f"),
        ("- say: x\n-call: f", "6: scenario: an element of a list needs a blank behind the - (not YAML: while parsing a block collection, did not find expected '-' indicator)"),
        ("- call: f\n  args: {id: order: 7, b: 1}", "6: scenario: a text between brackets needs quotes: 'order: 7' (not YAML: while parsing a flow mapping, did not find expected ',' or '}')"),
        ("- call: f\n  args: {a: 1, b: You said {{ message }} there}", "6: scenario: a template needs quotes: \"You said {{ message }} there\" (not YAML: while parsing a flow mapping, did not find expected ',' or '}')"),
        ("- call: [{name: f} {name: g}]", "5: scenario: a comma is missing before {name: g}] (not YAML: while parsing a flow sequence, did not find expected ',' or ']')"),
        ("{say: Bye}", '4: turns[0].steps: expected a list, got {"say": "Bye"}; write - say: Bye'),
    ],
)  # fmt: skip
def test_a_wrong_step_is_answered_in_one_line(text, found):
    assert steps(text) == [found]


@pytest.mark.parametrize(
    "text,line,message",
    [
        ("- say: a\n stream: {chunk: char}", 6, "indent stream by 12, as say in line 5 is"),
        ("- say: a\n    as: x", 6, "indent as by 12, as say in line 5 is"),
        ("- say: a\n    stream: {chunk: char}", 6, "indent stream by 12, as say in line 5 is"),
        ("- say: a\n - say: b", 6, "indent - by 10, as - in line 5 is"),
        ("- call: f\n  args:\n    a: 1\n   b: 2", 8, "indent b by 14, as a in line 7 is"),
    ],
)
def test_a_line_that_is_indented_wrongly_is_answered_with_its_indentation(text, line, message):
    # The turn itself is indented by six, its steps by ten.
    (found,) = lines(f"{HELLO}{textwrap.indent(text, '              ')}")
    assert found.startswith(f"{line}: scenario: {INDENTED}: "), found
    assert message in found


@pytest.mark.parametrize(
    "text,line,message",
    [
        ("emulator: 1\nturns:\n  - when: {message: a}\n  steps:\n    - say: a", 4, "indent steps by 4, as when in line 3 is"),
        ("emulator: 1\nturns:\n  - when: {message: a}\n    steps:\n    - say: a\n   goto: x", 6, "indent goto by 4, as steps in line 4 is"),
        ("emulator: 1\nturns:\n - steps:\n    - say: a\n- steps: []", 5, "indent - by 1, as - in line 3 is"),
    ],
)  # fmt: skip
def test_a_key_of_a_turn_that_is_indented_wrongly_is_too(text, line, message):
    (found,) = lines(text)
    assert found.startswith(f"{line}: scenario: {INDENTED}: ")
    assert message in found


@pytest.mark.parametrize(
    "template,message",
    [
        ("{{ message }", "the hole is not closed, write {{ message }}"),
        ("{{ message", "the hole is not closed, write {{ message }}"),
        ("{{ model }} and {{ message", "the hole is not closed, write {{ message }}"),
        ("{% if message }a{% endif %}", "the tag is not closed, write {% if message %}"),
        ("{% if message %}a", "Write {% endif %}"),
        ("{% for x in files %}a{% end %}", "Write {% endfor %}"),
        ("{% iff message %}", "Did you mean if?"),
        ("{{ message model }}", "one expression to a hole, joined by an operator such as ~"),
        ('{{ "a }}', "the quotes that begin there are never closed"),
        ("{{ message && model }}", "write and for &&"),
        ("{{ message || model }}", "write or for ||"),
        ("{{ !message }}", "write not message"),
        ("{{ message ? 1 : 2 }}", "write A if CONDITION else B"),
        ("{{ message | uppr }}", 'no filter "uppr", did you mean upper?'),
        ("{% if message is defned %}a{% endif %}", 'no test "defned", did you mean defined?'),
    ],
)
def test_a_template_that_is_wrong_is_answered_with_the_right_one(template, message):
    (found,) = lines(f"emulator: 1\nturns:\n- steps:\n  - say: |-\n      {template}")
    assert found.startswith("5: turns[0].steps[0].say: template: ")
    assert message in found


@pytest.mark.parametrize("condition", ["message = 'x'", "turn = 1"])
def test_a_condition_that_assigns_is_answered_with_the_comparison(condition):
    (found,) = lines(f'emulator: 1\nturns:\n- steps:\n  - check: "{condition}"')
    assert found.endswith("write == to compare")


OFFERED = """
    emulator: 1
    fixtures: {assistants: {bot: {model: m, tools: [{type: function, function: {name: look_up}}]}}}
    turns:
"""


@pytest.mark.parametrize(
    "turn",
    [
        "{steps: [{call: send_mail}]}",
        "{steps: [{call: [{name: send_mail}, {name: look_up}]}]}",
        "{when: {message: hi, tools: look_up}, steps: [{call: send_mail}]}",
    ],
)
def test_a_call_that_no_fixture_assistant_offers_is_warned_about(turn):
    (found,) = lines(f"{OFFERED}    - {turn}")
    assert found.endswith('no fixture assistant offers "send_mail"; offered: look_up')


@pytest.mark.parametrize(
    "turn",
    [
        "{steps: [{call: look_up}]}",
        "{steps: [{call: '{{ message }}'}]}",
        "{when: {tools: send_mail}, steps: [{call: send_mail}]}",
        "{when: {tools: {glob: 'send_*'}}, steps: [{call: send_mail}]}",
        "{when: {assistant: {name: other}}, steps: [{call: send_mail}]}",
    ],
)
def test_a_call_that_other_runs_may_offer_is_not(turn):
    assert lines(f"{OFFERED}    - {turn}") == []


def test_without_functions_among_the_fixtures_every_call_may_be_offered():
    text = "emulator: 1\nfixtures: {assistants: {bot: {model: m}}}\nturns: [{steps: [{call: send_mail}]}]"
    assert lines(text) == []


def test_a_turn_that_is_never_played_is_told_how_it_would_be():
    text = "emulator: 1\nturns:\n- steps: []\n- {name: refund, when: {message: money}, PRIORITY steps: []}"
    (found,) = lines(text.replace("PRIORITY", ""))
    assert found == (
        "4: turns[1]: never played: turn #1 comes first, fits all the same runs and is never used up;"
        " priority: 1 lets this one come before it"
    )
    assert lines(text.replace("PRIORITY", "priority: 1,")) == []
