import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.actions import (
    AllUsed,
    Call,
    Calls,
    Check,
    CodeResult,
    Expire,
    Fail,
    Goto,
    Hits,
    Hold,
    Incomplete,
    Outputs,
    Refuse,
    Remember,
    RunCode,
    Said,
    Say,
    SearchFiles,
    Stream,
    Used,
    UseTool,
    UseTools,
    Wait,
    from_json,
    to_json,
)  # fmt: skip
from emulator.tools.function import by_keys

texts = st.text(max_size=12)
names = st.sampled_from(["is", "a", "lookup", "Say", "mapping"]) | st.text(min_size=1, max_size=6)
numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(names, plain, max_size=3)
streams = st.builds(
    Stream,
    st.sampled_from(["word", "char", "whole"]) | st.integers(1, 9) | st.lists(texts, max_size=3).map(tuple),
    st.floats(0, 5),
    st.none() | st.floats(1, 90),
)
maybe = st.none() | texts
pictures = st.lists(texts, max_size=2).map(tuple)
records = st.lists(mappings, max_size=2).map(tuple)
calls = st.builds(Call, texts, mappings | texts, maybe, maybe, maybe, st.none() | streams)
uses = st.builds(UseTool, st.just("mcp"), plain, plain, maybe, st.none() | streams, maybe, mappings)
values = st.one_of(
    st.builds(Say, texts, pictures, records, st.none() | streams),
    st.builds(Refuse, texts, st.none() | streams),
    calls,
    st.lists(calls, min_size=1, max_size=3).map(lambda given: Calls(*given)),
    st.builds(RunCode, texts, maybe, pictures, st.booleans(), texts, st.none() | streams),
    st.builds(SearchFiles, texts, st.just("auto") | records, st.none() | st.integers(1, 9), texts),
    st.builds(UseTool, texts, plain, plain, maybe, st.none() | streams, maybe, mappings, st.none() | st.booleans()),
    st.builds(Fail, texts, texts, st.lists(calls, max_size=2).map(tuple)),
    st.builds(Incomplete, texts),
    st.builds(Expire, now=st.booleans()),
    st.builds(Wait, st.floats(0, 1e6)),
    st.builds(Hold, texts),
    st.builds(Check, st.booleans(), texts),
    st.builds(Remember, mappings),
    st.builds(Goto, texts),
    st.builds(Said, texts, texts),
    st.builds(Outputs, st.dictionaries(names, texts, max_size=3)),
    st.builds(CodeResult, texts, pictures, st.lists(st.dictionaries(names, texts, max_size=2), max_size=2).map(tuple)),
    st.builds(Hits, records),
    st.lists(uses, min_size=1, max_size=3).map(lambda given: UseTools(*given)),
    st.builds(Used, plain, st.booleans()),
    st.lists(st.builds(Used, plain), max_size=3).map(lambda given: AllUsed(tuple(given))),
    st.none(),
)


@given(values)
def test_every_action_and_result_survives_its_own_json(value):
    assert from_json(to_json(value)) == value


@given(values)
def test_every_action_and_result_survives_the_json_of_a_file(value):
    assert from_json(orjson.loads(orjson.dumps(to_json(value)))) == value


def test_the_kind_stands_beside_the_fields():
    assert to_json(Hold("gate")) == {"is": "Hold", "name": "gate"}


def test_arguments_are_compact_json_in_the_order_given_and_texts_as_they_are():
    assert Call("f", {"b": [1, 2], "a": "ü"}).arguments == '{"b":[1,2],"a":"ü"}'
    assert Call("f", '{"b" : 1}').arguments == '{"b" : 1}'
    assert json.loads(Call("f").arguments) == {}


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        0,
        [],
        [1, [2, {"is": "Say"}]],
        {"is": "Say", "text": "no action"},
        {"is": "mapping", "of": [1]},
        {"is": None},
        {"in": {"is": "Hold", "name": "x"}, "and": [{"is": "mapping"}]},
    ],
)
def test_what_a_tool_is_asked_and_answers_comes_back_as_it_was_whatever_is_in_it(data):
    for value in (UseTool("weather_map", data, data), Used(data)):
        assert from_json(orjson.loads(orjson.dumps(to_json(value)))) == value


def test_what_a_tool_is_asked_is_shown_as_compact_json_and_a_text_as_it_is():
    assert UseTool("x", {"b": [1, 2], "a": "ü"}).text == '{"b":[1,2],"a":"ü"}'
    assert UseTool("x", "so: {").text == "so: {"
    assert [UseTool("x", value).text for value in (None, [], 0, False, "")] == ["{}", "[]", "0", "false", ""]


def test_an_output_is_found_under_the_name_it_was_given():
    assert (Call("f").key, Call("f", as_="first").key) == ("f", "first")
    assert (UseTool("f").key, UseTool("f", as_="first").key) == ("f", "first")
    assert (UseTool("f", name="g").key, UseTool("f", as_="first", name="g").key) == ("g", "first")


def test_outputs_are_a_mapping_that_reads_json_where_it_is_json():
    outputs = Outputs({"a": '{"n": 1}', "b": "plain {"})
    assert (list(outputs), len(outputs), outputs["b"]) == (["a", "b"], 2, "plain {")
    assert (outputs.data("a"), outputs.data("b")) == ({"n": 1}, "plain {")


def test_a_turn_of_no_calls_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Calls()
    with pytest.raises(ValueError, match="at least one"):
        UseTools()
    with pytest.raises(ValueError, match="all of one kind"):
        UseTools(UseTool("mcp"), UseTool("bing_grounding"))
    for calls in ((UseTool("mcp"), UseTool("openapi")), (Call("f"), UseTool("mcp"))):
        with pytest.raises(ValueError, match="all of one kind"):
            Fail(calls=calls)


def test_outputs_of_calls_that_are_made_together_are_found_by_numbers():
    calls = (Call("f"), Call("g"), Call("f"))
    outputs = by_keys(calls, ["1", "2", "3"], {"1": "a", "2": "b", "3": "c"})
    assert dict(outputs) == {"f": "a", "g": "b", "f_2": "c"}
