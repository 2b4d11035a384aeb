"""What a person writes by mistake is answered with the remedy."""

import re

import pytest

from scripted_models import Say, Script, ScriptSource, Wait, lint

HEAD = "emulator: 1\nturns:\n- steps:\n"


def found(steps, head=HEAD):
    return [str(problem) for problem in lint([ScriptSource("f.yaml", head + steps)])]


TEMPLATE = "a template needs quotes: "


@pytest.mark.parametrize(
    "steps,line,message",
    [
        ("  - say: {{ message }}", 4, TEMPLATE + '"{{ message }}"'),
        ("  - say: {{ message }} there", 4, TEMPLATE + '"{{ message }} there"'),
        ("  - {say: {{ message }}}", 4, TEMPLATE + '"{{ message }}"'),
        ("  - call: f\n    args: {a: {{ message }}}", 5, TEMPLATE + '"{{ message }}"'),
        ("  - check: {{ vars.a }}", 4, TEMPLATE + '"{{ vars.a }}"'),
        ("  - say: {% if turn %}a{% endif %}", 4, TEMPLATE + '"{% if turn %}a{% endif %}"'),
        ("  - say: Time: 12:30", 4, "a text that holds a colon and a blank needs quotes: 'Time: 12:30'"),
        ("  - say: It's: 3", 4, 'needs quotes: "It\'s: 3"'),
        ("  - check: 'gold' in vars.tags", 4, "so put quotes around the whole: \"'gold' in vars.tags\""),
        ('  - check: "x" == message', 4, "so put quotes around the whole: '\"x\" == message'"),
        ("  - say: 'it's fine'", 4, "the quotes end before the text does"),
        ("  - say: @you", 4, "a text that begins with @ needs quotes"),
        ("  - say: *bold* text", 4, "a text that begins with * needs quotes"),
        ("  - say: *bold text", 4, "alias *bold has no anchor: a text that begins with * needs quotes"),
        ("  - say: !wow", 4, "tags such as !wow are not read: a text that begins with ! needs quotes"),
        ("  - say: [x] done", 4, "a text that begins with [ needs quotes"),
        ("  - say: - x", 4, "a text that begins with - needs quotes"),
        ("\t- say: x", 4, "indent with blanks, not with tabs"),
        ("  - say: a\n   stream: {}", 5, "not indented like those that it belongs to: indent stream by 4, as say in line 4 is"),
        ("  - say: a\n  - say: 'open\n  - say: b", 5, "the quotes that begin here are never closed"),
        ("  - {say: a, id: c: d}", 4, "a text between brackets needs quotes"),
        ("  - call: f\n    args: {a: 1", 5, "a bracket is not closed"),
        ('  - say: "C:\\dir"', 4, "so put the text in single ones"),
        ("  - {say: hello, you}", 4, 'unknown key "you" without a value: between brackets a text that holds a comma needs'),
        ("  - say x", 4, "say needs a colon and a blank behind it"),
        ("  - say:x", 4, "say needs a colon and a blank behind it"),
        ("  -say: x", 4, 'unknown key "-say": an element of a list needs a blank behind the -'),
        ("  - check: '{{ vars.a }}'", 4, "a condition has no braces"),
        ("  - choose: [{if: '{{ turn }} == 1', steps: []}]", 4, "a condition has no braces"),
        ("  1: x", 4, "a key has to be text: put it in quotes"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_read_is_answered_with_a_remedy(steps, line, message):
    assert any(one.startswith(f"f.yaml:{line}: ") and message in one for one in found(steps)), found(steps)


@pytest.mark.parametrize(
    "text,path,message",
    [
        ("turns: [{message: hi, steps: []}]", "turns[0].message", 'unknown key "message": it belongs below when:'),
        ("turns: [{model: m, steps: []}]", "turns[0].model", "it belongs below when:"),
        ("turns: [{say: hi, steps: []}]", "turns[0].say", "it belongs below steps:"),
        ("turns: [{steps: [], when: {contains: a}}]", "turns[0].when.contains", "it belongs below message:"),
        ("turns: [{steps: [], when: {uses: 1}}]", "turns[0].when.uses", "it belongs beside when"),
        ("turns: [{steps: [{say: x, goto: y}]}]", "turns[0].steps[0].goto", "it belongs beside steps"),
        ("turns: [{steps: [{say: x, args: {}}]}]", "turns[0].steps[0].args", "it belongs to call or tool"),
        ("turns: [{steps: [{say: x, chunk: 3}]}]", "turns[0].steps[0].chunk", "it belongs below stream:"),
        ("turns: []\nassistants: {}", "assistants", "it belongs below fixtures:"),
        ("turns: []\nstream: {}", "stream", "it belongs below defaults:"),
        ("turns: []\nwhen: {}", "when", "it belongs below turns:"),
        ("turns: []\nmessage: hi", "message", "it belongs below turns: when:"),
        ("turns: []\nsteps: []", "steps", "it belongs below turns:"),
        ("turns: [{steps: [], whne: {}}]", "turns[0].whne", "did you mean when?"),
        ("turns: [{steps: [{choose: [{say: x, steps: []}]}]}]", "turns[0].steps[0].choose[0].say", "it belongs below steps:"),
    ],
)  # fmt: skip
def test_a_key_in_the_wrong_place_is_answered_with_the_right_one(text, path, message):
    assert any(f": {path}: " in one and message in one for one in found(text, "emulator: 1\n"))


@pytest.mark.parametrize(
    "step,message",
    [
        ("{sya: hi}", 'did you mean say instead of "sya"? a step needs a verb, one of say, call'),
        ("{as: x, cal: f}", 'did you mean call instead of "cal"? a step needs a verb'),
    ],
)
def test_a_misspelt_verb_is_answered_with_the_verb_first(step, message):
    assert found(f"  - {step}")[0].startswith(f"f.yaml:4: turns[0].steps[0]: {message}")


@pytest.mark.parametrize(
    "turn,message",
    [
        ("when: {message: {contains: 42}}", "when.message.contains: expected a text, or a list of texts, got 42; put it in quotes"),
        ("when: {message: {contains: [42]}}", "when.message.contains[0]: expected text, got 42; put it in quotes"),
        ("when: {message: {contains: {a: b}}}", 'when.message.contains: expected a text, or a list of texts, got {"a": "b"}'),
        ("when: {message: 42}", "regex, glob or not, got 42; put it in quotes"),
        ("when: {message: {equals: true}}", "when.message.equals: expected text, got true; put it in quotes"),
        ("when: {tools: 3}", "when.tools: expected a text, a mapping with equals, contains, regex, glob or not, or a list of them, got 3"),
        ("when: {state: 3}", "when.state: expected a text, or a list of texts, got 3; put it in quotes"),
        ("when: {turn: first}", 'when.turn: expected a number, or a mapping with min and max, got "first"'),
        ("uses: often", 'uses: expected a number, or a mapping with min and max, got "often"'),
        ("priority: '1'", 'priority: expected a whole number, got "1"; leave out the quotes'),
        ("usage: {prompt_tokens: -1}", "usage.prompt_tokens: has to be at least 0, got -1"),
        ("goto: null, when: {run_metadata: {a: 1}}", "when.run_metadata.a: expected a text, or a mapping"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_named_with_what_belongs_there(turn, message):
    assert any(message in one for one in found(f"turns: [{{{turn}, steps: []}}]", "emulator: 1\n"))


@pytest.mark.parametrize(
    "step,message",
    [
        ("say: x, images: 3", "images: expected a text, or a list of texts, got 3; put it in quotes"),
        ("say: x, stream: {tps: fast}", 'stream.tps: expected a number, got "fast"'),
        ("say: x, stream: {tps: 0}", "stream.tps: has to be greater than 0, got 0"),
        ("search: x, top: 99", "top: has to be at most 50, got 99"),
        ("search: x, results: 3", "results: expected auto, or a list of results, each a mapping with file_id, got 3"),
        ("call: f, as: a b", '"a b" does not have the form of a name: letters, digits and _, such as first_name'),
        ("python: os.system", '"os.system" does not have the form module:function'),
        ("stop: max_completion_token", "did you mean max_completion_tokens?"),
    ],
)
def test_an_option_of_another_kind_is_named_with_what_belongs_there(step, message):
    assert any(message in one for one in found(f"  - {{{step}}}"))


def test_a_message_of_a_fixture_that_is_no_text_is_one_error():
    text = "fixtures: {threads: {t: {messages: [{content: 3}]}}}\nturns: []"
    (problem,) = found(text, "emulator: 1\n")
    assert problem.startswith("f.yaml:2: fixtures.threads.t.messages[0].content: expected text, or a list of parts")
    assert problem.endswith("got 3; put it in quotes")


# --- scripts in Python ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "conditions,message",
    [
        ({"mesage": "a"}, 'mesage: unknown key "mesage", did you mean message?'),
        ({"message": {"contain": "a"}}, "did you mean contains?"),
        ({"contains": "a"}, "it belongs below message:"),
        ({"uses": {"maximum": 3}}, "unknown key"),
        ({"state": "opne"}, 'unknown state "opne", did you mean open; declared: open, done'),
        ({"goto": "opne"}, 'unknown state "opne", did you mean open; declared: open, done'),
        ({"message": {"contains": 42}}, "message.contains: expected a text, or a list of texts, got 42"),
    ],
)
def test_a_wrong_condition_of_a_python_turn_is_answered_with_what_is_meant(conditions, message):
    script = Script("desk", states=["open", "done"])
    with pytest.raises(ValueError, match=re.escape(message)):
        script.turn(**conditions)(lambda t: None)


def misspelt_attribute(t):
    yield Say(t.mesage)


def misspelt_argument(t):
    yield Say("hi", imags=())


def misspelt_key(t):
    yield Say(t.match["ctiy"])


def misspelt_name(t):
    yield Sya("hi")  # noqa: F821


@pytest.mark.parametrize(
    "function,message",
    [
        (misspelt_attribute, "did you mean message?"),
        (misspelt_argument, "did you mean images?"),
        (misspelt_key, "KeyError: 'ctiy', did you mean city?"),
        (misspelt_name, "did you mean Say?"),
    ],
)
def test_a_misspelt_name_in_a_python_turn_is_answered_with_what_is_meant(function, message, view, engine):
    script = Script("desk")
    script.turn(message={"regex": "(?P<city>.+)"})(function)
    failed = engine.play(script.turn(view("Rome")))[-1]
    line = function.__code__.co_firstlineno + 1
    assert failed.message.startswith(f"[emulator] test_remedies.py:{line}: desk/{function.__name__}: ")
    assert failed.message.endswith(message)


def test_a_python_turn_says_in_which_line_it_is(view):
    script = Script("desk")

    @script.turn
    def slow(t):
        yield Say("hi")
        yield Wait(3)

    turn = script.turn(view())
    for offset in (2, 3):
        next(turn.actions)
        assert (turn.place().file, turn.place().line) == ("test_remedies.py", slow.__code__.co_firstlineno + offset)
        assert turn.place().path == "desk/slow"
