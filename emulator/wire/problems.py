"""Validation of bodies: the first problem that pydantic finds becomes an `ApiError` in the API's words."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.tools.body import Body
from emulator.tools.unions import is_tag
from emulator.wire import spelling

Path = tuple[int | str, ...]
Model = TypeVar("Model", bound=Body)

# The expected type, by the type of pydantic's error. Generic: the words of the service's validator.
_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "an array",
}


def validate(
    model: type[Model],
    data: Any,
    *,
    root: Path = (),
    day: str | None = None,
    mount: str | None = "openai",
    known: Callable[[str], bool] | None = None,
) -> Model:
    """Return ``data`` as a ``model``; raise the `ApiError` of its first problem.

    root: the path of ``data`` in the body. day: whose limits apply, by default the newest. mount: where the body came
    in; None: anywhere. known: tells whether an object with an id exists, so that ids of fixtures
    may have any form.
    """
    try:
        return model.read(data, {"day": day, "mount": mount, "known": known})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise _misspelt(model, problem, root, mount) or refusal(problem, data, root) from None


def _misspelt(model: type[Body], problem: ErrorDetails, root: Path, mount: str | None) -> ApiError | None:
    """Return the error about a key that is spelt almost like a field of its object; None if no key is."""
    *container, name = problem["loc"] or ("",)
    path, known = path_of((*root, *problem["loc"])), spelling.fields_at(model, container, mount)
    match problem["type"]:
        case "missing":
            unknown = [key for key in problem["input"] if key not in known]
            provided = spelling.nearest(str(name), unknown)
            return refusals.missing_parameter(path, provided) if provided else None
        case "extra_forbidden":
            meant = spelling.nearest(str(name), known)
            return refusals.unknown_parameter(path, meant) if meant else None
    return None


def path_of(location: Path) -> str:
    """Return a path such as ``tools[0].function.name``, without the tags of unions."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not is_tag(part):
            text += f".{part}" if text else part
    return text


def refusal(problem: ErrorDetails, data: Any, root: Path = ()) -> ApiError:
    """Return the API's error for one of pydantic's problems."""
    kind, got, about = problem["type"], problem["input"], problem.get("ctx", {})
    path = path_of((*root, *problem["loc"]))
    if kind == "model_type" and not problem["loc"] and not root:
        return refusals.bad_json() if data is None else refusals.invalid_type("body", "an object", name_of(got))
    if kind in _EXPECTED:
        is_metadata = kind == "dict_type" and problem["loc"][-1:] == ("metadata",)
        expected = "a metadata object" if is_metadata else _expected_array(kind, problem)  # reported
        return refusals.invalid_type(path, expected, name_of(got))
    make_error = _ERRORS.get(kind)
    return make_error(path, got, about) if make_error else refusals.invalid_value(path, got, ())


def _expected_array(kind: str, problem: ErrorDetails) -> str:
    last = problem["loc"][-1] if problem["loc"] else ""
    if kind == "list_type" and isinstance(last, str) and last.endswith("_ids"):
        return "an array of strings"  # reported for vector_store_ids
    return "an array of objects" if kind == "list_type" else _EXPECTED[kind]


def name_of(value: Any) -> str:  # noqa: PLR0911 - one for each kind of value
    """Return the API's name for the type of a JSON value. Recorded for booleans, reported for strings and null."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _literal(path: str, got: Any, about: Mapping[str, Any]) -> ApiError:
    if not isinstance(got, str):
        return refusals.invalid_type(path, "a string", name_of(got))
    words = [word.strip("'") for part in about["expected"].split(", ") for word in part.split(" or ")]
    return refusals.invalid_value(path, got, words)


def _beside(path: str, name: str) -> str:
    """Return the path of another field of the same object."""
    return f"{path.rpartition('.')[0]}.{name}".removeprefix(".")


def _above(limit: str) -> Callable[[str, Any, Mapping[str, Any]], ApiError]:
    return lambda path, got, about: refusals.number_out_of_range(path, limit=about[limit], got=got, above=True)


def _below(limit: str) -> Callable[[str, Any, Mapping[str, Any]], ApiError]:
    return lambda path, got, about: refusals.number_out_of_range(path, limit=about[limit], got=got, above=False)


_ERRORS: Final[Mapping[str, Callable[[str, Any, Mapping[str, Any]], ApiError]]] = {
    "missing": lambda path, _got, _about: refusals.missing_parameter(path),
    "extra_forbidden": lambda path, _got, _about: refusals.unknown_parameter(path),
    "literal_error": _literal,
    "string_too_long": lambda path, got, about: refusals.string_too_long(path, about["max_length"], len(got)),
    "string_too_short": lambda path, got, about: refusals.string_too_short(path, about["min_length"], len(got)),
    "string_pattern_mismatch": lambda path, _got, about: refusals.bad_pattern(path, about["pattern"]),
    "too_long": lambda path, got, about: refusals.array_too_long(path, about["max_length"], len(got)),
    "too_short": lambda path, got, about: refusals.array_too_short(path, about["min_length"], len(got)),
    "less_than_equal": _above("le"),
    "greater_than_equal": _below("ge"),
    "too_many_properties": lambda path, _got, about: refusals.too_many_properties(path, about["limit"], about["got"]),
    "property_name_too_long": lambda path, _got, about: refusals.property_name_too_long(
        path, about["name"], about["limit"]
    ),
    # Neither names its field: the value decides together with the mount.
    "unknown_kind": lambda path, got, about: refusals.invalid_value(f"{path}.type", got["type"], about["known"]),
    "either": lambda path, _got, about: refusals.either_field(path, about["other"]),
    "missing_beside": lambda path, _got, about: refusals.missing_parameter(_beside(path, about["name"])),
    "unknown_here": lambda path, _got, _about: refusals.unknown_parameter(path),
    "wrong_prefix": lambda path, got, about: refusals.wrong_prefix(path, got, about["prefix"]),
    "foreign_characters": lambda path, got, _about: refusals.foreign_characters(path, got),
    "overlap_too_large": lambda path, _got, _about: refusals.overlap_too_large(path),
    "either_stores": lambda path, _got, _about: refusals.either_store_field(path),
    "outputs_too_large": lambda path, _got, _about: refusals.outputs_too_large(path),
    # The field may only be null: with any other value it is an unknown field.
    "none_required": lambda path, _got, _about: refusals.unknown_parameter(path),
    "wrong_kind": lambda path, got, about: refusals.invalid_type(path, about["expected"], name_of(got)),
    "no_url": lambda path, _got, _about: refusals.invalid_url(path),
    "empty_content": lambda path, _got, _about: refusals.empty_content(path),
    "finite_number": lambda path, got, _about: refusals.invalid_type(path, "a decimal", name_of(got)),
}
