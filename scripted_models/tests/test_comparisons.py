"""What a script would play, and why its other turns would not answer: the same that a run would meet."""

import pytest

from emulator.domain.explanations import Difference, explain
from emulator.domain.ports import UnmatchedError
from emulator.domain.view import Memory
from scripted_models import Chatty, Echo, Exercise, Say, Script, Together

TURNS = """
turns:
- {name: bye, when: {message: bye, model: gpt-4o-mini}, steps: []}
- {name: once, when: {message: {contains: hello}}, uses: 1, steps: [{say: hi}]}
- {name: rest, steps: []}
- {name: first, priority: 1, when: {turn: 2}, steps: []}
"""


def rows(found):
    return [(one.turn, not one.differences, one.used_up) for one in found.turns]


def test_the_turn_that_would_be_played_comes_with_its_place(scenario, view):
    found = explain(scenario(TURNS).backend, view())
    assert (found.turn, found.script, str(found.place)) == ("once", "test", "file.yaml:5: turns[1]")
    assert rows(found) == [("first", False, False), ("bye", False, False), ("once", True, False), ("rest", True, False)]


def test_every_difference_is_told(scenario, view):
    first, bye, *_ = explain(scenario(TURNS).backend, view()).turns
    assert first.differences == (Difference("turn", "2", "1"),)
    assert [one.field for one in bye.differences] == ["model", "message"]


def test_a_turn_that_is_used_up_says_so(scenario, view):
    found = explain(scenario(TURNS).backend, view(memory=Memory(uses={"test/once": 1})))
    assert found.turn == "rest"
    assert rows(found)[2] == ("once", False, True)
    assert found.turns[2].differences[0] == Difference("uses", "at most 1", "played 1 times")


def test_where_no_turn_matches_the_message_is_that_of_the_run(scenario, view):
    backend = scenario("turns: [{name: bye, when: {message: bye}, steps: []}]").backend
    with pytest.raises(UnmatchedError) as error:
        backend.turn(view())
    found = explain(backend, view())
    assert (found.turn, found.place, found.message) == (None, None, error.value.message)


def test_an_expression_that_takes_too_long_fails_the_run_and_so_it_is_told(scenario, view):
    slow = "{name: slow, when: {message: {regex: '(a|aa)+$'}}, steps: []}"
    backend = scenario(f"turns: [{slow}, {{name: rest, steps: []}}]").backend
    run = view("a" * 60 + "!")
    found = explain(backend, run)
    (failure,) = backend.turn(run).actions
    assert (found.turn, found.message) == ("slow", failure.message)
    assert [one.turn for one in found.turns] == ["slow", "rest"]


@pytest.mark.parametrize("unmatched,turn", [("echo", "echo"), ("fail", None), ("http_error", None)])
def test_what_answers_in_place_of_a_turn_is_told(scenario, view, unmatched, turn):
    backend = scenario(f"unmatched: {unmatched}\nturns: [{{name: bye, when: {{message: bye}}, steps: []}}]").backend
    assert explain(backend, view()).turn == turn


def test_nothing_is_played_or_counted(scenario, view):
    played = []
    script = Script("code")

    @script.turn(message="hello")
    def greet():
        played.append("greet")
        return Say("hi")

    for _ in range(2):
        found = explain(Together(scenario("turns: []").backend, script), view())
        assert (found.turn, found.script, found.place.file) == ("greet", "code", "test_comparisons.py")
    assert played == []
    assert explain(script, view("bye")).turn is None


def test_backends_around_others_tell_what_those_would_play(scenario, view):
    assert explain(Chatty(scenario(TURNS).backend), view()).turn == "once"
    assert explain(Echo(), view()).turn == "echo"


@pytest.mark.parametrize("other", [Exercise(), Chatty(Exercise())], ids=["plain", "wrapped"])
def test_a_backend_that_cannot_tell_is_asked_only_where_no_turn_matches(scenario, view, other):
    together = Together(scenario("turns: [{name: bye, when: {message: bye}, steps: []}]").backend, other)
    assert explain(together, view("bye")).turn == "bye"
    assert explain(together, view("hello")) is None
    assert explain(other, view()) is None


def test_of_several_that_can_tell_the_first_that_answers_is_told(scenario, view):
    class Parrot:
        explain = Echo().explain

        def turn(self, run):
            return Echo().turn(run)

    found = explain(
        Together(scenario("turns: [{name: bye, when: {message: bye}, steps: []}]").backend, Parrot()), view()
    )
    assert (found.turn, [one.turn for one in found.turns]) == ("echo", ["bye"])
