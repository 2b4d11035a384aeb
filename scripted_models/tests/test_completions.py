"""What an editor offers at a place of a scenario, however broken the rest of it is."""

import time

import pytest

from scripted_models.completions import hints

HEAD = "emulator: 1\nturns:\n"
STEP = f"{HEAD}- name: a\n  steps:\n"


def at_cursor(text):
    """Return the hints at the sign ¦ of a text."""
    return hints(text.replace("¦", ""), text.index("¦"))


def texts(found):
    return [option.text for option in found.options]


@pytest.mark.parametrize(
    "text,path,some",
    [
        ("¦", "scenario", ["emulator", "turns"]),
        (f"{HEAD}- ¦", "turns[0]", ["when", "steps"]),
        (f"{HEAD}- name: a\n  ¦\n  steps: []\n", "turns[0]", ["when", "goto"]),
        (f"{HEAD}- name: a\n- name: b\n  when:\n    ¦", "turns[1].when", ["message", "api"]),
        (f"{HEAD}- when:\n    message:\n      ¦", "turns[0].when.message", ["contains", "regex"]),
        (f"{STEP}  - ¦", "turns[0].steps[0]", ["say", "call", "fail"]),
        (f"{STEP}  - say: x\n  - ¦\n- name: b", "turns[0].steps[1]", ["say", "choose"]),
        (f"{STEP}  - say: x\n    ¦", "turns[0].steps[0]", ["images", "annotations", "stream"]),
        (f"{STEP}  - choose:\n    - if: a\n      steps:\n      - ¦", "turns[0].steps[0].choose[0].steps[0]", ["say"]),
        (f"{STEP}  - call:\n    - name: x\n      ¦", "turns[0].steps[0].call[0]", ["args", "as"]),
        ("emulator: 1\nfixtures:\n  assistants:\n    clerk:\n      ¦", "fixtures.assistants.clerk", ["model"]),
        (f"{HEAD}- {{when: {{¦}}}}", "turns[0].when", ["message"]),
        (f"{HEAD}- {{when: {{message: stop}},\n   steps: [{{¦", "turns[0].steps[0]", ["say"]),
        ('{"emulator": 1, "turns": [{"¦"}]}', "turns[0]", ["when", "steps"]),
    ],
)
def test_the_keys_of_a_place_are_offered(text, path, some):
    found = at_cursor(text)
    assert found.path == path
    assert set(some) <= set(texts(found))


@pytest.mark.parametrize(
    "text,values",
    [
        ("emulator: 1\nunmatched: ¦", ["fail", "echo", "http_error"]),
        ("emulator: 1\nunmatched: e¦", ["echo"]),
        (f"{STEP}  - expire: ¦", ["true", "now"]),
        (f"{HEAD}- {{when: {{api: ¦}}}}", ["assistants", "responses"]),
        (f"{HEAD}- name: ¦", []),
    ],
)
def test_the_values_of_a_key_are_offered(text, values):
    assert texts(at_cursor(text)) == values


def test_keys_that_are_there_are_not_offered_again():
    found = texts(at_cursor(f"{HEAD}- name: a\n  ¦\n  steps: []\n  goto: x\n"))
    assert not {"name", "steps", "goto"} & set(found)
    assert "name" not in texts(at_cursor(f"{HEAD}- {{¦, name: x, steps: []}}"))


def test_a_step_without_a_verb_is_offered_verbs_and_no_options():
    assert not {"stream", "as", "message"} & set(texts(at_cursor(f"{STEP}  - ¦")))


@pytest.mark.parametrize(
    "text,after",
    [
        (f"{STEP}  - sa¦", f"{STEP}  - say: "),
        ("emulator: 1\ntur¦", "emulator: 1\nturns:\n- "),
        (f"{HEAD}- name: a\n  whe¦", f"{HEAD}- name: a\n  when:\n    "),
        ("emulator: 1\nunmatched:¦", "emulator: 1\nunmatched: fail"),
        ('{"emulator": 1, "turns": [{"whe¦', '{"emulator": 1, "turns": [{"when": '),
        ('{"turns": [{"steps": [{"stop": "content¦', '{"turns": [{"steps": [{"stop": "content_filter"'),
    ],
)
def test_what_is_inserted_goes_on_as_the_place_needs(text, after):
    found = at_cursor(text)
    before = text[: text.index("¦")]
    assert before[: len(before) - found.replaces] + found.options[0].insert == after


def test_a_key_is_described_and_its_value_too():
    assert at_cursor("emulator: 1\nunmatched: ¦").about == "What happens to other runs."
    assert at_cursor(f"{STEP}  - say: ¦").about == "The text of the message."
    assert at_cursor("emulator: 1\nseed: ¦").expects == "a whole number"
    verbs = {option.text: option.about for option in at_cursor(f"{STEP}  - ¦").options}
    assert verbs["fail"] == "The run fails. Ends the turn."


@pytest.mark.parametrize("text", ["# a note ¦", f"{HEAD}# a ¦", f"{STEP}  - code: |\n      if x:\n        fo¦\n"])
def test_nothing_is_offered_in_comments_and_in_texts_of_several_lines(text):
    assert texts(at_cursor(text)) == []


@pytest.mark.parametrize(
    "above",
    ["turns: [", 'name: "open\n', "- - - x\n", "}{][\n", "\t\tname: x\n", ": : :\n", "- name: a\n when: b\n   c: d\n"],
)
def test_whatever_is_wrong_above_is_no_failure(above):
    for text in (f"{above}¦", f"{above}\n  ¦", f"emulator: 1\n{above}    - ¦: x", f"{{{above}¦"):
        assert at_cursor(text) is not None


def test_no_cursor_is_out_of_bounds():
    for offset in (-5, 0, 3, 10**9):
        assert hints("a: b", offset) is not None


def test_hints_in_a_long_script_come_at_once():
    text = "emulator: 1\nturns:\n" + "- name: a\n  steps:\n  - say: x\n" * 6_000
    begin = time.process_time()
    assert "say" in texts(hints(f"{text}- steps:\n  - ", len(text) + 14))
    long_lines = " " * 100_000 + "a" * 100_000 + " : " + "- " * 50_000
    hints(long_lines, len(long_lines))
    flow = "{" * 2_000 + "[" * 100_000
    hints(flow, len(flow))
    assert time.process_time() - begin < 5
