"""The conditions of a Python turn, read by the same grammar as a scenario's ``when`` and ``uses``."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scripted_models.candidates import unknown_state
from scripted_models.grammar.explain import describe_all
from scripted_models.grammar.matchers import When
from scripted_models.grammar.parts import Count, Range

_COUNT: TypeAdapter[Range] = TypeAdapter(Count)


def parse_when(fields: Mapping[str, Any], states: Sequence[str]) -> When:
    """Return the fields of a ``when``; ValueError explains what is wrong with them."""
    try:
        when = When.model_validate(dict(fields))
    except ValidationError as error:
        raise ValueError(describe_all(error, When)) from None
    unknown = [state for state in when.state or () if states and state not in states]
    if unknown:
        raise ValueError(f"state: {unknown_state(unknown[0], states)}")
    return when


def parse_uses(uses: int | Mapping[str, int]) -> Range:
    """Return how often a turn may be played; ValueError explains what is wrong with it."""
    try:
        return _COUNT.validate_python(uses if isinstance(uses, int) else dict(uses))
    except ValidationError as error:
        raise ValueError(f"uses: {describe_all(error, Range)}") from None
