"""Findings in the words of the format, made from the errors of the grammar's validator."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from emulator.domain.nearest import did_you_mean
from scripted_models.grammar.parts import FORMS
from scripted_models.grammar.scenario import ScenarioSpec, TurnsFile, TurnSpec
from scripted_models.grammar.unknown_keys import Loc, describe_unknown, path
from scripted_models.problems import MOST_PROBLEMS, Problem, brief, format_path
from scripted_models.reader import OF_LINE, Document, LineDocument, count_values

T = TypeVar("T")

_VALUES_OF_PIECE: Final = 20_000
_MOST_VALUES_AT_ONCE: Final = 100_000
_turns: Final = TypeAdapter(list[TurnSpec])
_turn: Final = TypeAdapter(TurnSpec)
_turns_file: Final = TypeAdapter(TurnsFile)

_EXPECTED: Final = {
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
_BOUNDS: Final = {
    "greater_than": "greater than",
    "greater_than_equal": "at least",
    "less_than": "less than",
    "less_than_equal": "at most",
}
_NUMBERS: Final = frozenset({"int_type", "float_type"})
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


def parse(document: Document) -> tuple[ScenarioSpec | None, list[Problem]]:
    """Return the scenario that a document holds, or what is wrong with it, up to `MOST_PROBLEMS`.

    It is validated in pieces, because the validator lets no other thread run meanwhile.
    """
    data = document.data
    if not isinstance(data, dict):
        return None, [document.problem((), "expected a mapping that begins with emulator: 1")]
    turns = data.get("turns")
    found: list[Any] = []
    if isinstance(turns, dict) and turns:
        _attempt(_turns_file.validate_python, turns, found, ("turns",))
        turns = []
    pieces = list(_pieces(turns)) if isinstance(turns, list) else []
    header = {**data, "turns": []} if isinstance(turns, list) else data
    for at, piece in (((), header), *pieces):
        if count_values(piece) > _MOST_VALUES_AT_ONCE:
            return None, [document.problem(at, f"holds more than {_MOST_VALUES_AT_ONCE:,} values")]
    validated: list[TurnSpec] = []
    try:
        scenario = _attempt(ScenarioSpec.model_validate, header, found)
        for at, piece in pieces:
            if len(found) < MOST_PROBLEMS:
                validated += _attempt(_turns.validate_python, piece, found, at[:1], first=int(at[1])) or ()
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


def parse_turn(document: LineDocument) -> tuple[TurnSpec | None, list[Problem]]:
    """Return the turn that a line holds, or what is wrong with it."""
    if len(document.text) > _MOST_VALUES_AT_ONCE and count_values(document.data) > _MOST_VALUES_AT_ONCE:
        return None, [document.problem((), f"holds more than {_MOST_VALUES_AT_ONCE:,} values")]
    found: list[Any] = []
    try:
        turn = _attempt(_turn.validate_python, document.data, found, OF_LINE)
    except RecursionError:
        return None, [document.problem((), "nested too deeply")]
    return turn, [document.problem(path(item["loc"]), describe(item)) for item in found[:MOST_PROBLEMS]]


def turns_file(document: Document) -> str | None:
    """Return the name of the file that holds the turns of a scenario which has the right form."""
    turns = document.data["turns"]
    return turns["file"] if isinstance(turns, dict) else None


def _attempt(
    validate: Callable[[Any], T], data: Any, found: list[Any], at: Loc = (), *, first: int | None = None
) -> T | None:
    """Return validated data, or add what is wrong with it. at: where it stands in the scenario.

    first: the number that the first element has, if it is a piece of a list.
    """
    try:
        return validate(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            loc = item["loc"] if first is None else (first + int(item["loc"][0]), *item["loc"][1:])
            found.append({**item, "loc": (*at, *loc)})
    return None


def describe_all(error: ValidationError, root: type[BaseModel]) -> str:
    """Return all findings about a value that comes from no file. root: what it should be."""
    found = error.errors(include_url=False)
    return "; ".join(
        f"{format_path(path(item['loc']))}: {describe(item, root)}".removeprefix("scenario: ") for item in found
    )


def describe(item: Any, root: type[BaseModel] = ScenarioSpec) -> str:  # noqa: PLR0911 - one return for each kind
    """Return what is wrong, in words of the format. root: what the whole value should be."""
    kind, context, value = item["type"], item.get("ctx") or {}, item.get("input")
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, got {brief(value)}{_remedy(kind, value)}"
    if kind in _BOUNDS:
        return f"has to be {_BOUNDS[kind]} {next(iter(context.values())):g}, got {brief(value)}"
    match kind:
        case "extra_forbidden":
            return describe_unknown(item["loc"], root, has_value=value is not None)
        case "missing":
            return "is missing"
        case "literal_error":
            words = context["expected"].replace(chr(39), "")
            near = did_you_mean(value, re.split(r", | or ", words)) if isinstance(value, str) else ""
            return f"expected {words}, got {brief(value)}{near}"
        case "string_pattern_mismatch":
            return f"{brief(value)} does not have the form {FORMS.get(context['pattern'], context['pattern'])}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case "too_long" | "string_too_long":
            return f"is longer than {context['max_length']}"
        case _:
            return str(item["msg"])


def _remedy(kind: str, value: Any) -> str:
    """Return how a value becomes what is expected, where that is easy."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "; put it in quotes"
    if kind in _NUMBERS and isinstance(value, str) and _NUMBER.fullmatch(value):
        return "; leave out the quotes"
    return ""
