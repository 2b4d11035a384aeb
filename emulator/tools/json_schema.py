"""Words for JSON Schemas: the shapes of what the API shows."""

from collections.abc import Mapping, Sequence
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
