"""Scripts that were written to keep a server busy: what is read, checked and matched takes a bounded number of steps."""

import json
from typing import ClassVar

import pytest
from jinja2 import nodes

from emulator.domain.ports import ScriptError, ScriptSource, UnmatchedError
from scripted_models import (
    compilation,
    lint,
    load,
    reader,
    regular_expressions,
    selection,
    shadowing,
    yaml_tree,
)
from scripted_models.compiled_texts import CompiledTexts
from scripted_models.grammar import explain
from scripted_models.sandbox import Sandbox
from scripted_models.template_compiler import TemplateError, names
from scripted_models.template_limits import Account, LimitError
from scripted_models.templating import fill, syntax_error


def source(*turns):
    return ScriptSource("file.json", json.dumps({"emulator": 1, "turns": turns}))


def says(*texts):
    return source({"steps": [{"say": text} for text in texts]})


def asks(regex):
    return {"when": {"message": {"regex": regex}}, "steps": []}


# --- templates ------------------------------------------------------------------------------------------------------


def test_each_text_is_parsed_once_for_all_that_is_asked_about_it(monkeypatch):
    parsed = []
    parse = Sandbox.parse
    monkeypatch.setattr(Sandbox, "parse", lambda self, text: parsed.append(text) or parse(self, text))
    text = "parsed once {{ message }}"
    lint([says(text, text)])
    load([says(text, text)])
    assert fill(text, {"message": "hello"}) == "parsed once hello"
    assert parsed == [text]


def test_a_wrong_text_is_parsed_once_too(monkeypatch):
    parsed = []
    parse = Sandbox.parse
    monkeypatch.setattr(Sandbox, "parse", lambda self, text: parsed.append(text) or parse(self, text))
    for _ in range(3):
        assert "expected token" in str(syntax_error("{{ wrong once }}"))
    assert parsed == ["{{ wrong once }}"]


@pytest.mark.parametrize(
    "text", ["{{ [" + "[]," * 60_000 + "] }}", "{{ " + "- " * 60_000 + "1 }}", "{{a}}" * 9_000, "{% if a %}" * 9_000]
)
def test_the_parts_of_a_template_are_counted_before_it_is_parsed(text, monkeypatch):
    monkeypatch.setattr(Sandbox, "parse", lambda _self, _text: pytest.fail("parsed"))
    assert "more than 6,000 parts" in str(syntax_error(text))


def test_a_template_that_becomes_too_much_code_is_refused_before_python_compiles_it():
    assert "more than 600,000 characters of code" in str(syntax_error("{{ a }}" + "\x01" * 190_000))


def test_names_are_found_without_calculating(monkeypatch):
    monkeypatch.setattr(nodes.Filter, "as_const", lambda *_: pytest.fail("calculated"))
    used = names("{{ 'names' | center(100) | upper }}{{ message }}")
    assert used is not None
    assert used.variables == {"message"}


def test_all_that_is_compiled_for_a_script_is_paid_from_one_budget(monkeypatch):
    monkeypatch.setattr(compilation, "MAX_STEPS", 10_000)
    texts = [f"paid {number} {{{{ message }}}}" for number in range(50)]
    expected = "to compile the templates and regular expressions takes more than 10,000 steps together"
    found = {problem.path: problem.message for problem in lint([says(*texts)])}
    assert "turns[0].steps[0].say" not in found
    assert expected in found["turns[0].steps[49].say"]
    # What is known already is paid like everything else, so the outcome is the same each time.
    assert {problem.path: problem.message for problem in lint([says(*texts)])} == found
    with pytest.raises(ScriptError, match="to compile the templates"):
        load([says(*texts)])


def test_a_text_is_paid_once_for_each_load(monkeypatch):
    monkeypatch.setattr(compilation, "MAX_STEPS", 10_000)
    assert [problem for problem in lint([says(*["again {{ message }}"] * 500)]) if problem.severity == "error"] == []


def test_twenty_thousand_plain_templates_fit_into_the_budget():
    some = 20
    with compilation.one_budget(compilation.MAX_STEPS * some // 20_000):
        for number in range(some):
            assert syntax_error(f"Thank you, order {number} of {{{{ message }}}} is on its way.") is None


def test_regular_expressions_are_paid_from_the_same_budget(monkeypatch):
    monkeypatch.setattr(compilation, "MAX_STEPS", 10_000)
    problems = lint([source(*(asks(f"paid {number}") for number in range(50)))])
    assert "takes more than 10,000 steps together" in problems[-1].message
    assert len(problems) > 30


@pytest.mark.parametrize(
    "template",
    ["{{ range(300000) | batch(1) | list | length }}", "{{ range(9) | slice(300000) | list | length }}"],
)
def test_filters_that_make_many_lists_are_paid_before_they_make_them(template):
    with pytest.raises(TemplateError, match="the template takes more than 500,000 steps"):
        fill(template, {})


def test_every_list_that_is_measured_is_paid():
    account = Account(1_000)
    account.measure([[number] for number in range(900)])
    assert account.steps < 100
    with pytest.raises(LimitError):
        account.measure([[number] for number in range(900)])


# --- turns that are never played --------------------------------------------------------------------------------------


@pytest.fixture
def comparisons(monkeypatch):
    made = []
    compare = shadowing._wider

    def counted(*args, **kwargs):
        made.append(args)
        return compare(*args, **kwargs)

    monkeypatch.setattr(shadowing, "_wider", counted)
    return made


def test_turns_that_ask_for_different_messages_are_not_compared(comparisons):
    turns = [{"when": {"message": f"message {number}"}, "steps": []} for number in range(1_000)]
    (problem,) = lint([source(*turns, turns[500])])
    assert problem.path == "turns[1000]"
    assert "turn #501 comes first" in problem.message
    assert len(comparisons) == 1


def test_turns_are_compared_as_often_as_that_takes_little_time(comparisons):
    turns = [{"when": {"message": {"contains": f"message {number}."}}, "steps": []} for number in range(600)]
    problems = lint([source(*turns, {"steps": []}, turns[0], {"steps": []})])
    assert len(comparisons) == 100_000
    assert [problem.path for problem in problems] == ["turns[601]", "turns[602]"]


def test_the_first_turn_that_covers_is_named():
    turns = [
        {"when": when, "steps": []} for when in ({"message": {"contains": "a"}}, {"message": "ba"}, {"message": "ba"})
    ]
    found = lint([source(*turns)])
    assert [(problem.path, "turn #1 comes first" in problem.message) for problem in found] == [
        ("turns[1]", True),
        ("turns[2]", True),
    ]


# --- regular expressions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "regex,message",
    [
        ("|".join(f"word{number}" for number in range(2_000)), "it is longer than 10,000 characters"),
        ("a" * 501, "a part without special characters is longer than 500"),
        ("x*(" + "a" * 501 + ")?", "a part without special characters is longer than 500"),
    ],
)
def test_expressions_have_bounds(regex, message):
    (problem,) = lint([source(asks(regex))])
    assert message in problem.message


def test_a_long_list_of_words_is_an_expression():
    assert lint([source(asks("|".join(f"word{number}" for number in range(1_000))))]) == []


class Searched:
    """Stands for a compiled expression: each search takes 0.06 s."""

    timeouts: ClassVar[list[float]] = []
    now = 0.0

    def search(self, _text, timeout):
        self.timeouts.append(timeout)
        Searched.now += 0.06


@pytest.fixture
def timeouts(monkeypatch):
    monkeypatch.setattr(Searched, "timeouts", [])
    monkeypatch.setattr(regular_expressions, "_compiled", lambda _expression: Searched())
    monkeypatch.setattr(regular_expressions.time, "thread_time", lambda: Searched.now)
    return Searched.timeouts


def test_all_turns_that_are_tried_share_the_time_of_their_expressions(timeouts, engine, view):
    backend = load([source(*({**asks(f"tried {number}"), "name": str(number)} for number in range(9)))]).backend
    (failure,) = engine.play(backend.turn(view("hello")))
    assert failure.message == '[emulator] turn "4": regular expressions and globs take more than 0.2 s together'
    assert timeouts == pytest.approx([0.2, 0.14, 0.08, 0.02])


def test_each_selection_has_its_own_time(timeouts, engine, view):
    backend = load([source(asks("x"), asks("y"), {"steps": [{"say": "hi"}]})]).backend
    for _ in range(3):
        assert engine.play(backend.turn(view("hello")))[0].text == "hi"
    assert max(timeouts) == 0.2


def test_what_a_lint_searches_is_bounded_together(timeouts):
    turns = [asks(f"compared {number}") for number in range(30)]
    lint([source(*turns, {"when": {"message": "hello"}, "steps": []})])
    assert len(timeouts) == 17


def test_globs_are_short_and_share_the_time_of_expressions(monkeypatch, engine, view):
    (problem,) = lint([source({"when": {"message": {"glob": "a" * 1_001}}, "steps": []})])
    assert "a glob is longer than 1,000 characters" in problem.message
    now = iter(range(100))
    monkeypatch.setattr(regular_expressions.time, "thread_time", lambda: next(now) / 8)
    turns = [{"when": {"message": {"glob": f"{number}*"}}, "name": str(number), "steps": []} for number in range(9)]
    (failure,) = engine.play(load([source(*turns)]).backend.turn(view("hello")))
    assert failure.message == '[emulator] turn "2": regular expressions and globs take more than 0.2 s together'


def test_globs_are_paid_from_the_budget_of_what_is_compiled(monkeypatch):
    monkeypatch.setattr(compilation, "MAX_STEPS", 10_000)
    problems = lint([source(*({"when": {"message": {"glob": f"paid {n}*"}}, "steps": []} for n in range(50)))])
    assert "takes more than 10,000 steps together" in problems[-1].message


def test_few_turns_are_compared_for_the_nearest_of_a_run_that_none_matches(monkeypatch, view):
    compared = []
    monkeypatch.setattr(selection, "_likeness", lambda candidate, _view: compared.append(candidate) or 0)
    turns = [{"when": {"message": f"message {number}", "model": "o1"}, "steps": []} for number in range(1_000)]
    near = {"when": {"message": "near"}, "steps": []}
    with pytest.raises(UnmatchedError) as caught:
        load([source(*turns, near)]).backend.turn(view("hello"))
    assert caught.value.near[0]["turn"] == "#1001"
    assert len(compared) == 200


# --- the form -----------------------------------------------------------------------------------------------------------


def test_json_of_too_many_values_is_not_read_at_once(monkeypatch):
    monkeypatch.setattr(reader, "MAX_VALUES", 1_000)
    monkeypatch.setattr(yaml_tree, "MAX_VALUES", 1_000)
    monkeypatch.setattr(reader.json, "loads", lambda *_args, **_kwargs: pytest.fail("read"))
    (problem,) = lint([ScriptSource("a.json", '{"emulator": 1, "turns": [' + "[]," * 3_000 + "[]]}")])
    assert "values (aliases counted where they are used)" in problem.message


@pytest.mark.parametrize("text", ["[null" + ",1" * 1_500 + "]", "- a\n" * 1_500])
def test_values_are_counted_while_they_are_read(monkeypatch, text):
    monkeypatch.setattr(reader, "MAX_VALUES", 1_000)
    monkeypatch.setattr(yaml_tree, "MAX_VALUES", 500)
    monkeypatch.setattr(yaml_tree, "to_data", lambda _root: pytest.fail("built"))
    (problem,) = lint([ScriptSource("a.json", text)])
    assert "values (aliases counted where they are used)" in problem.message


def test_turns_are_validated_in_pieces_and_problems_keep_their_places(monkeypatch):
    monkeypatch.setattr(explain, "_VALUES_OF_PIECE", 10)
    turns = [{"steps": [{"say": "x"}, {"refuse": "y"}]} for _ in range(20)]
    assert load([source(*turns)]).turns[-1]["name"] == "#20"
    turns[3]["steps"][1] = {"refuse": 3}
    turns[17] = {"step": []}
    found = [(problem.path, problem.message) for problem in lint([source(*turns)])]
    assert found == [
        ("turns[3].steps[1].refuse", "expected text, got 3; put it in quotes"),
        ("turns[17].steps", "is missing"),
        ("turns[17].step", 'unknown key "step", did you mean steps?'),
    ]


def test_one_turn_holds_as_much_as_can_be_validated_at_once(monkeypatch):
    monkeypatch.setattr(explain, "_MOST_VALUES_AT_ONCE", 100)
    (problem,) = lint([source({"steps": []}, {"steps": [{"say": "x"}] * 100})])
    assert problem.message == "holds more than 100 values"


def test_a_thousand_problems_of_a_kind_are_listed():
    assert len(lint([source(*[None] * 3_000)])) == 1_000
    assert len(lint([says(*[f"{{{{ wrong {number} }}}}" for number in range(1_200)])])) == 1_000
    assert len(lint([says(*[f"{{{{ unknown_{number} }}}}" for number in range(1_200)])])) == 1_000


# --- what is kept -------------------------------------------------------------------------------------------------------


def test_what_was_compiled_is_kept_as_long_as_all_of_it_weighs_little():
    kept = CompiledTexts(10)
    for name in "abc":
        kept.keep(name, name.upper(), 3)
    assert kept.get("a") == "A"
    kept.keep("d", "D", 3)  # b was not used for the longest time
    assert [kept.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    kept.keep("a", "new", 1)
    kept.keep("e", "E", 3)
    assert [kept.get(name) for name in "acde"] == ["new", "C", "D", "E"]
    kept.keep("huge", "alone", 50)
    assert [kept.get(name) for name in ("a", "huge")] == [None, "alone"]
