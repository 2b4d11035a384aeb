import pytest

from emulator.domain.ports import ScriptSource, UnmatchedError
from scripted_models import load


def names(loaded, view, engine, count):
    return [engine_turn(loaded, view, engine).name for _ in range(count)]


def engine_turn(loaded, view, engine):
    turn = loaded.backend.turn(view("hello", memory=engine.memory))
    engine.play(turn)
    return turn


def test_the_first_turn_that_fits_is_played(scenario, view):
    loaded = scenario("turns: [{name: a, when: {message: bye}, steps: []}, {name: b, steps: []}, {name: c, steps: []}]")
    assert loaded.backend.turn(view()).name == "b"


def test_a_higher_priority_goes_first(scenario, view):
    loaded = scenario(
        "turns: [{name: a, steps: []}, {name: b, priority: 5, steps: []}, {name: c, priority: -1, steps: []}]"
    )
    assert loaded.backend.turn(view()).name == "b"


def test_a_turn_that_is_used_up_is_passed_over(scenario, view, engine):
    loaded = scenario(
        "turns: [{name: a, uses: 1, steps: []}, {name: b, uses: {max: 2}, steps: []}, {name: c, steps: []}]"
    )
    assert names(loaded, view, engine, 4) == ["a", "b", "b", "c"]


def test_the_list_of_turns_shows_how_often_each_has_to_be_played(scenario):
    loaded = scenario("turns: [{name: a, uses: 1, steps: []}, {uses: {min: 2}, steps: []}, {steps: []}]")
    assert loaded.turns == [
        {"name": "a", "script": "test", "key": "test/a", "uses": {"min": 1, "max": 1}},
        {"name": "#2", "script": "test", "key": "test/#2", "uses": {"min": 2, "max": None}},
        {"name": "#3", "script": "test", "key": "test/#3", "uses": {"min": 0, "max": None}},
    ]


def test_a_state_moves_with_goto_and_decides_the_next_turn(scenario, view, engine):
    loaded = scenario(
        """
        states: [start, limited]
        turns:
        - {name: first, when: {state: start}, goto: limited, steps: [{say: hi}]}
        - {name: later, when: {state: [limited]}, steps: [{say: again}]}
        """
    )
    assert names(loaded, view, engine, 3) == ["first", "later", "later"]
    assert loaded.backend.turn(view(thread_id="thread_2", memory=engine.memory)).name == "first"


@pytest.mark.parametrize(
    "scope,key",
    [("thread", "thread:thread_1/test"), ("assistant", "assistant:asst_1/test"), ("namespace", "namespace/test")],
)
def test_a_scope_says_where_state_lives(scenario, view, scope, key):
    loaded = scenario(f"scope: {scope}\nturns: [{{steps: []}}]")
    assert loaded.backend.turn(view()).scope == key


def test_a_kept_state_that_is_no_longer_declared_counts_as_the_first(scenario, view, engine):
    loaded = scenario("states: [start]\nturns: [{when: {state: start}, steps: []}]")
    engine.scopes["thread:thread_1/test"] = {"state": "gone", "vars": {}}
    assert loaded.backend.turn(view(memory=engine.memory)).name == "#1"


def test_a_run_without_a_match_is_reported_with_the_nearest_turns(scenario, view):
    loaded = scenario(
        """
        turns:
        - {name: refund, when: {message: I want my money back}, steps: []}
        - {name: greet, when: {message: hello there, model: o3}, steps: []}
        """
    )
    with pytest.raises(UnmatchedError) as caught:
        loaded.backend.turn(view("I want my money"))
    error = caught.value
    assert error.message.startswith("[emulator] no scripted turn matches. nearest: refund: message expected equals ")
    assert error.near[0] == {
        "turn": "refund",
        "script": "test",
        "field": "message",
        "expected": 'equals "I want my money back"',
        "got": '"I want my money"',
    }
    assert not error.http_error


def test_a_turn_that_is_used_up_can_be_the_nearest(scenario, view, engine):
    loaded = scenario("turns: [{name: a, uses: 1, steps: []}]")
    engine_turn(loaded, view, engine)
    with pytest.raises(UnmatchedError, match="a: uses expected at most 1, got played 1 times"):
        loaded.backend.turn(view(memory=engine.memory))


def test_the_message_stays_short(scenario, view):
    turns = "\n".join(f"- {{when: {{message: {'x' * 500}{n}}}, steps: []}}" for n in range(20))
    with pytest.raises(UnmatchedError) as caught:
        scenario(f"turns:\n{turns}").backend.turn(view("y" * 5000))
    assert len(caught.value.message) <= 600
    assert len(caught.value.near) == 3


def test_no_turns_at_all_match_nothing(view):
    with pytest.raises(UnmatchedError, match="no turn is loaded"):
        load([]).backend.turn(view())


def test_unmatched_echo_answers_with_the_words_of_the_user(scenario, view):
    turn = scenario("unmatched: echo\nturns: []").backend.turn(view("say it"))
    assert [action.text for action in turn.actions] == ["say it"]


def test_unmatched_http_error_is_marked(scenario, view):
    with pytest.raises(UnmatchedError) as caught:
        scenario("unmatched: http_error\nturns: []").backend.turn(view())
    assert caught.value.http_error


def test_several_sources_are_one_script_and_the_first_says_what_unmatched_means(view):
    first = ScriptSource("a.yaml", "emulator: 1\nunmatched: echo\nturns: [{name: x, when: {message: a}, steps: []}]")
    second = ScriptSource("b.yaml", "emulator: 1\nturns: [{name: y, when: {message: b}, steps: []}]")
    loaded = load([first, second])
    assert loaded.backend.turn(view("b")).key == "b/y"
    assert loaded.backend.turn(view("c")).name == "echo"
    assert [turn["key"] for turn in loaded.turns] == ["a/x", "b/y"]


def test_two_turns_of_one_name_are_counted_apart(scenario):
    loaded = scenario("turns: [{name: a, steps: []}, {name: a, steps: []}]")
    assert [turn["key"] for turn in loaded.turns] == ["test/a", "test/a~"]
