"""How v1 said what was wrong with a body: its validator was another one, and it told all problems at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import ErrorDetails

from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.wire.problems import Path, refusal

Problem = tuple[Path, str, str]

# pydantic's type of an error now -> text and type of the same error then. Recorded and reported, but for the types
# that nobody sent.
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
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
    """Return a problem in v1's words. at: where in the body; kind: pydantic's type of it, or ``null``."""
    text, name = _WORDS[kind]
    return at, text.format(**about), name.format(**about)


def refuse(problems: Sequence[ErrorDetails], data: Any) -> ApiError:
    """Return what v1 said of problems that validation found.

    A tool without a type was refused in today's words even then (course notes of 2023), and so is what v1's words for
    are not known.
    """
    first = problems[0]
    if first["type"] not in _WORDS or (first["loc"][:1] == ("tools",) and first["loc"][-1] == "type"):
        return refusal(first, data)
    return errors.validation_v1(
        problem(_place(found), _kind(found), **found.get("ctx", {})) for found in problems if found["type"] in _WORDS
    )


def _kind(found: ErrorDetails) -> str:
    return "null" if found["input"] is None and found["type"].endswith("_type") else found["type"]


def _place(found: ErrorDetails) -> Path:
    """Return where a problem lies; tags of unions are no part of the way."""
    return tuple(part for part in found["loc"] if not str(part).startswith("<"))
