"""Arguments that no longer fit the schema of their function, and what the schema expects of them."""

import json
import subprocess
import sys

import pytest

from emulator.domain.drift import ABSENT
from emulator.tools.arguments import misfits

ORDER = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 2},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "days": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "part": {"anyOf": [{"$ref": "#/$defs/Cup"}, {"$ref": "#/$defs/Pot"}]},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"count": {"type": "integer"}}}},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {
        "Cup": {
            "type": "object",
            "properties": {"kind": {"const": "cup"}, "size": {"type": "integer"}},
            "required": ["size"],
        },
        "Pot": {
            "type": "object",
            "properties": {"kind": {"const": "pot"}, "lid": {"type": "boolean"}},
            "required": ["lid"],
        },
    },
}


def found(arguments, schema):
    return [tuple(one) for one in misfits(json.dumps(arguments), schema)]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({"city": "Oslo", "unit": "C", "days": None, "lines": [{"count": 1, "more": 2}]}, []),
        ({"city": "Oslo", "days": 1.0}, []),
        ({}, [("$.city", ABSENT, "a string is required")]),
        ({"city": 5}, [("$.city", 5, "expected a string")]),
        ({"city": "O"}, [("$.city", "O", "expected at least 2 characters")]),
        ({"city": "Oslo", "unit": "K"}, [("$.unit", "K", 'expected one of "C", "F"')]),
        ({"city": "Oslo", "days": "2"}, [("$.days", "2", "expected a whole number or null")]),
        ({"city": "Oslo", "days": True}, [("$.days", True, "expected a whole number or null")]),
        ({"city": "Oslo", "town": 1}, [("$.town", 1, "expected one of the fields city, unit, days, part, lines")]),
        ({"city": "Oslo", "lines": [{}, {"count": "1"}]}, [("$.lines[1].count", "1", "expected a whole number")]),
        ({"city": "Oslo", "part": {"kind": "cup"}}, [("$.part.size", ABSENT, "a whole number is required")]),
        ({"city": "Oslo", "part": {"kind": "tub"}}, [("$.part", {"kind": "tub"}, "expected one of 2 forms")]),
        ({"city": "Oslo", "part": 3}, [("$.part", 3, "expected an object")]),
        ([], [("$", [], "expected an object")]),
        ({"city": 1, "unit": 2}, [("$.city", 1, "expected a string"), ("$.unit", 2, "expected a string"), ("$.unit", 2, 'expected one of "C", "F"')]),
    ],
)  # fmt: skip
def test_what_does_not_fit_has_its_path_and_what_is_expected(arguments, expected):
    assert found(arguments, ORDER) == expected


@pytest.mark.parametrize(
    "schema, value, expected",
    [
        ({"minimum": 3}, 2, "expected at least 3"),
        ({"exclusiveMinimum": 3}, 3, "expected more than 3"),
        ({"maximum": 3}, 4, "expected at most 3"),
        ({"exclusiveMaximum": 3}, 3, "expected less than 3"),
        ({"multipleOf": 5}, 7, "expected a multiple of 5"),
        ({"pattern": r"^\d+$"}, "x", r"expected a text that matches ^\d+$"),
        ({"pattern": r"^\p{Lu}"}, "x", r"expected a text that matches ^\p{Lu}"),
        ({"const": "x"}, "y", 'expected "x"'),
        ({"type": ["string", "null"]}, 1, "expected a string or null"),
        ({"minItems": 2}, [1], "expected at least 2 items"),
        ({"uniqueItems": True}, [1, 1], "expected no item twice"),
        ({"not": {"type": "null"}}, None, "expected another value"),
        ({"oneOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]}, 1, "expected a string or an object"),
        ({"allOf": [{"type": "string"}, {"minLength": 3}]}, "ab", "expected at least 3 characters"),
        ({"additionalProperties": False}, {"b": 1}, "expected no field"),
    ],
)
def test_every_keyword_has_its_words(schema, value, expected):
    assert [words for _, _, words in found({"a": value}, {"properties": {"a": schema}})] == [expected]


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"format": "email"}, "no address"),
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "enum": ["a"], "nullable": True}, None),
        ({"items": [{"type": "string"}, {"type": "integer"}]}, ["a", 1]),
        ({"minimum": 1, "exclusiveMinimum": False}, 1),
        ({"$ref": "#/definitions/Text"}, "a"),
        ({"propertiesX": 1}, 1),
    ],
)
def test_what_fits_in_the_dialect_that_a_schema_is_written_in_is_no_difference(schema, value):
    assert found({"a": value}, {"properties": {"a": schema}, "definitions": {"Text": {"type": "string"}}}) == []


def test_older_dialects_are_read_as_they_are_meant():
    schema = {"properties": {"a": {"minimum": 1, "exclusiveMinimum": True}, "b": {"items": [{"type": "string"}]}}}
    assert [path for path, *_ in found({"a": 1}, schema)] == ["$.a"]
    assert [path for path, *_ in found({"b": [1]}, {"properties": {"b": schema["properties"]["b"]}})] == ["$.b[0]"]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        [],
        {},
        {"type": "str"},
        {"type": {"a": 1}},
        {"required": True},
        {"required": [{}]},
        {"properties": []},
        {"properties": {"a": "text"}},
        {"enum": 5},
        {"anyOf": {}},
        {"additionalProperties": "no"},
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": 5},
        {"properties": {"a": {"pattern": "("}}},
        {"patternProperties": {"(": {}}},
        {"$schema": "http://nowhere.invalid/", "type": "object"},
        {"allOf": [{"allOf": [{"$ref": "#"}]}]},
    ],
)
def test_what_is_wrong_in_a_schema_fits_everything(schema):
    assert found({"a": "x" * 40, "b": {"c": [1]}}, schema) == []


def test_a_pattern_that_takes_too_long_fits_everything(monkeypatch):
    def search(pattern, text, *, timeout):
        raise TimeoutError

    assert len(found({"a": "x"}, {"properties": {"a": {"pattern": "y"}}})) == 1
    monkeypatch.setattr("regex.search", search)
    assert found({"a": "x"}, {"properties": {"a": {"pattern": "y"}}}) == []


def test_what_is_wrong_in_a_schema_does_not_hide_the_rest():
    schema = {"type": "object", "required": ["b"], "properties": {"a": {"type": "int", "enum": [1]}}}
    assert [path for path, *_ in found({"a": 2}, schema)] == ["$.b", "$.a"]


@pytest.mark.parametrize("arguments", ["", "{", "{'city': 1}", "[" * 100_000])
def test_arguments_that_are_no_json_do_not_fit(arguments):
    assert [(one.path, one.got) for one in misfits(arguments, ORDER)] == [("$", "expected JSON")]


def test_a_schema_that_names_its_dialect_keeps_it_where_it_refers_to_itself():
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}},
        "required": ["n"],
    }
    assert found({"n": 1, "next": {"n": 2, "next": {}}}, schema) == [
        ("$.next.next.n", ABSENT, "a whole number is required")
    ]


def test_nothing_that_only_recordings_need_is_loaded_by_a_server():
    source = "import sys, emulator.app, scripted_models.loader; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "emulator.tools.arguments" in loaded
    assert not {"jsonschema", "referencing", "regex"} & loaded
