"""What may stand where the cursor is, with what it means, and what to insert for it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from scripted_models.completions.alternatives import Shape, about, fitting, is_list, is_mapping, shapes_at, shapes_of
from scripted_models.completions.places import spot_of
from scripted_models.completions.spots import Spot
from scripted_models.problems import format_path

_TYPES: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_BOOLEANS: Final = ("true", "false")


@dataclass(frozen=True, slots=True)
class Option:
    """What may be written. insert: in place of the word before the cursor. about: what it means."""

    text: str
    insert: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Hints:
    """What there is to say of a place. path: as problems have it. expects: what it takes, as people say it.

    replaces: how many characters before the cursor an option takes the place of.
    """

    path: str = ""
    about: str = ""
    expects: str = ""
    options: Sequence[Option] = ()
    replaces: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self)


def hints(text: str, offset: int) -> Hints:
    """Return what may be written behind so many characters of a scenario; empty where the format leaves it open."""
    spot = spot_of(text, max(0, min(offset, len(text))))
    if spot is None:
        return Hints()
    if spot.kind == "text":
        return Hints(format_path(spot.path), _about_value(spot))
    options = list(_keys(spot)) if spot.kind in ("key", "item") else []
    if spot.kind in ("value", "item"):
        options += _values(spot)
    word = spot.word.strip("\"'")
    begun = [one for one in options if one.text.startswith(word)]
    return Hints(
        path=format_path(spot.path),
        about=_about_value(spot),
        expects=_expects(spot),
        options=begun,
        replaces=len(spot.word),
    )


def _mappings(spot: Spot) -> list[Shape]:
    return fitting(shapes_at(spot.path), spot.siblings)


def _keys(spot: Spot) -> Iterator[Option]:
    """Yield the keys that are missing; of a step without a verb, the verbs."""
    mappings = _mappings(spot)
    is_open = len(mappings) > 1  # what it becomes is decided by what it has to have
    seen = set(spot.siblings)
    for shape in mappings:
        for key, value in shape["properties"].items():
            if key not in seen and (not is_open or key == _verb(shape)):
                seen.add(key)
                said = about(shape) if is_open else about(value)
                yield Option(key, _insert_key(spot, key, value), said)


def _verb(shape: Shape) -> str | None:
    return next(iter(shape.get("required", ())), None)


def _insert_key(spot: Spot, key: str, value: Shape) -> str:
    if spot.is_json:
        return f'"{key}": '
    if spot.in_flow:
        return f"{key}: "
    pad = "\n" + " " * spot.column
    return f"{key}:{pad}- " if is_list(value) else f"{key}:{pad}  " if is_mapping(value) else f"{key}: "


def _values(spot: Spot) -> Iterator[Option]:
    lead = " " if spot.is_close and not spot.in_flow else ""
    for value in dict.fromkeys(_constants(_shapes(spot))):
        yield Option(value, lead + (f'"{value}"' if _needs_quotes(spot, value) else value))


def _needs_quotes(spot: Spot, value: str) -> bool:
    return spot.is_json and value not in _BOOLEANS and not value.isdigit()


def _constants(shapes: Sequence[Shape]) -> Iterator[str]:
    for shape in shapes:
        for value in shape.get("enum", [shape["const"]] if "const" in shape else []):
            yield value if isinstance(value, str) else json.dumps(value)
        if shape.get("type") == "boolean" and "const" not in shape and "enum" not in shape:
            yield from _BOOLEANS


def _shapes(spot: Spot) -> list[Shape]:
    """Return the shapes of the value; of a key that steps share, that of the step that has its siblings."""
    if spot.kind != "value" or not spot.path or not isinstance(spot.path[-1], str):
        return shapes_at(spot.path)
    owners = fitting(shapes_at(spot.path[:-1]), spot.siblings)
    if len(owners) != 1:
        return shapes_at(spot.path)
    own = owners[0]["properties"].get(spot.path[-1])
    return shapes_at(spot.path) if own is None else shapes_of(own)


def _about_value(spot: Spot) -> str:
    """Return what the place means: its key, or the mapping that the cursor is in."""
    if spot.kind == "value" and spot.path and isinstance(spot.path[-1], str):
        key = spot.path[-1]
        owners = [one for one in fitting(shapes_at(spot.path[:-1]), spot.siblings) if key in one["properties"]]
        for owner in sorted(owners, key=lambda one: _verb(one) != key):
            return about(owner["properties"][key]) or (about(owner) if _verb(owner) == key else "")
    mappings = _mappings(spot)
    return about(mappings[0]) if len(mappings) == 1 else ""


def _expects(spot: Spot) -> str:
    if spot.kind == "key":
        return ""
    kinds = dict.fromkeys(_TYPES[shape["type"]] for shape in _shapes(spot) if shape.get("type") in _TYPES)
    *first, last = [*kinds] or [""]
    return f"{', '.join(first)} or {last}" if first else last
