"""The fields of bodies and parameters, as JSON Schema describes them, in a list that people read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

_REFERENCE: Final = "#/components/schemas/"
# Fields within fields, as deep as a reader follows.
_MOST_LEVELS: Final = 4
# Bounds beyond these are those of the machine, and tell a reader nothing.
_TELLING: Final = 10**9
_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body. name: its path in the body. default: as JSON; None where there is none."""

    name: str
    type: str
    about: str
    is_required: bool = False
    default: str | None = None


def parameter_field(parameter: Schema, schemas: Mapping[str, Schema]) -> Field:
    """Return a parameter of a path, a query or a header."""
    schema = parameter.get("schema", {})
    name = parameter["name"] if parameter["in"] != "header" else f"header {parameter['name']}"
    about = parameter.get("description") or schema.get("description", "")
    return Field(name, _type(schema, schemas), about, bool(parameter.get("required")), _default(schema))


def fields_of(schema: Schema, schemas: Mapping[str, Schema], prefix: str = "", level: int = 0) -> Iterator[Field]:
    """Yield the fields of an object, each followed by those within it."""
    of_object = _object(schema, schemas)
    if of_object is None or level == _MOST_LEVELS:
        return
    required = of_object.get("required", ())
    for name, field in of_object["properties"].items():
        path = f"{prefix}{name}"
        yield Field(path, _type(field, schemas), field.get("description", ""), name in required, _default(field))
        of_items = next((one["items"] for one in choices(field, schemas) if "items" in one), None)
        if of_items is None:
            yield from fields_of(field, schemas, f"{path}.", level + 1)
        else:
            yield from fields_of(of_items, schemas, f"{path}[].", level + 1)


def _default(schema: Schema) -> str | None:
    default = schema.get("default")
    return None if default is None or default == {} else json.dumps(default, ensure_ascii=False)


def resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """Return the schema that a reference means, or the one that is given."""
    reference = schema.get("$ref")
    return schemas.get(reference.removeprefix(_REFERENCE), {}) if reference else schema


def choices(schema: Schema, schemas: Mapping[str, Schema]) -> list[Schema]:
    """Return what a value may be, each as a schema of its own; null is left out, because it says nothing."""
    schema = resolved(schema, schemas)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several is None:
        return [schema]
    return [inner for one in several for inner in choices(one, schemas) if inner.get("type") != "null"]


def _object(schema: Schema, schemas: Mapping[str, Schema]) -> Schema | None:
    return next((one for one in choices(schema, schemas) if one.get("properties")), None)


def _type(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    return " or ".join(dict.fromkeys(_plain_type(one, schemas) for one in choices(schema, schemas))) or "any"


def _plain_type(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    if "enum" in schema:
        return ", ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), schemas)}"
    if schema.get("type") == "object" and isinstance(of := schema.get("additionalProperties"), dict):
        return f"object of {_type(of, schemas)}"
    if "type" not in schema:
        return "object" if "properties" in schema else "any JSON value"
    name = schema.get("format") if schema.get("format") == "date" else _TYPES.get(schema["type"], schema["type"])
    return f"{name}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    least, most = (
        value if value is not None and abs(value) < _TELLING else None
        for value in (schema.get("minimum"), schema.get("maximum"))
    )
    if least is not None and most is not None:
        return f", {least:g} to {most:g}"
    if least is not None:
        return f", at least {least:g}"
    return "" if most is None else f", at most {most:g}"
