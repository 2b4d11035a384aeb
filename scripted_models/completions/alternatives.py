"""What the schema says of a place: the shapes that a value may have there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from scripted_models.problems import Path
from scripted_models.scenario_schema import schema

Shape = Mapping[str, Any]
_CHOICES: Final = ("anyOf", "oneOf", "allOf")


@cache
def _root() -> Shape:
    return schema()


def shapes_at(path: Path) -> list[Shape]:
    """Return the shapes of the value at a path; none where the format has no such place."""
    shapes = list(_flat(_root()))
    for part in path:
        shapes = [one for shape in shapes for below in _below(shape, part) for one in _flat(below)]
    return shapes


def _below(shape: Shape, part: str | int) -> Iterator[Shape]:
    if isinstance(part, int):
        if isinstance(shape.get("items"), Mapping):
            yield shape["items"]
    elif part in shape.get("properties", {}):
        yield shape["properties"][part]
    elif isinstance(shape.get("additionalProperties"), Mapping):
        yield shape["additionalProperties"]


def _flat(shape: Shape) -> Iterator[Shape]:
    """Yield the shapes that one stands for, without null, which nobody writes."""
    if "$ref" in shape:
        yield from _flat(_root()["$defs"][shape["$ref"].rsplit("/", 1)[-1]])
        return
    choices = next((shape[name] for name in _CHOICES if name in shape), None)
    if choices is not None:
        for one in choices:
            yield from _flat(one)
    elif shape.get("type") != "null":
        yield shape


def shapes_of(shape: Shape) -> list[Shape]:
    """Return the shapes that one stands for."""
    return list(_flat(shape))


def fitting(shapes: Sequence[Shape], keys: Collection[str]) -> list[Shape]:
    """Return the mappings that may have some keys together: of the steps, those of one verb. All, where none may."""
    mappings = [one for one in shapes if "properties" in one]
    return [one for one in mappings if all(key in one["properties"] for key in keys)] or mappings


def about(shape: Shape) -> str:
    """Return what the schema says of a property, or of what it refers to."""
    if "description" in shape:
        return str(shape["description"])
    return next((str(one["description"]) for one in _flat(shape) if "description" in one), "")


def is_list(shape: Shape) -> bool:
    """Return whether a property is a list, or a mapping that few write in its place."""
    types = [one.get("type") for one in _flat(shape)]
    return types[:1] == ["array"] and set(types) <= {"array", "object"}


def is_mapping(shape: Shape) -> bool:
    """Return whether a property is always a mapping."""
    return all(one.get("type") == "object" for one in _flat(shape))
