"""Examples of requests to the control API: commands for curl, made of what the API's description says of a route."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from emulator.control.fields import Schema, choices, resolved
from emulator.service.namespaces import DEFAULT

# The parameter that names a namespace.
NAMESPACE: Final = "ns"
JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_MOST_LEVELS: Final = 4


def body_of(operation: Schema) -> tuple[str | None, Schema]:
    """Return the first media type that a route takes, and what is said of it; None where it takes no body."""
    content: Mapping[str, Schema] = operation.get("requestBody", {}).get("content", {})
    return next(iter(content.items()), (None, {}))


def curl(
    method: str, path: str, operation: Schema, schemas: Mapping[str, Schema], url: str, *, with_token: bool
) -> str:
    """Return a command that sends a request to this server."""
    query = []
    for parameter in operation.get("parameters", ()):
        value = _named(parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", value)
        elif parameter["in"] == "query" and parameter.get("required"):
            query.append(f"{parameter['name']}={quote(value)}")
    words = ["curl"]
    if any(_EVENTS in answer.get("content", {}) for answer in operation["responses"].values()):
        words.append("-N")
    media, content = body_of(operation)
    if method != ("GET" if media is None else "POST"):
        words += ["-X", method]
    words.append(shlex.quote(url + path + ("?" + "&".join(query) if query else "")))
    lines = [" ".join(words)]
    if with_token:
        lines.append('-H "Authorization: Bearer $EMULATOR_CONTROL_TOKEN"')
    if media is not None:
        lines.append(f"-H {shlex.quote(f'content-type: {media}')}")
        lines.append(_data(media, content, schemas))
    return " \\\n  ".join(lines)


def _named(parameter: Schema) -> str:
    if parameter["name"] == NAMESPACE:
        return DEFAULT
    examples = _examples(parameter) or _examples(parameter.get("schema", {}))
    return str(examples[0]) if examples else str(parameter["name"]).upper()


def _data(media: str, content: Schema, schemas: Mapping[str, Schema]) -> str:
    if media == JSON:
        examples = _examples(content)
        value = examples[0] if examples else _example(content.get("schema", {}), schemas)
        return f"-d {shlex.quote(json.dumps(value, ensure_ascii=False))}"
    return f"--data-binary {shlex.quote(content['example']) if 'example' in content else '@FILE'}"


def _examples(described_value: Schema) -> Sequence[Any]:
    if "example" in described_value:
        return [described_value["example"]]
    examples = described_value.get("examples") or ()
    # Of media types and parameters they have names, of schemas they have none.
    return [one["value"] for one in examples.values()] if isinstance(examples, dict) else list(examples)


def _example(schema: Schema, schemas: Mapping[str, Schema], level: int = 0) -> Any:
    """Return a value that fits; of an object the fields that have to be there, and those with examples."""
    candidates: Iterable[Schema] = (schema, *choices(schema, schemas))
    for one in candidates:
        if examples := _examples(one):
            return examples[0]
    first = next(iter(choices(schema, schemas)), {})
    if "enum" in first or "const" in first:
        return first["const"] if "const" in first else first["enum"][0]
    if properties := first.get("properties"):
        chosen = {
            name: field
            for name, field in properties.items()
            if name in first.get("required", ()) or _examples(resolved(field, schemas)) or _examples(field)
        }
        return {name: _example(field, schemas, level + 1) for name, field in chosen.items() if level < _MOST_LEVELS}
    if first.get("type") == "array":
        return [_example(first.get("items", {}), schemas, level + 1)]
    return {"string": "text", "integer": 1, "number": 1, "boolean": True}.get(first.get("type", ""), {})
