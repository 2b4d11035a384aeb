"""Waivers as data, from files and from requests: read one by one, and refused with what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from emulator.domain.nearest import did_you_mean
from emulator.domain.parity.report import Kind
from emulator.domain.parity.waivers import Waiver

_FIELDS: Final = ("dialogue", "turn", "field", "kind", "reason")
_KINDS: Final = get_args(Kind)


def waivers_from(data: Any) -> tuple[Waiver, ...]:
    """Return the waivers of a list; raise ValueError with the number and the field of what is wrong."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise ValueError("waivers: give a list")  # noqa: TRY004 - of data, not of arguments
    waivers: list[Waiver] = []
    for number, one in enumerate(data):
        try:
            waivers.append(one if isinstance(one, Waiver) else waiver_from(one))
        except ValueError as error:
            raise ValueError(f"waivers[{number}]{error}") from None
    return tuple(waivers)


def waiver_from(data: Any) -> Waiver:
    """Return one waiver; raise ValueError, whose text continues that of the waiver's place."""
    if not isinstance(data, Mapping):
        raise ValueError(": give an object with a field and a reason")  # noqa: TRY004 - as above
    for name in data:
        if name not in _FIELDS:
            raise ValueError(f": there is no field {name!r}{did_you_mean(str(name), _FIELDS)}")
    for name in ("field", "reason"):
        text = data.get(name)
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f".{name}: give a text that says {_WANTED[name]}")
    for name in ("dialogue", "turn"):
        _check_place(name, data.get(name))
    if data.get("kind") not in (None, *_KINDS):
        raise ValueError(f".kind: {data['kind']!r} is none of {', '.join(_KINDS)}")
    return Waiver(**data)


_WANTED: Final = {
    "field": "what differs, such as tools.*",
    "reason": "why the difference is meant",
}


def _check_place(name: str, value: Any) -> None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not (value is None or is_number or (isinstance(value, str) and value)):
        other = "its id" if name == "dialogue" else "its name"
        raise ValueError(f".{name}: {value!r} is neither the number of a {name}, from 1, nor {other}")
