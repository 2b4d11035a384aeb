"""Compares arguments with the JSON Schema of a function, and describes the first mismatch in a few words.

Covers what the parameters of functions use; unknown keywords fit everything.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_DEEPEST: Final = 32


class Unknown(str):
    """A text whose content is not known yet: only its type is compared with the schema."""

    __slots__ = ()


def mismatch(value: Any, schema: Any) -> str | None:
    """Return what does not fit; None where everything does."""
    return next(_mismatches(value, schema, schema, "", 0), None)


def _mismatches(value: Any, schema: Any, root: Any, path: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    if isinstance(schema.get("$ref"), str):
        yield from _mismatches(value, _at(root, schema["$ref"]), root, path, depth + 1)
    yield from _plain(value, schema, path or "the arguments")
    for part in schema.get("allOf") or ():
        yield from _mismatches(value, part, root, path, depth + 1)
    for key in ("anyOf", "oneOf"):
        several = schema.get(key)
        if several and all(next(_mismatches(value, part, root, path, depth + 1), None) for part in several):
            yield f"{path or 'the arguments'}: fits none of its {len(several)} forms"
    if isinstance(value, dict):
        yield from _object(value, schema, root, path, depth)
    elif isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from _mismatches(item, schema["items"], root, f"{path}[{number}]", depth + 1)


def _plain(value: Any, schema: Mapping[str, Any], here: str) -> Iterator[str]:
    """Compare a value with type, const, enum and bounds."""
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type") or []
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{here}: expected {' or '.join(kinds)}, got {_kind(value)}"
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if value < low or value > high:
            yield f"{here}: {value} is out of bounds"
    if isinstance(value, Unknown):
        return
    if "const" in schema and value != schema["const"]:
        yield f"{here}: expected {schema['const']!r}"
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        yield f"{here}: expected one of {', '.join(map(str, schema['enum'][:8]))}, got {str(value)[:60]!r}"


def _object(value: dict[str, Any], schema: Mapping[str, Any], root: Any, path: str, depth: int) -> Iterator[str]:
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{path + '.' if path else ''}{name}: is required and missing"
    for name, item in value.items():
        below = f"{path}.{name}" if path else name
        if name in properties:
            yield from _mismatches(item, properties[name], root, below, depth + 1)
        elif schema.get("additionalProperties") is False:
            yield f"{below}: is not among the properties"
        else:
            yield from _mismatches(item, schema.get("additionalProperties"), root, below, depth + 1)


def _at(root: Any, reference: str) -> Any:
    node = root
    for part in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
        node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _kind(value: Any) -> str:
    return next((kind for kind in ("boolean", "integer", "number", *_TYPES) if _is(value, kind)), type(value).__name__)
