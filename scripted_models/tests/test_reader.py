import json

import pytest

from scripted_models import reader
from scripted_models.reader import read
from scripted_models.yaml_tree import UnreadableError


def data(text):
    return read("file.yaml", text).data


def test_only_true_and_false_are_booleans():
    assert data("[true, false, yes, no, on, off, True, y]") == [True, False, "yes", "no", "on", "off", "True", "y"]


def test_dates_stay_text():
    assert data("[2026-01-05, 2026-01-05T09:00:00Z, 12:30]") == ["2026-01-05", "2026-01-05T09:00:00Z", "12:30"]


def test_numbers_are_decimal_and_leading_zeros_are_text():
    assert data("[1, -2, 1.5, 1e3, 007, 0x1F, 0o7, 1_000]") == [1, -2, 1.5, 1000.0, "007", "0x1F", "0o7", "1_000"]


def test_infinite_numbers_are_text():
    assert data("[.inf, .nan, 1e999]") == [".inf", ".nan", "1e999"]


def test_quoted_scalars_are_always_text():
    assert data("['1', \"true\", 'null', ~, null]") == ["1", "true", "null", None, None]


def test_anchors_are_read():
    assert data("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    "text,line,message",
    [
        ("a: 1\nb: 2\na: 3", 3, 'duplicate key "a"'),
        ("a: 1\nb: !!python/object x", 2, "tags such as"),
        ("a: *nobody", 1, "has no anchor"),
        ("a: &x\n  b: *x", 2, "inside its own anchor"),
        ("a: 1\n1: 2", 2, "put it in quotes"),
        ("a: 1\n---\nb: 2", 2, "one document"),
        ("a: [1,\nb: }", 2, "not YAML"),
        ("a: \x07", 1, "not YAML"),
        ('{"a": 1,\n"a": 2}', 2, 'duplicate key "a"'),
    ],
)
def test_a_mistake_is_reported_with_its_line(text, line, message):
    with pytest.raises(UnreadableError) as caught:
        data(text)
    assert caught.value.line == line
    assert message in caught.value.message


def test_a_bomb_of_aliases_is_refused_at_once():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UnreadableError, match="values"):
        data("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 200 + "]" * 200, "a: " + "{a: " * 100 + "}" * 100, "- " * 100 + "x"])
def test_deep_nesting_is_refused(text):
    with pytest.raises(UnreadableError, match=r"deep|nested"):
        data(text)


def test_aliases_do_not_hide_depth():
    lines = ["a0: &a0 [" * 1 + "1]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 80)]
    with pytest.raises(UnreadableError, match="nested"):
        data("\n".join(lines))


def test_a_long_text_is_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_TEXT", 10)
    with pytest.raises(UnreadableError, match="longer than"):
        data("a: 12345678901")


def test_json_is_read_as_json_with_lines():
    document = read("file.json", json.dumps({"a": ["\U0001f600\\/", {"b": 1}]}, indent=1))
    assert document.data == {"a": ["\U0001f600\\/", {"b": 1}]}
    assert document.line(("a", 1, "b")) == 5


@pytest.mark.parametrize(
    "text, line",
    [
        ('a: 1\nb: "\\ud800"\n', 2),
        ('"\\ud800": 1\n', 1),
        ('{"a": 1,\n "b": ["\\ude00"]}', 2),
        ('{"a": 1,\n "\\ud83d": 2}', 2),
        ("a: 1\nb: [99999999999999999999]\n", 2),
        ('{"a": 1,\n "b": -9223372036854775809}', 2),
    ],
)
def test_what_no_answer_can_hold_is_refused(text, line):
    with pytest.raises(UnreadableError, match=r"not Unicode|more than 64 bits") as raised:
        read("file", text)
    assert raised.value.line == line


def test_a_line_is_that_of_the_nearest_value_above():
    document = read("file.yaml", "a:\n  - b: 1\n    c: 2\n")
    assert document.line(("a", 0, "c")) == 3
    assert document.line(("a", 0, "missing", 3)) == 2
    assert document.line(()) == 1


@pytest.mark.parametrize("text", ["a:\n  - b: 1\n", json.dumps({"a": [{"b": "x" * 300_000}]}, indent=1)])
def test_lines_are_known_without_reading_a_text_again_where_that_takes_long(monkeypatch, text):
    document = read("file", text)
    monkeypatch.setattr("scripted_models.reader.compose", None)
    assert document.line(("a", 0, "b")) == (2 if text.startswith("a") else 4)


@pytest.mark.parametrize("escaped", ['"\\ud83d\\ude00"', '"\\\\ud83d\\\\ude00"', '"\\n\\uD83D\\uDE00"'])
def test_lines_of_json_are_known_behind_any_escape(escaped):
    assert read("file.json", f'{{"a": {escaped},\n "b": 1}}').line(("b",)) == 2


def test_yaml_may_hold_a_character_in_two_halves_as_json_does():
    assert read("file.yaml", 'a: 1\nb: ["\\ud83d\\ude00"]\n').data == {"a": 1, "b": ["\U0001f600"]}
