"""The document that a scenario of the grammar was read from, or could have been: short, and in the grammar's order."""

import inspect
from collections.abc import Iterator
from typing import Any

from scripted_models.grammar.matchers import Matcher
from scripted_models.grammar.parts import Range, Strict


def document_of(spec: Strict) -> dict[str, Any]:
    """Return what is written of a scenario, or of a part of it such as a turn; what was left out stays left out.

    Keys stand in the grammar's order: of a step its verb first, then its options.
    """
    return {
        field.alias or name: _value(getattr(spec, name))
        for name, field in ((name, type(spec).model_fields[name]) for name in _names(type(spec)))
        if name in spec.model_fields_set
    }


def _names(kind: type[Strict]) -> Iterator[str]:
    """Yield the fields of a mapping: its own before those that it shares with others."""
    seen = set[str]()
    for base in kind.__mro__:
        for name in inspect.get_annotations(base):
            if name in kind.model_fields and name not in seen:
                seen.add(name)
                yield name


def _value(value: Any) -> Any:
    match value:
        case Matcher(equals=str(text)) if value.model_fields_set == {"equals"}:
            return text
        case Range(min=least, max=most) if least == most:
            return least
        case Strict():
            return document_of(value)
        case dict():
            return {key: _value(one) for key, one in value.items()}
        case list():
            return [_value(one) for one in value]
    return value
