import asyncio
import sys
import types

import pytest

from emulator.domain.actions import Call, Calls, Fail, Goto, Outputs, Remember, Say
from emulator.domain.ports import UnmatchedError, Usage
from scripted_models import Echo, Script, ScriptSource, Together, load


@pytest.fixture
def script():
    return Script("courses", states=["start", "done"])


def test_a_generator_is_played_with_the_results_of_its_actions(script, engine, view):
    @script.turn(message={"regex": r"(?P<a>\S+) or (?P<b>\S+)\?"})
    def compare(t):
        out = yield Calls(Call("count", {"of": t.match["a"]}, "a"), Call("count", {"of": t.match["b"]}, "b"))
        yield Say(f"{out.data('a')[0]} and {out['b']} and {t.outputs['b']}")

    engine.outputs = {"a": "[1]", "b": "two"}
    turn = script.turn(view("tea or milk?"))
    assert (turn.name, turn.key, turn.scope) == ("compare", "courses/compare", "thread:thread_1/courses")
    assert engine.play(turn)[1] == Say("1 and two and two")


@pytest.mark.parametrize(
    "kind", ["one", "list", "generator", "nested", "async generator", "async", "returned", "no argument"]
)
def test_a_turn_may_be_a_function_of_any_kind(script, engine, view, kind):
    def plain(t):
        yield Say("a")
        yield Say("b")

    async def async_generator(t):
        yield Say("a")
        yield Say("b")

    async def coroutine(t):
        return [Say("a"), Say("b")]

    def nested(t):
        yield [Say("a")]
        yield (one for one in [Say("b")])

    def returned(t):
        yield Say("a")
        return [Say("b")]

    kinds = {
        "one": lambda t: Say("a"),
        "list": lambda t: [Say("a"), Say("b")],
        "generator": plain,
        "nested": nested,
        "async generator": async_generator,
        "async": coroutine,
        "returned": returned,
        "no argument": lambda: [Say("a"), Say("b")],
    }
    script.turn(name="x")(kinds[kind])
    assert engine.play(script.turn(view())) == [Say("a"), Say("b")][: 1 if kind == "one" else 2]


def test_the_parentheses_of_a_turn_may_be_left_out(script, engine, view):
    @script.turn
    def always(t):
        return Say("here")

    assert engine.play(script.turn(view())) == [Say("here")]


def test_an_async_turn_gets_results_too(script, engine, view):
    @script.turn()
    async def ask(t):
        out = yield Call("f")
        yield Say(out["f"])

    engine.outputs = {"f": "answer"}
    assert engine.play(script.turn(view()))[1] == Say("answer")


def test_waiting_for_the_outside_fails_the_run(script, engine, view):
    @script.turn()
    async def sleepy(t):
        await asyncio.sleep(0)
        yield Say("never")

    played = engine.play(script.turn(view()))
    assert "yield Wait" in played[0].message


@pytest.mark.parametrize(
    "function", [lambda t: 3, lambda t: dict[str, str]()["x"], lambda t: "text", lambda t: [Say("a"), 7]]
)
def test_a_mistake_in_a_turn_fails_the_run_and_says_where(script, engine, view, function):
    script.turn(name="bad")(function)
    last = engine.play(script.turn(view()))[-1]
    assert isinstance(last, Fail)
    assert last.message.startswith("[emulator] ")
    assert "courses/bad: " in last.message


def test_turns_are_chosen_as_in_a_scenario(script, engine, view):
    @script.turn(uses=1, state="start", goto="done", usage=Usage(1, 2))
    def first(t):
        yield Remember({"who": t.message})
        yield Say(t.vars["who"])

    @script.turn(state="done", priority=3)
    def second(t):
        yield Say(f"{t.vars['who']} {t.turn} {t.now} {t.state} {t.assistant['name']}")

    turn = script.turn(view("ann"))
    assert turn.usage == Usage(1, 2)
    assert engine.play(turn) == [Remember({"who": "ann"}), Say("ann"), Goto("done")]
    assert engine.play(script.turn(view("bob", turn=2, now=9, memory=engine.memory))) == [Say("ann 2 9 done Boss")]
    engine.scopes.clear()
    with pytest.raises(UnmatchedError, match="first: uses"):
        script.turn(view("bob", memory=engine.memory))


@pytest.mark.parametrize(
    "conditions,message",
    [
        ({"mesage": "a"}, "unknown key"),
        ({"message": {"regex": "("}}, "message.regex: not a regular expression"),
        ({"uses": 0}, "uses: "),
        ({"turn": {"min": 3, "max": 1}}, "turn: min is greater"),
        ({"state": "nowhere"}, "unknown state"),
        ({"goto": "nowhere"}, "unknown state"),
    ],
)
def test_a_wrong_turn_is_refused_where_it_is_written(script, conditions, message):
    with pytest.raises(ValueError, match=message):
        script.turn(**conditions)(lambda t: None)


def test_citations_work_as_in_templates(script, engine, view):
    from emulator.domain.actions import SearchFiles

    @script.turn()
    def cite(t):
        hits = yield SearchFiles("q")
        yield Say(f"See {t.cite(hits.results[0])}")

    engine.hits = ({"file_id": "file-1", "file_name": "a.txt"},)
    message = engine.play(script.turn(view()))[1]
    assert message.annotations[0]["file_citation"] == {"file_id": "file-1"}
    assert message.text[message.annotations[0]["start_index"] :] == "【4:0†a.txt】"


SCENARIO = """
emulator: 1
name: orders
turns:
- {name: refund, when: {message: refund}, steps: [{call: f}, {say: "paid {{ outputs.f }}"}]}
- {name: last, priority: -1, steps: [{say: rest}]}
"""


def test_a_turn_of_a_scenario_can_be_yielded_from_python(script, engine, view, tmp_path):
    from scripted_models import load_scenario

    file = tmp_path / "orders.yaml"
    file.write_text(SCENARIO)
    orders = load_scenario(file)

    @script.turn()
    def both(t):
        yield Say("first")
        yield orders["refund"]
        yield Say(f"then {t.outputs['f']}")

    assert engine.play(script.turn(view())) == [Say("first"), Call("f"), Say("paid ok"), Say("then ok")]


def test_python_can_be_called_from_a_scenario(scenario, engine, view, monkeypatch):
    module = types.ModuleType("my_turns")

    def go_on(t):
        out = yield Call("g", as_="y")
        yield Say(f"{t.outputs['x']} {out['y']} {t.vars['v']}")

    module.go_on = go_on
    monkeypatch.setitem(sys.modules, "my_turns", module)
    text = """
        turns:
        - steps:
          - {call: f, as: x}
          - set: {v: 5}
          - python: my_turns:go_on
          - say: "{{ outputs.y }}"
        """
    engine.outputs = {"x": "X", "y": "Y"}
    loaded = scenario(text, allow_python=True)
    assert engine.play(loaded.backend.turn(view()))[-2:] == [Say("X Y 5"), Say("Y")]


def test_a_python_function_that_is_not_there_fails_the_run(scenario, engine, view):
    loaded = scenario("turns: [{steps: [{python: 'no_such_module:f'}]}]", allow_python=True)
    assert "cannot be imported" in engine.play(loaded.backend.turn(view()))[0].message


def test_scripts_and_scenarios_answer_together(script, engine, view):
    @script.turn(message="courses")
    def courses(t):
        return Say("python")

    both = Together(script, load([ScriptSource("o.yaml", SCENARIO)]).backend)
    assert both.turn(view("courses")).key == "courses/courses"
    assert both.turn(view("refund")).key == "orders/refund"
    assert both.turn(view("else")).key == "orders/last"


def test_a_backend_without_turns_comes_last(script, view):
    @script.turn(message="courses")
    def courses(t):
        return Say("python")

    both = Together(Echo(), script)
    assert both.turn(view("courses")).name == "courses"
    assert both.turn(view("else")) == [Say("else")]


def test_a_run_without_a_match_is_reported_for_all_backends(script, view):
    class Picky:
        def turn(self, view):
            raise UnmatchedError("no", [{"turn": "mine", "field": "mood", "expected": "good", "got": "bad"}])

    script.turn(name="a", message="a")(lambda t: None)
    with pytest.raises(UnmatchedError, match=r"a: message .*; mine: mood"):
        Together(script, Picky()).turn(view("b"))


def test_the_rest_of_a_turn_is_closed_when_the_run_ends_early(script, view):
    closed = []

    @script.turn()
    def long(t):
        try:
            yield Call("f")
        finally:
            closed.append(True)

    turn = script.turn(view())
    assert next(turn.actions) == Call("f")
    turn.actions.close()
    assert closed == [True]


def test_the_same_log_gives_the_same_actions(script, view):
    @script.turn()
    def ask(t):
        out = yield Call("f")
        yield Say(out["f"])

    for _ in range(2):
        actions = script.turn(view()).actions
        assert [next(actions), actions.send(Outputs({"f": "1"}))] == [Call("f"), Say("1")]
