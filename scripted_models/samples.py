"""Values made from a JSON Schema: the plainest one that fits, the same every time.

Taken in this order: const, default, the first of examples and enum, then the type with its bounds. Required properties
and those with a default are filled; the others too, as long as the schema does not lead back into itself.
"""

from collections.abc import Mapping
from typing import Any, Final

from scripted_models.sample_values import bounded_count, sample_number, sample_text

_DEEPEST: Final = 12


def sample(schema: Any) -> Any:
    """Return a value for the parameters of a function: a mapping, empty where there is no schema."""
    value = _Sampler(schema).make(schema, 0) if isinstance(schema, Mapping) else {}
    return value if isinstance(value, dict) else {}


class _Sampler:
    def __init__(self, root: Any) -> None:
        self._root = root

    def make(self, schema: Any, depth: int) -> Any:  # noqa: C901, PLR0911 - one return for each type
        """Return a value that fits."""
        if not isinstance(schema, Mapping):
            return "text"
        schema = self._resolved(schema, depth) if depth < _DEEPEST else {}
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if isinstance(schema.get(key), list) and schema[key]:
                return schema[key][0]
        match self._type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer" | "number" as kind:
                return sample_number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return sample_text(schema)

    def _resolved(self, schema: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """Follow references and merge the parts of a combined schema."""
        for _ in range(_DEEPEST):
            if isinstance(schema.get("$ref"), str):
                beside = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._at(schema["$ref"]), **beside}
            elif isinstance(schema.get("allOf"), list):
                schema = self._merged(schema, schema["allOf"], depth + 1)
            elif choices := next(
                (schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)), None
            ):
                rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
                schema = self._merged(rest, [self._plainest(choices, depth)], depth + 1)
            else:
                break
        return schema

    def _merged(self, schema: Mapping[str, Any], parts: list[Any], depth: int) -> Mapping[str, Any]:
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            resolved = self._resolved(part, depth) if isinstance(part, Mapping) and depth < _DEEPEST else {}
            properties = {**_fields(resolved, "properties"), **_fields(merged, "properties")}
            required = [*_items(merged, "required"), *_items(resolved, "required")]
            merged |= resolved
            merged |= {key: value for key, value in (("properties", properties), ("required", required)) if value}
        return merged

    def _plainest(self, choices: list[Any], depth: int) -> Any:
        """Prefer the first choice; deep down the first that leads no further, and null last of all."""
        plain = [choice for choice in choices if isinstance(choice, Mapping) and choice.get("type") != "null"]
        if depth > _DEEPEST // 2:
            plain = [one for one in plain if not {"$ref", "properties", "items"} & set(one)] or [{"type": "null"}]
        return plain[0] if plain else {"type": "null"}

    def _at(self, reference: str) -> Mapping[str, Any]:
        node = self._root
        for part in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            name = part.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, Mapping) else None
        return node if isinstance(node, Mapping) else {}

    def _type(self, schema: Mapping[str, Any]) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if isinstance(kind, str):
            return kind
        if "properties" in schema or "required" in schema or "additionalProperties" in schema:
            return "object"
        if "items" in schema or "prefixItems" in schema:
            return "array"
        return "number" if {"minimum", "maximum", "multipleOf"} & set(schema) else "string"

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = _fields(schema, "properties")
        required = [name for name in _items(schema, "required") if isinstance(name, str)]
        names = [name for name in properties if name in required or depth < _DEEPEST // 3]
        result = {name: self.make(properties[name], depth + 1) for name in names if depth < _DEEPEST}
        for name in required:
            if name not in result and depth < _DEEPEST:
                result[name] = self.make(properties.get(name, schema.get("additionalProperties", {})), depth + 1)
        while len(result) < bounded_count(schema, "minProperties") and depth < _DEEPEST:
            result[f"key{len(result) + 1}"] = self.make(schema.get("additionalProperties"), depth + 1)
        return result

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = [self.make(one, depth + 1) for one in _items(schema, "prefixItems") if depth < _DEEPEST]
        least = bounded_count(schema, "minItems")
        most = schema.get("maxItems")
        count = max(least, 0 if depth > _DEEPEST // 2 else 1)
        if isinstance(most, int):
            count = min(count, most)
        while len(first) < count and depth < _DEEPEST and schema.get("items") is not False:
            value = self.make(schema.get("items"), depth + 1)
            first.append(_other(value, len(first), schema.get("items")) if schema.get("uniqueItems") else value)
        return first


def _fields(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = schema.get(key)
    return value if isinstance(value, Mapping) else {}


def _items(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _other(value: Any, number: int, schema: Any) -> Any:
    """Return another value for a list in which none may come twice."""
    options = schema.get("enum") if isinstance(schema, Mapping) else None
    if isinstance(options, list) and number < len(options):
        return options[number]
    if isinstance(value, bool):
        return number == 0
    if isinstance(value, int | float):
        return value + number
    return f"{value}{number + 1}" if isinstance(value, str) and number else value
