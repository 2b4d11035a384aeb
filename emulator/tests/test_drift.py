"""Drift: differences by JSON path, in lines that stay short, whatever was recorded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain import drift
from emulator.domain.drift import ABSENT, Drift, differences, distinct, drifts, failure_of, text_of, texts
from emulator.domain.replay import distilled

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


def found(recorded, got):
    return [tuple(one) for one in differences(json.dumps(recorded), json.dumps(got))]


def canonical(value):
    """Return a value in which only what JSON tells apart is different in Python."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, dict):
        return {name: canonical(item) for name, item in value.items()}
    return [canonical(item) for item in value] if isinstance(value, list) else value


@given(JSON, JSON)
def test_there_is_no_difference_exactly_where_both_are_equal_as_json(one, other):
    assert (found(one, other) == []) == (canonical(one) == canonical(other))
    assert found(one, one) == []


@given(JSON, JSON)
def test_every_line_can_be_written_and_is_short(one, other):
    for line in drifts("tool_output", differences(json.dumps(one), json.dumps(other)), turn="t"):
        json.dumps(line.to_json()).encode()
        assert len(text_of(line.to_json())) < 2_000


@given(st.text(), st.text())
def test_texts_differ_exactly_where_they_are_not_equal(one, other):
    assert (differences(f"-{one}", f"-{other}") == []) == (one == other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("1", "1.0"),
        ("[1e2]", "[100]"),
        ('{"a": 1, "b": [true, null]}', '{ "b":[true,null],"a":1 }'),
        ('"\\u00fc"', '"ü"'),
        ("-0.0", "0"),
    ],
)
def test_spelling_is_no_difference(one, other):
    assert differences(one, other) == []


@pytest.mark.parametrize("one, other", [(True, 1), (False, 0), (None, 0), ("", None), ([], {}), ("1", 1), (0, "")])
def test_values_of_different_types_differ(one, other):
    assert found(one, other) == [("$", one, other)]


def test_a_difference_has_the_path_of_what_differs():
    recorded = {"items": [{"price": 12.5, "name": "tea"}], "currency": "EUR"}
    assert found(recorded, {"items": [{"price": 14, "name": "tea"}], "currency": "EUR"}) == [
        ("$.items[0].price", 12.5, 14)
    ]


def test_fields_are_added_and_missing():
    assert found({"a": 1, "b": None}, {"a": 1, "c": 2}) == [("$.b", None, ABSENT), ("$.c", ABSENT, 2)]


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ([1, 2, 3], [1, 5, 3], [("$[1]", 2, 5)]),
        ([1, 2, 3], [1, 3], [("$[1]", 2, ABSENT)]),
        ([1, 3], [1, 2, 3], [("$[1]", ABSENT, 2)]),
        ([1, 2], [0, 1, 2], [("$[0]", ABSENT, 0)]),
        ([1, 2], [1, 2, 3], [("$[2]", ABSENT, 3)]),
        ([], [1], [("$[0]", ABSENT, 1)]),
        ([1, 1], [1], [("$[1]", 1, ABSENT)]),
        ([{"a": 1}, 9], [{"a": 2}, 9, 10], [("$[0].a", 1, 2), ("$[2]", ABSENT, 10)]),
    ],
)
def test_an_item_more_or_less_is_one_difference(one, other, expected):
    assert found(one, other) == expected


def test_names_that_are_no_words_are_quoted():
    assert [path for path, *_ in found({"a b": 1, "it's": 2, "": 3, "ü\n": 4}, {})] == [
        "$['a b']",
        "$['it\\'s']",
        "$['']",
        "$['\\u00fc\\n']",
    ]


@pytest.mark.parametrize("text", ["sun", '{"a": 1', "", "NaN", "[Infinity]", "[" * 100_000, "9" * 5_000])
def test_what_is_no_json_is_compared_as_a_text(text):
    assert differences(text, text) == []
    assert [one.path for one in differences(text, "1")] == ["$"]


def test_values_are_compared_however_deeply_they_are_nested():
    deep = "[" * 500 + "{}" + "]" * 500
    assert differences(deep, deep.replace("{}", "{ }")) == []
    ((path, recorded, got),) = differences(deep, deep.replace("{}", "1"))
    assert (path, recorded, got) == ("$" + "[0]" * 500, {}, 1)


# --- lines ------------------------------------------------------------------------------------------------------------


def test_long_texts_are_shown_where_they_begin_to_differ():
    (line,) = drifts("tool_output", differences("-" + "a" * 5_000 + "old" + "z" * 500, "-" + "a" * 5_000 + "new"))
    assert line.recorded.startswith("…aaa")
    assert line.recorded.endswith("z…")
    assert line.recorded[41:44] == "old"
    assert line.got[41:] == "new"


def test_the_beginning_of_a_long_value_is_shown_as_it_is():
    tool = {"type": "function", "function": {"name": "find_order", "description": "Finds it. " * 40}}
    (line,) = drifts("tools", [drift.Difference("$.tools[find_order]", tool, ABSENT)])
    assert ': recorded {"type":"function","function":{"name":"find_order",' in text_of(line.to_json())
    (said,) = drifts("tool_output", [drift.Difference("$", "[sic] " * 100, "no")])
    assert "recorded [sic] [sic]" in text_of(said.to_json())
    (text,) = drifts("tool_output", [drift.Difference("$", 'a "quoted" word ' * 100, "no")])
    assert r'recorded "a \"quoted\" word' in text_of(text.to_json())


def test_long_values_are_cut():
    (line,) = drifts("tool_output", differences(json.dumps({"a": [1] * 1_000}), json.dumps({"a": 1})))
    assert line.recorded.startswith("[1,1,1")
    assert len(line.recorded) == 161
    assert line.got == 1


def test_there_are_only_so_many_lines_and_the_rest_is_counted():
    lines = drifts("tool_output", differences(json.dumps([0] * 50), json.dumps([1] * 50)))
    assert len(lines) == drift.MOST_LINES
    assert [line.more for line in lines if line.more] == [30]
    assert text_of(lines[-1].to_json()).endswith("(30 more differences)")


def test_half_a_surrogate_pair_can_be_written():
    (line,) = drifts("tool_output", differences('{"a": "\\ud800"}', '{"a": {"\\udfff": "\\ud800"}}'))
    assert line.recorded == "\\ud800"
    json.dumps(line.to_json(), ensure_ascii=False).encode()


def test_a_line_says_kind_turn_path_values_and_place():
    (line,) = drifts(
        "tool_output", differences('{"p": 1}', '{"p": 2}'), call="price", turn="tea", place="a.yaml:3: turns[0]"
    )
    assert text_of(line.to_json()) == "tool_output of price at $.p in turn tea: recorded 1 → got 2 (a.yaml:3: turns[0])"
    assert text_of(line.to_json(), 3).endswith("(a.yaml:3: turns[0]; 3 times)")


def test_a_line_says_where_the_recording_is():
    (line,) = drifts("message", differences("a", "b"), place="a.yaml:3: turns[0]", source="a.jsonl:4")
    assert (line.to_json()["place"], line.to_json()["source"]) == ("a.yaml:3: turns[0]", "a.jsonl:4")
    assert text_of(line.to_json()).endswith("(a.yaml:3: turns[0]; recorded at a.jsonl:4)")
    assert text_of(line.to_json(), 2).endswith("(a.yaml:3: turns[0]; recorded at a.jsonl:4; 2 times)")
    (line,) = drifts("message", differences("a", "b"), place="a.yaml:3: turns[0]")
    assert "source" not in line.to_json()


def test_a_scenario_that_is_in_memory_alone_is_not_what_a_line_shows():
    place = f"{distilled('/tmp/a.jsonl')}:46: turns[0]"
    (line,) = drifts("message", differences("a", "b"), place=place, source="a.jsonl:4")
    assert text_of(line.to_json()).endswith('recorded "a" → got "b" (a.jsonl:4)')
    assert line.place == place
    (line,) = drifts("message", differences("a", "b"), place=place)
    assert text_of(line.to_json()).endswith(f"({place})")


def test_a_line_says_what_was_not_there():
    one, other = drifts("tool_output", differences('{"a": 1}', '{"b": null}'))
    assert (one.change, other.change) == ("missing", "added")
    assert text_of(one.to_json()).endswith("recorded 1 → got nothing")
    assert text_of(other.to_json()).endswith("recorded nothing → got null")


def test_what_could_steer_a_terminal_is_written_as_an_escape():
    (line,) = drifts("message", differences("a\x1b[2J\n", "b"), turn="\x1b]0;", place="\x07")
    assert text_of(line.to_json()).isprintable()


def test_lines_that_say_the_same_are_one_with_a_count():
    lines = [Drift("instructions", "$", "a", "b", turn=name).to_json() for name in ("x", "y", "z")]
    lines.append(Drift("instructions", "$", "a", "b", turn="x", source="a.jsonl:4").to_json())
    lines.append(Drift("instructions", "$", "a", "c", turn="x").to_json())
    assert [(line["turn"], times) for line, times in distinct(lines)] == [("x", 4), ("x", 1)]
    assert len(texts(lines)) == 2


def test_a_run_that_fails_names_the_first_line_and_counts_the_others():
    lines = drifts("tool_output", differences("[1, 2, 3]", "[4, 5, 6]"), call="f", turn="t")
    assert failure_of(lines) == (
        "[emulator] drift: tool_output of f at $[0] in turn t: recorded 1 → got 4 (2 more differences)"
    )


def test_lines_of_earlier_versions_can_be_read():
    line = drift.of_line({"what": "tool_output", "call": "f", "recorded": "old", "got": "new"})
    assert text_of(line) == 'tool_output of f at $: recorded "old" → got "new"'
