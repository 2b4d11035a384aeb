"""Recorded threads: which chain a thread takes, and which of its turns its runs play."""

import dataclasses

import pytest

from emulator.domain.ports import BEGUN, CHAINS, UnmatchedError
from emulator.domain.view import Memory
from scripted_models import Echo, Slow

TWO = """
turns:
- {name: a1, chain: a, when: {message: I want my money back.}, steps: [{say: a1}]}
- {name: a2, chain: a, when: {message: It was broken.}, steps: [{say: a2}]}
- {name: b1, chain: b, when: {message: I want my money back.}, steps: [{say: b1}]}
- {name: a3, chain: a, when: {message: Thank you very much.}, steps: [{say: a3}]}
- {name: c1, chain: c, when: {message: 'Where is my order, please?'}, steps: [{say: c1}]}
"""
FIRST, SECOND, THIRD = "I want my money back.", "It was broken.", "Thank you very much."


class Threads:
    """Plays runs on threads, and remembers between them as the engine does."""

    def __init__(self, loaded, view):
        self.backend = loaded.backend
        self.scopes = {}
        self.runs = {}
        self.drift = []
        self._view = view

    def view(self, message, thread="t1", **fields):
        memory = Memory({}, {key: value for key, value in self.scopes.items() if key.startswith(f"thread:{thread}/")})
        turn = self.runs.get(thread, 0) + 1
        view = self._view(message, **{"thread_id": thread, "memory": memory, "turn": turn, **fields})
        further = {key: self.scopes[key] for key in self.backend.memory_keys(view) if key in self.scopes}
        return dataclasses.replace(view, memory=Memory({}, {**memory.scopes, **further}))

    def play(self, message, thread="t1", **fields):
        """Return the name of the turn that is played; None where the run is unmatched."""
        view = self.view(message, thread, **fields)
        self.runs[thread] = view.turn
        try:
            turn = self.backend.turn(view)
        except UnmatchedError as error:
            self.drift = error.drift
            self.error = error
            return None
        assert self.backend.turn(view).name == turn.name  # a restart chooses again
        self.scopes = {key: row for key, row in (self.scopes | turn.remember).items() if row}
        self.drift = turn.drift
        return turn.name

    def kinds(self):
        return [line["kind"] for line in self.drift]

    def left(self):
        return self.backend.left({key: row for key, row in self.scopes.items() if key.startswith(f"{BEGUN}/")})


@pytest.fixture
def threads(scenario, view):
    return lambda text, **options: Threads(scenario(text, **options), view)


def test_a_thread_takes_a_chain_and_plays_it_turn_by_turn(threads):
    t = threads(TWO)
    assert [t.play(message) for message in (FIRST, SECOND, THIRD)] == ["a1", "a2", "a3"]
    assert t.drift == ()


def test_threads_that_begin_alike_take_their_chains_in_recorded_order(threads):
    t = threads(TWO)
    assert [t.play(FIRST, "t1"), t.play(FIRST, "t2"), t.play("Where is my order, please?", "t3")] == ["a1", "b1", "c1"]
    assert t.play(SECOND, "t1") == "a2"


def test_equal_beginnings_are_noted_when_they_are_loaded(scenario):
    assert scenario(TWO).notes == [
        'file.yaml:6: turns[2]: the chains "a", "b" begin alike: threads that begin so take them in this order'
    ]


def test_messages_are_compared_as_matchers_compare_them(threads):
    t = threads(TWO)
    assert (t.play(f"  {FIRST}\n"), t.kinds()) == ("a1", [])


def test_a_message_that_is_nearly_the_recorded_one_is_answered_and_reported(threads):
    t = threads(TWO)
    assert t.play("I want my money back!") == "a1"
    assert t.drift == [
        {
            "kind": "message", "path": "$", "recorded": FIRST, "got": "I want my money back!", "turn": "a1",
            "place": "file.yaml:4: turns[0]", "strict": False, "change": "changed",
        }
    ]  # fmt: skip
    assert (t.play("it was  broken"), t.kinds()) == ("a2", ["message"])
    assert (t.play("Something else"), t.kinds()) == (None, ["order"])


def test_a_thread_that_skips_a_turn_goes_on_behind_it(threads):
    t = threads(TWO)
    t.play(FIRST)
    assert t.play(THIRD) == "a3"
    (line,) = t.drift
    assert (line["kind"], line["turn"], line["recorded"]) == ("order", "a3", 'turn 2 of the chain "a" (a2)')
    assert line["got"] == 'turn 3 of the chain "a" (a3) was played, which skips 1 turn'


def test_a_thread_that_repeats_a_turn_stays_where_it_is(threads):
    t = threads(TWO)
    t.play(FIRST)
    t.play(SECOND)
    assert t.play(SECOND) == "a2"
    (line,) = t.drift
    assert (line["kind"], line["recorded"]) == ("order", 'turn 3 of the chain "a" (a3)')
    assert line["got"] == 'turn 2 of the chain "a" (a2) was played, which comes earlier'
    assert (t.play(THIRD), t.kinds()) == ("a3", [])


def test_the_end_of_a_chain_of_one_turn_is_that_of_one(threads):
    t = threads("turns: [{name: one, chain: c, when: {message: Hello}, steps: []}]")
    t.play("Hello")
    t.play("More")
    assert [line["recorded"] for line in t.drift] == ['the end of the chain "c", which has 1 turn']


def test_the_exact_turn_comes_before_one_that_is_only_like_it(threads):
    t = threads(
        """
        turns:
        - {name: one, chain: a, when: {message: Tell me about order 1}, steps: []}
        - {name: two, chain: a, when: {message: Tell me about order 2}, steps: []}
        - {name: three, chain: a, when: {message: Tell me about order 3}, steps: []}
        - {name: other, chain: b, when: {message: Tell me about order 4}, steps: []}
        """
    )
    assert (t.play("Tell me about order 1"), t.kinds()) == ("one", [])
    assert (t.play("Tell me about order 3"), t.kinds()) == ("three", ["order"])
    assert (t.play("Tell me about order 1", "t2"), t.kinds()) == ("one", ["order"])
    assert (t.play("Tell me about order 5", "t3"), t.kinds()) == ("other", ["message"])  # the one that is free


def test_where_all_chains_of_a_beginning_are_taken_the_first_is_played_again(threads):
    t = threads(TWO)
    assert [t.play(FIRST, f"t{n}") for n in range(4)] == ["a1", "b1", "a1", "a1"]
    (line,) = t.drift
    assert (line["kind"], line["recorded"]) == ("order", "2 threads that begin so")
    assert line["got"] == 'one more: turn 1 of the chain "a" (a1) again'
    assert t.play(SECOND, "t3") == "a2"


def test_a_run_behind_the_end_is_answered_by_turns_without_a_chain(threads):
    t = threads(f"{TWO}- {{name: rest, steps: []}}\n")
    assert (t.play("Hello", "t2"), t.kinds()) == ("rest", [])
    assert [t.play(message) for message in (FIRST, SECOND, THIRD, "More")] == ["a1", "a2", "a3", "rest"]
    (line,) = t.drift
    assert (line["kind"], line["got"]) == ("order", 'another run: "More"')
    assert line["recorded"] == 'the end of the chain "a", which has 3 turns'


def test_a_run_that_nothing_answers_is_unmatched_and_names_the_turn_that_was_due(threads):
    t = threads(TWO)
    t.play(FIRST)
    assert t.play("What is the weather like?") is None
    assert [line["kind"] for line in t.drift] == ["order"]
    assert t.error.near[0]["turn"] == "a2"
    assert (t.play(SECOND), t.kinds()) == ("a2", [])  # it is still due


def test_strict_scenarios_play_nothing_but_what_was_recorded(threads):
    t = threads(f"recording: {{drift: strict}}\n{TWO.lstrip()}- {{name: rest, steps: []}}\n")
    assert t.play("I want my money back!") == "rest"  # no chain begins so
    assert t.play(FIRST, "t2") == "a1"
    assert t.play(THIRD, "t2") is None
    assert ([line["strict"] for line in t.drift], t.error.is_final) == ([True], True)
    assert t.play(SECOND, "t2") == "a2"
    t.play(THIRD, "t2")
    assert t.play("More", "t2") is None
    assert "the end of the chain" in t.error.message


def test_a_strict_chain_that_another_thread_has_taken_is_named(threads):
    t = threads(f"recording: {{drift: strict}}\n{TWO.lstrip()}")
    assert [t.play(FIRST, f"t{n}") for n in range(3)] == ["a1", "b1", None]
    assert "a1: chain expected one that no thread has taken, got its chain was taken by another thread" in str(t.error)


def test_a_turn_with_a_priority_is_played_in_place_of_a_recorded_one(threads):
    t = threads(f"{TWO}- {{name: mine, priority: 1, when: {{message: It was broken.}}, steps: []}}\n")
    assert [t.play(message) for message in (FIRST, SECOND, THIRD)] == ["a1", "mine", "a3"]
    assert t.drift == ()
    assert t.left() == []


def test_conditions_beside_the_message_decide_too(threads):
    t = threads(
        """
        turns:
        - {name: old, chain: a, when: {message: hello, model: gpt-3}, steps: []}
        - {name: new, chain: b, when: {message: hello, model: gpt-4o}, steps: []}
        - {name: pattern, chain: c, when: {message: {regex: 'order \\d+'}}, steps: []}
        - {name: any, chain: c, steps: []}
        """
    )
    assert t.play("hello", "t1") == "new"
    assert t.play("hello", "t2", model="gpt-3") == "old"
    assert [t.play("my order 12", "t3"), t.play("whatever", "t3")] == ["pattern", "any"]
    assert t.kinds() == []


def test_a_chain_that_does_not_know_its_message_comes_behind_those_that_do(threads):
    t = threads("turns: [{name: any, chain: a, steps: []}, {name: b1, chain: b, when: {message: hello}, steps: []}]")
    assert [t.play("hello", "t1"), t.play("something", "t2")] == ["b1", "any"]


def test_a_copy_of_a_thread_goes_on_from_where_it_was_copied(threads):
    t = threads(TWO)
    for message in (FIRST, SECOND, THIRD):
        t.play(message)
    t.scopes["thread:t2/test/chain"] = t.scopes["thread:t1/test/chain"]
    t.runs["t2"] = 1
    assert (t.play(SECOND, "t2"), t.kinds()) == ("a2", [])


def test_a_thread_that_is_there_already_goes_on_in_its_chain(threads):
    t = threads(
        f"chains: {{a: {{thread: thread_abc}}, c: {{thread: old, after: 2}}}}\n"
        f"fixtures: {{threads: {{old: {{id: thread_old}}}}}}\n{TWO.lstrip()}"
    )
    t.runs |= {"thread_abc": 1, "thread_old": 2}
    assert (t.play(SECOND, "thread_abc"), t.kinds()) == ("a2", [])
    assert (t.play("Where is my order, please?", "thread_old"), t.kinds()) == ("c1", [])
    assert t.play(FIRST, "t1") == "a1"  # nobody has taken it


def test_a_thread_keeps_its_place_when_scripts_are_loaded_again(threads, scenario):
    t = threads(TWO)
    t.play(FIRST)
    t.backend = scenario(TWO.replace("name: a2", "name: second")).backend
    assert t.play(SECOND) == "second"
    t.backend = scenario("turns: [{name: d1, chain: d, when: {message: hello}, steps: []}]").backend
    assert t.play("hello") == "d1"  # its chain is gone


def test_what_was_begun_and_not_played_is_left(threads):
    t = threads(TWO)
    t.play(FIRST)
    t.play("Where is my order, please?", "t2")
    (line,) = t.left()
    assert (line["kind"], line["recorded"]) == ("order", 'turn 2 of the chain "a" (a2)')
    assert line["got"] == "it was not played on t1, nor was the next one"
    assert (line["turn"], line["place"]) == ("a2", "file.yaml:5: turns[1]")
    t.play(SECOND)
    t.play(THIRD)
    assert t.left() == []
    assert not any(key.startswith(f"{BEGUN}/") for key in t.scopes)


def test_of_several_recordings_the_older_is_played_first(view):
    from emulator.domain.ports import ScriptSource
    from scripted_models import load

    def recorded(name, at):
        header = f"recording: {{recorded_at: '{at}'}}\n" if at else ""
        turn = f"{{name: {name}, chain: c, when: {{message: Hello}}, steps: [{{say: x}}]}}"
        return ScriptSource(f"{name}.yaml", f"emulator: 1\nname: {name}\n{header}turns: [{turn}]\n")

    later, earlier = recorded("b", "2024-05-02T10:00:09Z"), recorded("a", "2024-05-02T10:00:01Z")
    t = Threads(load([later, earlier]), view)
    assert [t.play("Hello", thread) for thread in ("t1", "t2")] == ["a", "b"]
    t = Threads(load([later, recorded("a", None)]), view)  # where one does not say when, the order of the files
    assert [t.play("Hello", thread) for thread in ("t1", "t2")] == ["b", "a"]


def test_chains_of_several_scenarios_stand_beside_each_other(view):
    from emulator.domain.ports import ScriptSource
    from scripted_models import load

    def source(name, drift, *turns):
        return ScriptSource(
            f"{name}.yaml", f"emulator: 1\nname: {name}\nrecording: {{drift: {drift}}}\nturns:\n" + "\n".join(turns)
        )

    loaded = load(
        [
            source("x", "strict", "- {name: x1, chain: a, when: {message: hello}, steps: []}"),
            source("y", "lenient", "- {name: y1, chain: a, when: {message: hello}, steps: []}"),
        ]
    )
    t = Threads(loaded, view)
    assert [t.play("hello", f"t{n}") for n in range(3)] == ["x1", "y1", "y1"]
    assert (t.play("hello?!", "t9"), t.kinds()) == (None, [])


@pytest.mark.parametrize(
    "text,line,problem",
    [
        ("turns: [{chain: a, priority: 1, steps: []}]", 3, "turns[0].priority: a turn of a chain has no priority"),
        (
            "turns: [{chain: a, uses: 1, steps: []}]",
            3,
            "turns[0].uses: a turn of a chain is played once in each thread",
        ),
        ("chains: {b: {}}\nturns: [{chain: a, steps: []}]", 3, "chains.b: no turn has this chain"),
        ("chains: {a: {thread: x}}\nturns: [{chain: a, steps: []}]", 3, 'chains.a.thread: no thread "x" among'),
        ("chains: {a: {after: -1}}\nturns: [{chain: a, steps: []}]", 3, "chains.a.after: has to be at least 0"),
    ],
)
def test_what_chains_cannot_be_is_refused(problems, text, line, problem):
    (found,) = problems(text)
    assert found.startswith(f"file.yaml:{line}: {problem}")


def test_a_turn_of_a_chain_may_have_to_be_played(scenario):
    loaded = scenario("turns: [{name: x, chain: a, uses: {min: 1}, steps: []}]")
    assert loaded.turns == [
        {"name": "x", "script": "test", "key": "test/x", "uses": {"min": 1, "max": None}, "chain": "a"}
    ]


def test_turns_of_chains_shadow_none_and_are_not_shadowed(linted):
    assert linted("turns: [{name: a, steps: []}, {chain: b, steps: []}, {chain: b, steps: []}]") == []


def test_how_many_chains_are_taken_is_kept_for_each_beginning(threads):
    t = threads(TWO)
    t.play(FIRST, "t1")
    t.play(FIRST, "t2")
    ((key, row),) = [(key, row) for key, row in t.scopes.items() if key.startswith(f"{CHAINS}/test/")]
    assert row == {"taken": 2}
    assert t.backend.memory_keys(t.view("Where is my order, please?", "t3")) != [key]
    assert list(t.backend.memory_keys(t.view(FIRST, "t3"))).count(key) == 1
    assert t.backend.memory_keys(t.view(SECOND, "t1")) == []


def test_wrappers_remember_for_what_they_wrap(scenario, view):
    t = Threads(scenario(TWO), view)
    t.backend = Slow(t.backend)
    assert [t.play(FIRST), t.play(FIRST, "t2"), t.play(SECOND)] == ["a1", "b1", "a2"]
    assert [line["turn"] for line in t.left()] == ["a3"]
    assert Slow(Echo()).memory_keys(view()) == Slow(Echo()).left({}) == ()
