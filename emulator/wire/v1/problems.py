"""Validation errors of v1: its validator was another one, and it listed all problems of a body at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import ErrorDetails

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.tools.unions import is_tag
from emulator.wire.problems import Path, refusal

Problem = tuple[Path, str, str]

# The type of pydantic's error now -> message and type of the same error then. Recorded and reported, except for the
# errors that no public source shows.
_MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("field required", "value_error.missing"),
    "extra_forbidden": ("extra fields not permitted", "value_error.extra"),
    "null": ("none is not an allowed value", "type_error.none.not_allowed"),
    "string_type": ("str type expected", "type_error.str"),
    "int_type": ("value is not a valid integer", "type_error.integer"),
    "int_from_float": ("value is not a valid integer", "type_error.integer"),
    "float_type": ("value is not a valid float", "type_error.float"),
    "bool_type": ("value could not be parsed to a boolean", "type_error.bool"),
    "dict_type": ("value is not a valid dict", "type_error.dict"),
    "model_type": ("value is not a valid dict", "type_error.dict"),
    "list_type": ("value is not a valid list", "type_error.list"),
    "too_long": (
        "ensure this value has at most {max_length} items",
        "value_error.list.max_items; limit_value={max_length}",
    ),
}


def problem(at: Path, kind: str, **about: Any) -> Problem:
    """Return a problem in v1's words. at: its path in the body; kind: the type of pydantic's error, or ``null``."""
    message, v1_type = _MESSAGES[kind]
    return at, message.format(**about), v1_type.format(**about)


def refuse(problems: Sequence[ErrorDetails], data: Any) -> ApiError:
    """Return v1's error for the problems that validation found.

    A tool without a type was refused in today's words even then (course notes of 2023); so are problems for which the
    words of v1 are not known.
    """
    first = problems[0]
    if first["type"] not in _MESSAGES or (first["loc"][:1] == ("tools",) and first["loc"][-1] == "type"):
        return refusal(first, data)
    return refusals.validation_v1(
        problem(_path(found), _kind(found), **found.get("ctx", {})) for found in problems if found["type"] in _MESSAGES
    )


def _kind(found: ErrorDetails) -> str:
    return "null" if found["input"] is None and found["type"].endswith("_type") else found["type"]


def _path(found: ErrorDetails) -> Path:
    """Return the path of a problem in the body, without the tags of unions."""
    return tuple(part for part in found["loc"] if not is_tag(part))
