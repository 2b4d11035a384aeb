"""Validation of bodies of these APIs: the first problem that pydantic finds becomes an `ApiError` in their words."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import BeforeValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from emulator.domain import refusals, response_refusals
from emulator.domain.errors import ApiError
from emulator.tools.body import Body
from emulator.tools.unions import is_tag
from emulator.wire import problems, spelling
from emulator.wire.problems import Path

Model = TypeVar("Model", bound=Body)

# pydantic's errors about types, and the words for what was expected; further ones are those of all endpoints.
_EXPECTED: Final = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "finite_number": "a decimal",
    "bool_type": "a boolean",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "an array of objects",
}


def validate(model: type[Model], data: Any, *, root: Path = (), day: str | None = None) -> Model:
    """Return ``data`` as a ``model``; raise the `ApiError` of its first problem.

    root: the path of ``data`` in the body. day: whose words are allowed, by default the newest.
    """
    try:
        return model.read(data, {"day": day})
    except ValidationError as error:
        raise _refusal(model, error.errors(include_url=False)[0], data, root) from None


def _refusal(model: type[Body], problem: ErrorDetails, data: Any, root: Path) -> ApiError:  # noqa: PLR0911 - one for each kind
    """Return the error for one of pydantic's problems."""
    kind, got, about = problem["type"], problem["input"], problem.get("ctx", {})
    path = problems.path_of((*root, *problem["loc"]))
    if kind == "extra_forbidden":
        *container, name = problem["loc"]
        sent = _at(data, container)
        unsent = [field for field in spelling.fields_at(model, container) if field not in sent]
        return response_refusals.unknown_parameter(path, spelling.near(str(name), unsent))
    if kind == "missing":
        return refusals.missing_parameter(path)
    if kind == "literal_error":
        words = [word.strip("'") for part in about["expected"].split(", ") for word in part.split(" or ")]
        return wrong_word(path, got, words)
    if kind == "wrong_kind":
        return wrong_type(path, about["expected"], got)
    if kind == "wrong_part":
        return refusals.invalid_value(path, about["got"], about["known"])
    if kind == "missing_within":
        return refusals.missing_parameter(f"{path}.{about['name']}")
    if kind in _EXPECTED:
        is_metadata = kind == "dict_type" and problem["loc"][-1:] == ("metadata",)
        return wrong_type(path, "a metadata object" if is_metadata else _EXPECTED[kind], got)  # measured
    return problems.refusal(problem, None, root)


def _at(data: Any, location: Sequence[int | str]) -> Any:
    """Return what a body has at one of pydantic's locations."""
    for part in location:
        if not is_tag(part):
            data = data[part]
    return data


def wrong_type(path: str, expected: str, got: Any) -> ApiError:
    """Return the error about a value of another type."""
    return refusals.invalid_type(path, expected, name_of(got))


def wrong_word(path: str, got: Any, words: Sequence[str]) -> ApiError:
    """Return the error about a value that is none of some words. Measured, for values of other types too."""
    if isinstance(got, str):
        return refusals.invalid_value(path, got, words)
    return wrong_type(path, one_of(words), got)


def one_of(words: Sequence[str]) -> str:
    """Return how a refusal says which words were expected: long ones are cut there, and only there. Measured."""
    quoted = [f"'{response_refusals.cut(word)}'" for word in words]
    listed = " or ".join(quoted) if len(quoted) < 3 else f"{', '.join(quoted[:-1])}, or {quoted[-1]}"
    return f"one of {listed}"


def name_of(value: Any) -> str:
    """Return the name of the type of a JSON value. Recorded for fractions (vllm-project/agentic-api, Oct 2026)."""
    return "a decimal number" if isinstance(value, float) else problems.name_of(value)


def only(*kinds: type, expected: str) -> BeforeValidator:
    """Allow values of some types, where a refusal says in words of its own what was expected."""

    def check(value: Any) -> Any:
        if not isinstance(value, kinds):
            raise PydanticCustomError("wrong_kind", "wrong kind", {"expected": expected})
        return value

    return BeforeValidator(check)


def of_prefix(prefix: str) -> BeforeValidator:
    """Allow only ids that begin with a prefix. Recorded for items, reported for what a request belongs to."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not value.startswith(prefix):
            raise PydanticCustomError("wrong_prefix", "wrong prefix", {"prefix": prefix})
        return value

    return BeforeValidator(check)
