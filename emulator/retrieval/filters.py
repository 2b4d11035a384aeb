"""Filters of a vector store search: comparisons of a file's attributes, joined by `and` and `or`.

Operators and shapes: the API's specification. Two rules are this emulator's own, because no recording shows them: a
file without the attribute fits only `ne` and `nin`, and values of different types are never equal and have no order.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any, Final

Predicate = Callable[[Mapping[str, Any]], bool]

MAX_DEPTH: Final = 32
MAX_PARTS: Final = 1_000

_SCALARS: Final = (str, int, float, bool)
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_OPPOSITES: Final = {"ne": "eq", "nin": "in"}
_COMPARISONS: Final = ("eq", "ne", *_ORDERS, "in", "nin")


def predicate(filter: Mapping[str, Any] | None) -> Predicate:  # noqa: A002 - the API's word
    """Return what tells whether attributes (name -> string, number or boolean) fit a filter; None: everything fits.

    Raises ValueError with the place in the filter if it is malformed.
    """
    if filter is None:
        return lambda _attributes: True
    check(filter)
    return _compiled(filter)


def check(filter: Any) -> None:  # noqa: A002 - the API's word
    """Raise ValueError if a filter is malformed, deeper than `MAX_DEPTH` or has over `MAX_PARTS` parts."""
    pending: list[tuple[str, Any, int]] = [("filters", filter, 1)]
    parts = 0
    while pending:
        place, part, depth = pending.pop()
        parts += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"{place}: nested more than {MAX_DEPTH} deep")
        inner = _check_part(place, part)
        if parts + len(pending) + len(inner) > MAX_PARTS:
            raise ValueError(f"filters: more than {MAX_PARTS} parts")
        pending += [(f"{place}.filters[{n}]", each, depth + 1) for n, each in enumerate(inner)]


def _check_part(place: str, part: Any) -> Sequence[Any]:
    """Check one part and return the parts within it."""
    if not isinstance(part, Mapping):
        raise ValueError(f"{place}: expected an object, got {_type_name(part)}")  # noqa: TRY004 - the data is wrong, not the call
    kind = part.get("type")
    if kind in ("and", "or"):
        _check_keys(place, part, {"type", "filters"})
        inner = part["filters"]
        if not isinstance(inner, list | tuple):
            raise ValueError(f"{place}.filters: expected an array, got {_type_name(inner)}")
        return inner
    if not isinstance(kind, str) or kind not in _COMPARISONS:
        raise ValueError(f"{place}.type: expected one of {', '.join((*_COMPARISONS, 'and', 'or'))}, got {kind!r}")
    _check_keys(place, part, {"type", "key", "value"})
    if not isinstance(part["key"], str):
        raise ValueError(f"{place}.key: expected a string, got {_type_name(part['key'])}")  # noqa: TRY004 - as above
    _check_value(f"{place}.value", part["value"], several=kind in ("in", "nin"))
    return []


def _check_keys(place: str, part: Mapping[str, Any], expected: set[str]) -> None:
    if missing := sorted(expected - part.keys()):
        raise ValueError(f"{place}: {', '.join(missing)} missing")
    if extra := sorted(map(str, part.keys() - expected)):
        raise ValueError(f"{place}: unknown {', '.join(extra)}")


def _check_value(place: str, value: Any, *, several: bool) -> None:
    if several:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{place}: expected an array, got {_type_name(value)}")
        for n, each in enumerate(value):
            if not isinstance(each, _SCALARS):
                _check_value(f"{place}[{n}]", each, several=False)
    elif not isinstance(value, _SCALARS):
        raise ValueError(f"{place}: expected a string, number or boolean, got {_type_name(value)}")


def _type_name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case _:
            return "an array" if isinstance(value, list | tuple) else "an object"


def _compiled(part: Mapping[str, Any]) -> Predicate:
    """Return a checked part as a function: the files of a store may be many, and so may be the values of `in`."""
    match part["type"]:
        case "and":
            every = [_compiled(each) for each in part["filters"]]
            return lambda attributes: all(fits(attributes) for fits in every)
        case "or":
            some = [_compiled(each) for each in part["filters"]]
            return lambda attributes: any(fits(attributes) for fits in some)
        case "ne" | "nin" as kind:
            fits = _comparison(_OPPOSITES[kind], part["key"], part["value"])
            return lambda attributes: not fits(attributes)
        case kind:
            return _comparison(kind, part["key"], part["value"])


def _comparison(kind: str, key: str, value: Any) -> Predicate:
    if kind in _ORDERS:
        compare = _ORDERS[kind]
        return lambda found: key in found and _ordered(found[key], value) and compare(found[key], value)
    values = frozenset(_typed(each) for each in (value if kind == "in" else [value]))
    return lambda found: key in found and _typed(found[key]) in values


def _typed(value: Any) -> tuple[bool, Any]:
    # To Python True equals 1; to the API it does not.
    return isinstance(value, bool), value


def _ordered(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    return (isinstance(one, str) and isinstance(other, str)) or (
        isinstance(one, int | float) and isinstance(other, int | float)
    )
