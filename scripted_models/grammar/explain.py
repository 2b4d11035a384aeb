"""Findings in the words of the format, made from the errors of the grammar's validator."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec, plain_schema
from scripted_models.problems import MOST_PROBLEMS, Path, Problem, brief, format_path
from scripted_models.reader import Document, count_values

T = TypeVar("T")

_VALUES_OF_PIECE: Final = 20_000
_MOST_VALUES_AT_ONCE: Final = 100_000
_turns: Final = TypeAdapter(list[TurnSpec])

_EXPECTED = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "list_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
}


def parse(document: Document) -> tuple[ScenarioSpec | None, list[Problem]]:
    """Return the scenario that a document holds, or what is wrong with it, up to `MOST_PROBLEMS`.

    It is validated in pieces, because the validator lets no other thread run meanwhile.
    """
    data = document.data
    if not isinstance(data, dict):
        return None, [document.problem((), "expected a mapping that begins with emulator: 1")]
    turns = data.get("turns")
    pieces = list(_pieces(turns)) if isinstance(turns, list) else []
    header = {**data, "turns": []} if isinstance(turns, list) else data
    for at, piece in (((), header), *pieces):
        if count_values(piece) > _MOST_VALUES_AT_ONCE:
            return None, [document.problem(at, f"holds more than {_MOST_VALUES_AT_ONCE:,} values")]
    found: list[Any] = []
    validated: list[TurnSpec] = []
    try:
        scenario = _attempt(ScenarioSpec.model_validate, header, found)
        for at, piece in pieces:
            if len(found) < MOST_PROBLEMS:
                validated += _attempt(_turns.validate_python, piece, found, at) or ()
    except RecursionError:
        return None, [document.problem((), "nested too deeply")]
    if scenario is None or found:
        return None, [document.problem(path(item["loc"]), describe(item)) for item in found[:MOST_PROBLEMS]]
    return scenario.model_copy(update={"turns": validated}), []


def _pieces(turns: list[Any]) -> Iterator[tuple[tuple[str, int], list[Any]]]:
    """Yield the turns in pieces of a bounded size, or of one turn, each with where its first turn stands."""
    start, values = 0, 0
    for number, turn in enumerate(turns):
        values += count_values(turn)
        if values > _VALUES_OF_PIECE and number > start:
            yield ("turns", start), turns[start:number]
            start, values = number, count_values(turn)
    yield ("turns", start), turns[start:]


def _attempt(validate: Callable[[Any], T], data: Any, found: list[Any], at: tuple[str, int] | None = None) -> T | None:
    """Return validated data, or add what is wrong with it. at: where a list of turns stands in the scenario."""
    try:
        return validate(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            loc = item["loc"] if at is None else (at[0], at[1] + int(item["loc"][0]), *item["loc"][1:])
            found.append({**item, "loc": loc})
    return None


def describe_all(error: ValidationError) -> str:
    """Return all findings about a value that comes from no file."""
    found = error.errors(include_url=False)
    return "; ".join(f"{format_path(path(item['loc']))}: {describe(item)}".removeprefix("scenario: ") for item in found)


def path(loc: Sequence[str | int]) -> Path:
    """Return where a finding stands, without the validator's own marks for kinds of steps."""
    return tuple(part for part in loc if not (isinstance(part, str) and part.startswith(("@", "[key]"))))


def describe(item: Any) -> str:  # noqa: PLR0911 - one return for each kind
    """Return what is wrong, in words of the format."""
    kind, context, value = item["type"], item.get("ctx") or {}, item.get("input")
    if kind in _EXPECTED:
        hint = "; put it in quotes" if kind == "string_type" and isinstance(value, int | float) else ""
        return f"{_EXPECTED[kind]}, got {brief(value)}{hint}"
    match kind:
        case "extra_forbidden":
            return _unknown_key(str(path(item["loc"])[-1]), _known_keys(item["loc"]))
        case "missing":
            return "is missing"
        case "literal_error":
            return f"expected {context['expected'].replace(chr(39), '')}, got {brief(value)}"
        case "string_pattern_mismatch":
            return f"{brief(value)} does not have the form {context['pattern']}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case _:
            return str(item["msg"])


def _unknown_key(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f'unknown key "{key[:60]}"' + (f", did you mean {near[0]}?" if near else "")


def _known_keys(loc: Sequence[str | int]) -> list[str]:
    """Find the keys that the grammar knows at the place of an unknown key, from its schema."""
    schema = plain_schema()
    names = schema.get("$defs", {})
    nodes: list[dict[str, Any]] = [schema]
    for part in loc[:-1]:
        tag = isinstance(part, str) and part.startswith("@")
        nodes = [inner for node in nodes for inner in _open(node, names) if not tag or _tagged(inner, str(part)[1:])]
        if not tag:
            nodes = [below for node in nodes for below in _below(node, part)]
    return sorted({key for node in nodes for inner in _open(node, names) for key in inner.get("properties", {})})


def _tagged(node: dict[str, Any], verb: str) -> bool:
    required = node.get("required", ())
    if verb in ("tool", "tools"):
        return "tool" in required and ("calls" in required) == (verb == "tools")
    return ("call" if verb == "calls" else verb) in required


def _open(node: dict[str, Any], names: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _open(names[node["$ref"].rsplit("/", 1)[-1]], names)
    several = node.get("anyOf") or node.get("oneOf")
    return [inner for one in several for inner in _open(one, names)] if several else [node]


def _below(node: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        return [node["items"]] if "items" in node else []
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    further = node.get("additionalProperties")
    return [further] if isinstance(further, dict) else []
