"""The report of a comparison for people, and the rules that it names."""

from dataclasses import replace

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.records import Asked
from emulator.domain.parity.rules import RULES
from emulator.domain.parity.sentences import contrasted, quoted
from emulator.domain.parity.text import text_of
from emulator.domain.parity.waivers import Waiver
from emulator.tests.made_up_records import after, before, dialogue, said, saw, turn, user, with_saw, with_turn


def test_a_report_of_no_differences_has_only_its_counts() -> None:
    assert text_of(compare(before(), after())) == (
        "before (before) and after (after)\n\n"
        "0 differences, 0 waived, 0 without counterpart, 10 equal by rules; 2 turns of 1 dialogue compared.\n"
    )


def test_a_report_lists_differences_by_dialogue_and_ends_with_its_counts() -> None:
    port = with_saw(with_turn(after(), 0, did=()), 1, 0, temperature=0.5, model="gpt-4o-mini")
    old = with_saw(before(), 1, 0, max_prompt_tokens=500)
    text = text_of(compare(old, port, waivers=(Waiver("It is cheaper.", "model"), Waiver("x", "nothing"))))
    lines = text.splitlines()
    assert lines[2] == "dialogue 1:"
    assert lines[3].startswith("  seen:    turn 1: ")
    assert "waived:" in lines
    assert any(line.endswith("[library.yaml:8]: It is cheaper.") for line in lines)
    assert "without counterpart (no failure):" in lines
    assert "waiver 2 covers nothing" in lines
    assert lines[-1].startswith("5 differences (3 outcome, 2 seen), 1 waived, 1 without counterpart, ")


def test_a_difference_that_goes_on_is_said_once() -> None:
    port = with_saw(with_saw(with_saw(after(), 0, 0, model="m"), 0, 1, model="m"), 1, 0, model="m")
    lines = [line for line in text_of(compare(before(), port)).splitlines() if "'m'" in line]
    assert lines == [
        ("  seen:    turn 1: the model is 'm', before 'gpt-4o' (Responses: with POST /v1/responses, both requests of the"
        " turn) [library.yaml:4]; also in turn 2")
    ]  # fmt: skip


def test_equalities_are_listed_where_they_are_asked_for() -> None:
    text = text_of(compare(before(), after()), show_equal=True)
    assert "  dialogue 1, turn 2: object: 'run_2' = 'resp_3' (ids)" in text.splitlines()


def test_several_dialogues_are_named_in_each_sentence() -> None:
    second = dialogue("responses", turn("Hm?", (saw("responses", user("Hm?")),), said("Yes."), number=2), id="conv_2")
    port = replace(after(), dialogues=(*after().dialogues, second))
    (found,) = compare(before(), port).differences
    assert found.sentence == "dialogue 2: the dialogue is new: 1 turn, the first with the message 'Hm?'"
    assert "dialogue 2:" in text_of(compare(before(), port))


def test_what_was_refused_outside_of_any_turn_is_listed_apart() -> None:
    port = replace(after(), refused=(Asked("POST", "/v1/conversations", 400, "unknown_parameter"),))
    assert "outside of any dialogue:\n  shape:   POST /v1/conversations was refused" in text_of(compare(before(), port))


def test_what_could_not_be_recorded_is_said() -> None:
    report = compare(replace(before(), notes=("The log lost 2 requests.",)), after())
    assert report.notes == ("before: The log lost 2 requests.",)
    assert "not recorded:\n  before: The log lost 2 requests.\n" in text_of(report)


def test_long_texts_are_shortened_around_the_first_difference() -> None:
    old, new = ("x" * 500 + end + "y" * 500 for end in ("a", "b"))
    before_text, after_text = contrasted(old, new)
    assert before_text.startswith("'…" + "x" * 20 + "a")
    assert after_text.startswith("'…" + "x" * 20 + "b")
    assert max(len(before_text), len(after_text)) < 100
    assert quoted("a\x1b[31m") == "'a\\x1b[31m'"


def test_no_part_of_a_key_is_in_a_report_wherever_a_sentence_begins_to_quote() -> None:
    key = "sk-proj-" + "Q7abcdefgh" * 12
    old = with_saw(before(), 0, 0, instructions=f"Use {key}. {'x' * 200}")
    port = with_saw(after(), 0, 0, instructions=f"Use {key}! {'x' * 200}", metadata={"api_key": "hunter2hunter2"})
    report = compare(old, port)
    shown = f"{text_of(report, show_equal=True)}{report.to_json()}"
    assert "Q7abcdefgh" not in shown
    assert "hunter2hunter2" not in shown
    assert "turn 1: instructions differs; there are keys in it, which are shown nowhere" in shown


def test_every_rule_has_a_name_of_its_own_and_a_description() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.description.endswith(".") for rule in RULES)
    assert all(rule.cases for rule in RULES)
