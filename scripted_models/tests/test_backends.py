import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.domain.actions import Call, Calls, Fail, Outputs, Say, Wait
from emulator.domain.ports import Turn
from scripted_models import Chatty, Echo, Exercise, Flaky, Script, Slow
from scripted_models.samples import sample
from scripted_models.schema_fit import mismatch


def function(name, parameters=None):
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.mark.parametrize(
    "message,answer", [("hi", "hi"), ("", "There is no text to repeat."), (None, "There is no text to repeat.")]
)
def test_echo_repeats_the_user(view, message, answer):
    assert Echo().turn(view(message)) == [Say(answer)]


def test_exercise_calls_every_function_once_and_sums_up(view, engine):
    tools = (
        function("a", {"type": "object", "properties": {"x": {"type": "integer"}}}),
        {"type": "file_search"},
        function("b"),
    )
    engine.outputs = {"a": "one", "b": "t" * 300}
    played = engine.play(Turn(Exercise().turn(view(tools=tools))))
    assert played[0] == Calls(Call("a", {"x": 1}), Call("b", {}))
    assert played[1].text.splitlines() == ["Called 2 functions.", "- a: one", "- b: " + "t" * 199 + "…"]


def test_exercise_calls_one_by_one_where_it_has_to(view, engine):
    tools = (function("a"), function("b"))
    played = engine.play(Turn(Exercise().turn(view(tools=tools, parallel_tool_calls=False))))
    assert played[:2] == [Calls(Call("a")), Calls(Call("b"))]


@pytest.mark.parametrize(
    "choice,called", [("none", []), ("required", ["a", "b"]), ({"type": "function", "function": {"name": "b"}}, ["b"])]
)
def test_exercise_respects_the_choice_of_tools(view, engine, choice, called):
    played = engine.play(Turn(Exercise().turn(view(tools=(function("a"), function("b")), tool_choice=choice))))
    assert [call.name for action in played if isinstance(action, Calls) for call in action.calls] == called


TREE = {
    "type": "object",
    "properties": {"next": {"$ref": "#"}, "value": {"type": "integer"}},
    "required": ["next", "value"],
}


@pytest.mark.parametrize(
    "schema",
    [
        {
            "type": "object",
            "properties": {"a": {"enum": ["x", "y"]}, "b": {"const": 3}, "c": {"type": "boolean"}},
            "required": ["a", "b", "c"],
        },
        {"type": "object", "properties": {"n": {"type": "integer", "minimum": 5, "maximum": 7}}, "required": ["n"]},
        {
            "type": "object",
            "properties": {"n": {"type": "integer", "exclusiveMinimum": 1, "maximum": 2}},
            "required": ["n"],
        },
        {
            "type": "object",
            "properties": {"n": {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 1.5}},
            "required": ["n"],
        },
        {"type": "object", "properties": {"n": {"type": "number", "maximum": -3.5}}, "required": ["n"]},
        {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 7, "minimum": 8}}, "required": ["n"]},
        {"type": "object", "properties": {"s": {"type": "string", "minLength": 9, "maxLength": 9}}, "required": ["s"]},
        {"type": "object", "properties": {"s": {"type": "string", "maxLength": 2}}, "required": ["s"]},
        {"type": "object", "properties": {"s": {"type": "string", "pattern": "^[A-Z]+$"}}, "required": ["s"]},
        {
            "type": "object",
            "properties": {"l": {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True}},
            "required": ["l"],
        },
        {"type": "object", "properties": {"l": {"type": "array", "maxItems": 0}}, "required": ["l"]},
        {
            "type": "object",
            "properties": {"l": {"type": "array", "prefixItems": [{"type": "integer"}], "items": False}},
            "required": ["l"],
        },
        {
            "type": "object",
            "properties": {"d": {"type": "string", "format": "date-time"}, "e": {"type": ["null", "string"]}},
            "required": ["d", "e"],
        },
        {
            "$defs": {"p": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
            "type": "object",
            "properties": {"p": {"$ref": "#/$defs/p"}},
            "required": ["p"],
        },
        {
            "type": "object",
            "properties": {
                "u": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
                "o": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            },
            "required": ["u", "o"],
        },
        {
            "type": "object",
            "allOf": [
                {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {"type": "string"}}, "required": ["b"]},
            ],
        },
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
        {"type": "object", "required": ["undescribed"]},
        {"properties": {"a": {"properties": {"b": {"items": {"type": "string"}}}}}},
        {
            "type": "object",
            "properties": {"tree": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}},
            "$defs": {
                "n": {
                    "type": "object",
                    "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/n"}}},
                    "required": ["kids"],
                }
            },
        },
        {"type": "object", "properties": {"a": {"type": "string", "default": "d", "enum": ["c", "d"]}}},
        {},
    ],
)
def test_made_arguments_fit_their_schema(schema):
    import jsonschema

    value = sample(schema)
    jsonschema.Draft202012Validator(schema).validate(value)
    assert mismatch(value, schema) is None
    assert value == sample(schema)


@pytest.mark.parametrize(
    "schema",
    [
        TREE,
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$ref": "https://example.com/other.json"},
        {"allOf": [{"$ref": "#"}]},
        {"type": "object", "properties": {"a": True, "b": None, "c": 3}},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}},
        {"type": "object", "properties": {"a": {"type": "array", "minItems": 10**9, "items": {}}}},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 10**9}}},
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": 5, "maximum": 1}}},
        {"type": "object", "properties": {"a": {"enum": []}, "b": {"anyOf": []}}},
        {"type": "nonsense"},
        {"type": "array", "items": {"type": "string"}},
        None,
        True,
        [],
    ],
)
def test_a_nasty_schema_still_gives_arguments(schema):
    json.dumps(sample(schema))


KEYS = st.sampled_from(
    ["type", "properties", "items", "enum", "anyOf", "allOf", "$ref", "minimum", "required", "minItems", "default"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["object", "array", "string", "integer", "#", "#/properties/a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(st.sampled_from("ab"), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_no_schema_whatever_breaks_exercise(schema):
    json.dumps(sample(schema))


@pytest.fixture
def script():
    inner = Script("inner")

    @inner.turn()
    def turn(t):
        out = yield Call("f")
        yield Say(out["f"])

    return inner


def test_slow_lets_time_pass_before_each_action(view, engine, script):
    turn = Slow(script, 3).turn(view())
    assert (turn.key, turn.scope) == ("inner/turn", "thread:thread_1/inner")
    assert engine.play(turn) == [Wait(3), Call("f"), Wait(3), Say("ok")]


def test_chatty_talks_before_it_uses_a_tool(view, engine, script):
    assert engine.play(Chatty(script, "Wait…").turn(view())) == [Say("Wait…"), Call("f"), Say("ok")]


def test_flaky_fails_a_share_of_runs_and_the_same_ones_each_time(view, engine, script):
    def failed(seed):
        flaky = Flaky(script, 0.5, seed=seed)
        return [isinstance(next(flaky.turn(view(turn=n)).actions), Fail) for n in range(1, 101)]

    assert failed(1) == failed(1) != failed(2)
    assert 30 < sum(failed(1)) < 70
    assert not any(isinstance(next(Flaky(script, 0).turn(view(turn=n)).actions), Fail) for n in range(9))


def test_wrappers_wrap_backends_of_every_kind(view, engine):
    assert engine.play(Slow(Echo(), 1).turn(view("x"))) == [Wait(1), Say("x")]
    tools = (function("a"),)
    turn = Chatty(Slow(Exercise(), 1), "hm").turn(view(tools=tools))
    actions = turn.actions
    assert [next(actions), actions.send(None), actions.send(None)] == [Wait(1), Say("hm"), Calls(Call("a"))]
    assert isinstance(actions.send(Outputs({"a": "1"})), Wait)
