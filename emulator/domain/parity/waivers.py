"""Waivers: differences that are meant, each with its reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from emulator.domain.nearest import did_you_mean
from emulator.domain.parity.report import Difference, Kind
from emulator.domain.parity.rules import matches

_KEYS: Final = ("dialogue", "turn", "field", "kind", "reason")
_KINDS: Final[tuple[str, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver. field: ``*`` stands for any text. dialogue: its number or an id of it. turn: its number or its name.

    What is None may be any.
    """

    reason: str
    field: str
    dialogue: int | str | None = None
    turn: int | str | None = None
    kind: str | None = None

    def covers(self, difference: Difference, *, ids: Collection[str], names: Collection[str]) -> bool:
        """Return whether a difference is meant. ids: of its dialogue on either side; names: of its turn in scripts."""
        return (
            matches(self.field, difference.field)
            and self.kind in (None, difference.kind)
            and (self.dialogue in (None, difference.dialogue) or self.dialogue in ids)
            and (self.turn in (None, difference.turn) or self.turn in names)
        )


def waivers_from(data: Any) -> tuple[Waiver, ...]:
    """Return the waivers of a file as it was read; raise ValueError with the place and what is wrong there."""
    if not isinstance(data, Mapping) or "waivers" not in data:
        message = "waivers: the file has to be a mapping with the list waivers"
        raise ValueError(message)
    _check_keys("", data, ("waivers",))
    entries = data["waivers"]
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        message = "waivers: has to be a list"
        raise ValueError(message)  # noqa: TRY004 - the one error of a file
    return tuple(_waiver(f"waivers[{place}]", entry) for place, entry in enumerate(entries))


def _waiver(path: str, entry: Any) -> Waiver:
    if not isinstance(entry, Mapping):
        message = f"{path}: has to be a mapping"
        raise ValueError(message)  # noqa: TRY004 - see above
    _check_keys(f"{path}.", entry, _KEYS)
    for key in ("reason", "field"):
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip():
            message = f"{path}.{key}: is required, and has to be a text"
            raise ValueError(message)
    for key in ("dialogue", "turn"):
        value = entry.get(key)
        if isinstance(value, bool) or not isinstance(value, int | str | None) or _is_none(value):
            what = "an id" if key == "dialogue" else "a name"
            message = f"{path}.{key}: has to be a number from 1, or {what}"
            raise ValueError(message)
    kind = entry.get("kind")
    if kind is not None and kind not in _KINDS:
        message = f"{path}.kind: has to be one of {', '.join(_KINDS)}"
        raise ValueError(message)
    return Waiver(**{key: entry[key] for key in _KEYS if key in entry})


def _is_none(value: int | str | None) -> bool:
    """Return whether a number or a name can be none of a dialogue or a turn."""
    return value < 1 if isinstance(value, int) else value is not None and not value.strip()


def _check_keys(path: str, entry: Mapping[Any, Any], known: Sequence[str]) -> None:
    for key in entry:
        if key not in known:
            message = f"{path}{key}: is not known{did_you_mean(str(key), known)}"
            raise ValueError(message)
