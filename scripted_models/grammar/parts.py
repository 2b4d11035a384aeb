"""The parts that the whole format shares: strict mappings, durations, ranges, streams and usage."""

import json
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from emulator.domain.durations import DURATION_PATTERN, LONGEST, seconds
from scripted_models.problems import brief
from scripted_models.rules import Rule

TEMPLATE_PATTERN: Final = r"\{\{|\{%|\{#"
# Patterns, and in words what they ask for.
WITHOUT_BLANKS: Final = r"^\S+$"
FUNCTION: Final = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
IDENTIFIER: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"

FORMS: Final = {
    WITHOUT_BLANKS: "of an id, which has no blanks",
    FUNCTION: "module:function",
    IDENTIFIER: "of a name: letters, digits and _, such as first_name",
}


class Strict(BaseModel):
    """A mapping of which every key is known and every value has exactly the type it should have."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_by_alias=True, validate_by_name=False)


def grammar_error(message: str, rule: Rule = Rule.WRONG_VALUE, suggestion: str | None = None) -> PydanticCustomError:
    """Return an error whose text is ``message``, word for word. suggestion: what to write instead."""
    context = {"message": message, "rule": rule, "suggestion": suggestion}
    return PydanticCustomError("scenario", "{message}", context)


def unexpected(value: object, expected: str) -> PydanticCustomError:
    """Return the error for a value of another kind. expected: in words, what belongs there."""
    is_unquoted = "text" in expected and isinstance(value, bool | int | float)
    message = f"expected {expected}, got {brief(value)}{'; put it in quotes' if is_unquoted else ''}"
    return grammar_error(message, Rule.WRONG_TYPE, in_quotes(value) if is_unquoted else None)


def in_quotes(value: object) -> str:
    """Return a number, true or false as the text that was meant."""
    return f'"{json.dumps(value)}"'


def _duration(value: object) -> float | str:
    if isinstance(value, str) and re.search(TEMPLATE_PATTERN, value):
        return value
    try:
        return seconds(value)
    except ValueError as error:
        raise grammar_error(str(error)) from None


Duration = Annotated[
    float | str,
    PlainValidator(_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST},
                {"type": "string", "pattern": f"{DURATION_PATTERN}|{TEMPLATE_PATTERN}"},
            ],
            "description": "A length of time: 300ms, 2s, 10m1s, 1h, 3d, or a number of seconds.",
        }
    ),
]
"""Seconds, or a template that yields a duration when it is filled."""


def _fixed_duration(value: object) -> float:
    try:
        return seconds(value)
    except ValueError as error:
        raise grammar_error(str(error)) from None


FixedDuration = Annotated[
    float,
    PlainValidator(_fixed_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST},
                {"type": "string", "pattern": DURATION_PATTERN},
            ],
            "description": "A length of time: 300ms, 2s, 10m1s, 1h, 3d, or a number of seconds.",
        }
    ),
]


def as_list(value: Any) -> Any:
    """Let one text stand for a list that holds it."""
    if not isinstance(value, str | list):
        raise unexpected(value, "a text, or a list of texts")
    return [value] if isinstance(value, str) else value


Names = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    Field(min_length=1),
    BeforeValidator(as_list, json_schema_input_type=str | list[str]),
]


def _arguments(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, dict) and all(isinstance(key, str) for key in value)):
        return value
    raise unexpected(value, "a mapping, or a text that is sent as it is")


Arguments = Annotated[
    dict[str, Any] | str,
    PlainValidator(_arguments),
    WithJsonSchema({"type": ["object", "string"], "description": "A mapping, or a text that is sent as it is."}),
]


def _chunk(value: Any) -> Any:
    if value in ("word", "char", "whole") and isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, list) and value and all(isinstance(piece, str) for piece in value):
        return value
    raise unexpected(value, "word, char, whole, a number of characters, or a list of the pieces as texts")


Chunk = Annotated[
    str | int | list[str],
    PlainValidator(_chunk),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["word", "char", "whole"]},
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ],
            "description": "How the text is cut: word, char, whole, a number of characters, or the pieces themselves.",
        }
    ),
]


def _rate(per_second: float) -> float:
    if per_second * LONGEST < 1:
        raise grammar_error("the pause between two pieces would be longer than a duration can be")
    return per_second


class StreamSpec(Strict):
    """How a text is cut and paced when it is streamed."""

    chunk: Chunk | None = None
    ttft: FixedDuration | None = Field(None, description="Time before the first piece.")
    tps: Annotated[float, Field(gt=0), AfterValidator(_rate)] | None = Field(
        None, description="Pieces per second after the first."
    )


class UsageSpec(Strict):
    """Tokens of a whole turn; a number that is left out is estimated."""

    prompt_tokens: Annotated[int, Field(ge=0)] | None = None
    completion_tokens: Annotated[int, Field(ge=0)] | None = None


class Range(Strict):
    """From min to max, both included; without max there is no end."""

    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=1)] | None = None


def _range(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise unexpected(value, "1 or more")
        return {"min": value, "max": value}
    if isinstance(value, dict) and not value:
        raise grammar_error("expected min, max or both")
    if isinstance(value, dict) and isinstance(value.get("min"), int) and isinstance(value.get("max"), int):
        if value["min"] > value["max"]:
            raise grammar_error("min is greater than max")
        return value
    if isinstance(value, dict | Range):
        return value
    raise unexpected(value, "a number, or a mapping with min and max")


class _RangeShape(Range):
    """From min to max, both included; without max there is no end."""

    model_config = ConfigDict(title="Range", json_schema_extra={"minProperties": 1})


Count = Annotated[Range, BeforeValidator(_range, json_schema_input_type=Annotated[int, Field(ge=1)] | _RangeShape)]
"""``1`` is exactly once; a mapping gives bounds."""
