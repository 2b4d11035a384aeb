"""Strict schemas: what the service makes of one where strict was not said, and what it refuses where it was."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
_NO_PARAMETERS: Final[Schema] = {"type": "object", "properties": {}}
# Keywords that no strict schema has (documented).
_NEVER_STRICT: Final = frozenset({
    "allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "oneOf", "patternProperties",
    "unevaluatedProperties", "propertyNames", "minProperties", "maxProperties",
})  # fmt: skip


def shown(schema: Schema | None, *, strict: bool | None) -> tuple[dict[str, Any], bool]:
    """Return a schema and whether it is strict, as a response shows both.

    Where strict was not said, it is true if the schema allows: each object is closed, and all its properties are
    required (recorded: crmne/ruby_llm and others, 2026; objects within others are unverified).
    """
    schema = schema or _NO_PARAMETERS  # recorded for {} with strict false
    if strict is None and _allows_strict(schema):
        return _strict(schema), True
    return dict(schema), bool(strict)


def _allows_strict(schema: Any) -> bool:
    """Return whether a schema may become strict. Unverified where it has keywords that are documented as not strict."""
    if not isinstance(schema, Mapping):
        return False
    if _NEVER_STRICT & schema.keys() or (
        "type" not in schema and not {"anyOf", "enum", "const", "$ref"} & schema.keys()
    ):
        return False
    if "array" in _types(schema) and "items" not in schema:
        return False
    if "object" in _types(schema) and schema.get("additionalProperties", False) is not False:
        return False
    return all(_allows_strict(below) for _path, below in _below(schema))


def _strict(schema: Any) -> Any:
    """Return a schema whose objects are closed and need all of their properties."""
    if not isinstance(schema, Mapping):
        return schema
    changed = dict(schema)
    for word in ("properties", "$defs", "definitions"):
        if isinstance(named := schema.get(word), Mapping):
            changed[word] = {name: _strict(below) for name, below in named.items()}
    if "items" in schema:
        changed["items"] = _strict(schema["items"])
    if isinstance(choices := schema.get("anyOf"), list):
        changed["anyOf"] = [_strict(below) for below in choices]
    if "object" in _types(schema):
        # Where they were not there they come last, in this order (recorded).
        changed["required"] = list(changed.get("properties", {}))
        changed["additionalProperties"] = False
    return changed


def problem_of(schema: Schema) -> str | None:
    """Return why a schema is not strict, in the service's words; None if nothing speaks against it. Reported."""
    return next(_problems(schema, ()), None)


def _problems(schema: Any, context: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    where = f"In context={context!r}, "
    if "object" in _types(schema):
        if schema.get("additionalProperties") is not False:
            yield f"{where}'additionalProperties' is required to be supplied and to be false."
        properties, required = schema.get("properties", {}), schema.get("required")
        listed = required if isinstance(required, list) else []
        missing = [name for name in properties if name not in listed] if isinstance(properties, Mapping) else []
        if missing:
            yield (
                f"{where}'required' is required to be supplied and to be an array including every key in properties."
                f" Missing '{missing[0]}'."
            )
    for path, below in _below(schema):
        yield from _problems(below, (*context, *path))


def _types(schema: Schema) -> tuple[str, ...]:
    kind = schema.get("type")
    return tuple(kind) if isinstance(kind, list) else (kind,) if isinstance(kind, str) else ()


def _below(schema: Schema) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the schemas within a schema, with their paths."""
    for word in ("properties", "$defs", "definitions"):
        if isinstance(named := schema.get(word), Mapping):
            yield from (((word, name), below) for name, below in named.items())
    if "items" in schema:
        yield ("items",), schema["items"]
    if isinstance(choices := schema.get("anyOf"), list):
        yield from ((("anyOf", str(place)), below) for place, below in enumerate(choices))
