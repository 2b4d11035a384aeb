"""Words for JSON Schemas: the shapes of what the API shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
NUMBER: Final[Schema] = {"type": "number"}
YES_OR_NO: Final[Schema] = {"type": "boolean"}
NULL: Final[Schema] = {"type": "null"}
ANYTHING: Final[Schema] = {"type": "object"}
BINARY: Final[Schema] = {"type": "string", "format": "binary"}


def just(value: Any) -> Schema:
    """Return the schema of one value."""
    return {"const": value}


def one_of(*words: str) -> Schema:
    """Return the schema of a string out of a few."""
    return {"type": "string", "enum": list(words)}


def array(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def mapping(values: Schema) -> Schema:
    """Return the schema of an object whose names the client chooses."""
    return {"type": "object", "additionalProperties": values}


def either(*schemas: Schema) -> Schema:
    """Return the schema of a value that fits one of several schemas."""
    return {"anyOf": list(schemas)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return either(schema, NULL)


def shape(fields: Mapping[str, Schema] | None = None, /, *, maybe: Sequence[str] = (), **more: Schema) -> Schema:
    """Return the schema of an object with these fields and no others. maybe: fields that are not always there."""
    properties = {**(fields or {}), **more}
    required = [name for name in properties if name not in maybe]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


# --- checking -------------------------------------------------------------------------------------------------------

_TYPES: Final[Mapping[str, Any]] = {"string": str, "boolean": bool, "object": dict, "array": list}


def misfit(schema: Schema, value: Any, path: str = "") -> str | None:
    """Return why a value does not fit a schema made of these words, None if it does; further fields fit any object.

    None for a value stands for one that is missing, too.
    """
    if "anyOf" in schema:
        fits = any(misfit(one, value, path) is None for one in schema["anyOf"])
        return None if fits else f"{path or 'it'} has another form than that of the API"
    if why := _wrong_value(schema, value):
        return f"{path or 'it'} {why}"
    if isinstance(value, list):
        return _first(misfit(schema["items"], item, f"{path}[{place}]") for place, item in enumerate(value))
    if isinstance(value, dict):
        return _misfit_of_object(schema, value, path)
    return None


def _wrong_value(schema: Schema, value: Any) -> str | None:
    if "const" in schema:
        return None if value == schema["const"] else f"is not {schema['const']!r}"
    kind = schema.get("type")
    if value is None:
        return None if kind in {"null", "missing"} else "is missing"
    if not _is_of_type(str(kind), value):
        return f"is no {kind}"
    return _out_of_bounds(schema, value)


def _is_of_type(kind: str, value: Any) -> bool:
    if kind in {"integer", "number"}:
        return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
    return kind in _TYPES and isinstance(value, _TYPES[kind])


def _out_of_bounds(schema: Schema, value: Any) -> str | None:
    if value not in schema.get("enum", (value,)):
        return f"is none of {', '.join(schema['enum'])}"
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return f"has not {schema['minLength']} to {schema['maxLength']} characters"
    return f"is less than {schema['minimum']}" if "minimum" in schema and value < schema["minimum"] else None


def _misfit_of_object(schema: Schema, value: Mapping[str, Any], path: str) -> str | None:
    prefix = f"{path}." if path else ""
    properties = schema.get("properties", {})
    if missing := [name for name in schema.get("required", ()) if name not in value]:
        return f"{prefix}{missing[0]} is missing"
    others = schema.get("additionalProperties")
    return _first(
        misfit(properties.get(name, others), item, f"{prefix}{name}")
        for name, item in value.items()
        if name in properties or isinstance(others, dict)
    )


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem is not None), None)
