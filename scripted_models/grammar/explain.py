"""Findings in the words of the format, made from the errors of the grammar's validator."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from emulator.domain.nearest import nearest
from scripted_models.grammar.parts import FORMS, in_quotes
from scripted_models.grammar.scenario import ScenarioSpec, TurnsFile, TurnSpec
from scripted_models.grammar.unknown_keys import Loc, describe_unknown, keys_at, path
from scripted_models.problems import MOST_PROBLEMS, Finding, Path, Problem, brief, format_path
from scripted_models.reader import OF_LINE, Document, LineDocument, count_values
from scripted_models.rules import Rule
from scripted_models.yaml_texts import plain_or_quoted

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
# What other readers of YAML take for true and false.
_BOOLS: Final = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_NOTHING: Final = ("; nothing stands behind its colon", None)
_MISSING: Final[Mapping[Path, str]] = {("emulator",): "emulator: 1"}
_SCALARS: Final = frozenset({"string_type", "int_type", "float_type", "bool_type"})
_MAPPINGS: Final = frozenset({"dict_type", "model_type", "model_attributes_type"})
_SHORT: Final = 40
_MOST_KEYS: Final = 12
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


def parse(document: Document) -> tuple[ScenarioSpec | None, list[Problem]]:
    """Return the scenario that a document holds, or what is wrong with it, up to `MOST_PROBLEMS`.

    It is validated in pieces, because the validator lets no other thread run meanwhile.
    """
    data = document.data
    if not isinstance(data, dict):
        message = "expected a mapping that begins with emulator: 1"
        return None, [document.problem(Finding((), Rule.NOT_A_SCENARIO, message, "emulator: 1"))]
    turns = data.get("turns")
    found: list[Any] = []
    if isinstance(turns, dict) and turns:
        _attempt(_turns_file.validate_python, turns, found, ("turns",))
        turns = []
    pieces = list(_pieces(turns)) if isinstance(turns, list) else []
    header = {**data, "turns": []} if isinstance(turns, list) else data
    for at, piece in (((), header), *pieces):
        if count_values(piece) > _MOST_VALUES_AT_ONCE:
            return None, [document.problem(_too_many_values(at))]
    validated: list[TurnSpec] = []
    try:
        scenario = _attempt(ScenarioSpec.model_validate, header, found)
        for at, piece in pieces:
            if len(found) < MOST_PROBLEMS:
                validated += _attempt(_turns.validate_python, piece, found, at[:1], first=int(at[1])) or ()
    except RecursionError:
        return None, [document.problem(Finding((), Rule.TOO_LARGE, "nested too deeply"))]
    if scenario is None or found:
        return None, [document.problem(describe(item)) for item in found[:MOST_PROBLEMS]]
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
        return None, [document.problem(_too_many_values(()))]
    found: list[Any] = []
    try:
        turn = _attempt(_turn.validate_python, document.data, found, OF_LINE)
    except RecursionError:
        return None, [document.problem(Finding((), Rule.TOO_LARGE, "nested too deeply"))]
    return turn, [document.problem(describe(item)) for item in found[:MOST_PROBLEMS]]


def _too_many_values(at: Path) -> Finding:
    return Finding(at, Rule.TOO_LARGE, f"holds more than {_MOST_VALUES_AT_ONCE:,} values")


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
    found = (describe(item, root) for item in error.errors(include_url=False))
    return "; ".join(f"{format_path(one.path)}: {one.message}".removeprefix("scenario: ") for one in found)


def describe(item: Any, root: type[BaseModel] = ScenarioSpec) -> Finding:
    """Return what is wrong, in words of the format. root: what the whole value should be."""
    kind, context, value = item["type"], item.get("ctx") or {}, item.get("input")
    here = path(item["loc"])
    if kind == "extra_forbidden":
        return describe_unknown(item["loc"], root, has_value=value is not None)
    if kind == "missing":
        return Finding(here, Rule.MISSING_KEY, "is missing", _MISSING.get(here) or f"{here[-1]}: …")
    if kind in _EXPECTED:
        remedy, suggestion = _remedy(kind, value, here, lambda: keys_at(item["loc"], root))
        return Finding(here, Rule.WRONG_TYPE, f"{_EXPECTED[kind]}, got {brief(value)}{remedy}", suggestion)
    if kind == "literal_error":
        return _unknown_word(here, context["expected"].replace(chr(39), ""), value)
    if kind == "scenario":
        return Finding(here, context["rule"], context["message"], context["suggestion"])
    return Finding(here, Rule.WRONG_VALUE, _out_of_bounds(kind, context, value) or str(item["msg"]))


def _unknown_word(here: Path, words: str, value: Any) -> Finding:
    message = f"expected {words}, got {brief(value)}"
    near = nearest(value, re.split(r", | or ", words)) if isinstance(value, str) else None
    return Finding(here, Rule.WRONG_VALUE, f"{message}, did you mean {near}?" if near else message, near)


def _out_of_bounds(kind: str, context: Mapping[str, Any], value: Any) -> str:
    if kind in _BOUNDS:
        return f"has to be {_BOUNDS[kind]} {next(iter(context.values())):g}, got {brief(value)}"
    match kind:
        case "string_pattern_mismatch":
            return f"{brief(value)} does not have the form {FORMS.get(context['pattern'], context['pattern'])}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case "too_long" | "string_too_long":
            return f"is longer than {context['max_length']}"
    return ""


def _remedy(kind: str, value: Any, here: Path, keys: Callable[[], Sequence[str]]) -> tuple[str, str | None]:
    """Return how a value becomes what is expected, as the message says it and as it is written.

    here: where it stands. keys: returns those of the mapping that is expected.
    """
    if kind in _MAPPINGS:
        return _remedy_of_mapping(value, keys())
    if kind == "list_type":
        return _remedy_of_list(value, here)
    match kind, value:
        case "string_type", None | bool() | int() | float():
            return _NOTHING if value is None else ("; put it in quotes", in_quotes(value))
        case (("int_type" | "float_type"), str()):
            is_number = _NUMBER.fullmatch(value)
            return ("; leave out the quotes", value) if is_number else ("; write digits, such as 1", "1")
        case "bool_type", str() if word := _BOOLS.get(value.lower()):
            return f"; write {word}", word
    is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | int | float)
    return ("; leave out the brackets, or the dash", str(value[0])) if is_one and kind in _SCALARS else ("", None)


def _remedy_of_list(value: Any, here: Path) -> tuple[str, str | None]:
    if value is None:
        return _NOTHING
    is_step = here[-1:] == ("steps",)
    if value and (isinstance(value, dict) or (isinstance(value, str) and (is_step or here[-1:] == ("states",)))):
        element = f"- {_one_line({'say': value} if is_step and isinstance(value, str) else value)}"
        return f"; write {element}", element
    return "", None


def _remedy_of_mapping(value: Any, keys: Sequence[str]) -> tuple[str, str | None]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; leave out the dash", None
    if keys:
        return f"; its keys are {_listed(keys)}", f"{keys[0]}: …"
    return (f"; write {value}: …", f"{value}: …") if isinstance(value, str) and value.isidentifier() else ("", None)


def _one_line(value: Any) -> str:
    """Return the beginning of a value as it is written on one line."""
    if isinstance(value, dict):
        key, inner = next(iter(value.items()))
        return f"{key}: {_one_line(inner) if isinstance(inner, str) else '…'}"
    return plain_or_quoted(value) if len(value) <= _SHORT else "…"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_KEYS]) + (", …" if len(names) > _MOST_KEYS else "")
