"""Coercion as v1 did it: its validator converted values of another type where it could (recorded for metadata)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_TRUE: Final = ("true", "1", "on", "t", "y", "yes")
_FALSE: Final = ("false", "0", "off", "f", "n", "no")


def coerce(kind: str, value: Any) -> Any:
    """Return a value as v1 converted it, None if it could not. kind: the type of pydantic's error about the value."""
    convert = _CONVERSIONS.get(kind)
    return None if convert is None or value is None else convert(value)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, bool | int | float) else None


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, str | bool) else None
    except ValueError:
        return None


def _integer(value: Any) -> int | None:
    try:
        return int(value) if isinstance(value, str | bool | float) else None
    except (ValueError, OverflowError):
        return None


def _boolean(value: Any) -> bool | None:
    word = str(value).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _object(value: Any) -> dict[str, Any] | None:
    return {} if value == [] else None


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string_type": _text,
    "float_type": _number,
    "int_type": _integer,
    "int_from_float": _integer,
    "bool_type": _boolean,
    "dict_type": _object,
    "model_type": _object,
}
