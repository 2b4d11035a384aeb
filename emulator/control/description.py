"""What the control API says of itself: its OpenAPI description, and the same by nouns for the documentation page."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

Schema = Mapping[str, Any]

_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
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
_NAMESPACE: Final = ("ns", "default")
_ABOUT_NAMESPACE: Final = "The name of a namespace: 1 to 64 of `a-z`, `0-9`, dot, dash and underscore."


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body. name: its path in the body. default: as JSON; None where there is none."""

    name: str
    type: str
    about: str
    is_required: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A route. takes: the media type of its body, if that is not JSON. answers: by status, with what they mean."""

    method: str
    path: str
    summary: str
    about: Sequence[str]
    parameters: Sequence[Field]
    body: Sequence[Field]
    takes: str | None
    about_body: str
    answers: Sequence[tuple[str, str]]
    curl: str

    @property
    def anchor(self) -> str:
        """The name of the route within the page."""
        return f"{self.method}{self.path}".lower().translate({ord("{"): None, ord("}"): None, ord("/"): "-"})


@dataclass(frozen=True, slots=True)
class Group:
    """The routes of a noun."""

    name: str
    about: str
    operations: Sequence[Operation]


def described(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document in which the first paragraph of each description is the summary."""
    for _, _, operation in _operations(document):
        first, _, rest = operation.get("description", "").partition("\n\n")
        if first:
            operation["summary"] = _on_one_line(first).removesuffix(".")
            operation["description"] = rest.strip()
        if not operation.get("description"):
            operation.pop("description", None)
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == _NAMESPACE[0]:
                parameter.setdefault("description", _ABOUT_NAMESPACE)
    return document


def groups(document: Mapping[str, Any], url: str, *, with_token: bool) -> list[Group]:
    """Return the routes by their tags. url: of the control API, for the examples. with_token: they need its token."""
    schemas = document.get("components", {}).get("schemas", {})
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document.get("tags", ())}
    for method, path, operation in _operations(document):
        tag = next(iter(operation.get("tags", ())), "more")
        found.setdefault(tag, []).append(_operation(method, path, operation, schemas, url, with_token=with_token))
    about = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    return [Group(name, about.get(name, ""), operations) for name, operations in found.items() if operations]


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(
    method: str, path: str, operation: Schema, schemas: Mapping[str, Schema], url: str, *, with_token: bool
) -> Operation:
    media, content = _body(operation)
    fields = _fields(content.get("schema", {}), schemas) if media == _JSON else ()
    answers = {status: answer for status, answer in operation["responses"].items() if status != "4XX"}
    return Operation(
        method,
        path,
        operation.get("summary", ""),
        [_on_one_line(part) for part in operation.get("description", "").split("\n\n") if part],
        [_parameter(parameter, schemas) for parameter in operation.get("parameters", ())],
        list(fields),
        None if media == _JSON else media,
        operation.get("requestBody", {}).get("description", ""),
        [(status, answer.get("description", "")) for status, answer in answers.items()],
        _curl(method, path, operation, schemas, url, with_token=with_token),
    )


def _body(operation: Schema) -> tuple[str | None, Schema]:
    """Return the first media type that a route takes, and what is said of it; None where it takes no body."""
    content: Mapping[str, Schema] = operation.get("requestBody", {}).get("content", {})
    return next(iter(content.items()), (None, {}))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


# --- fields ---------------------------------------------------------------------------------------------------------


def _parameter(parameter: Schema, schemas: Mapping[str, Schema]) -> Field:
    schema = parameter.get("schema", {})
    name = parameter["name"] if parameter["in"] != "header" else f"header {parameter['name']}"
    about = parameter.get("description") or schema.get("description", "")
    return Field(name, _type(schema, schemas), about, bool(parameter.get("required")), _default(schema))


def _fields(schema: Schema, schemas: Mapping[str, Schema], prefix: str = "", level: int = 0) -> Iterator[Field]:
    """Yield the fields of an object, each followed by those within it."""
    of_object = _object(schema, schemas)
    if of_object is None or level == _MOST_LEVELS:
        return
    required = of_object.get("required", ())
    for name, field in of_object["properties"].items():
        path = f"{prefix}{name}"
        yield Field(path, _type(field, schemas), field.get("description", ""), name in required, _default(field))
        of_items = next((one["items"] for one in _choices(field, schemas) if "items" in one), None)
        if of_items is None:
            yield from _fields(field, schemas, f"{path}.", level + 1)
        else:
            yield from _fields(of_items, schemas, f"{path}[].", level + 1)


def _default(schema: Schema) -> str | None:
    default = schema.get("default")
    return None if default is None or default == {} else json.dumps(default, ensure_ascii=False)


def _resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    return schemas.get(reference.removeprefix(_REFERENCE), {}) if reference else schema


def _choices(schema: Schema, schemas: Mapping[str, Schema]) -> list[Schema]:
    """Return what a value may be, each as a schema of its own; null is left out, because it says nothing."""
    schema = _resolved(schema, schemas)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several is None:
        return [schema]
    return [inner for one in several for inner in _choices(one, schemas) if inner.get("type") != "null"]


def _object(schema: Schema, schemas: Mapping[str, Schema]) -> Schema | None:
    return next((one for one in _choices(schema, schemas) if one.get("properties")), None)


def _type(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    return " or ".join(dict.fromkeys(_plain_type(one, schemas) for one in _choices(schema, schemas))) or "any"


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


# --- examples -------------------------------------------------------------------------------------------------------


def _curl(
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
    media, content = _body(operation)
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
    if parameter["name"] == _NAMESPACE[0]:
        return _NAMESPACE[1]
    examples = _examples(parameter) or _examples(parameter.get("schema", {}))
    return str(examples[0]) if examples else str(parameter["name"]).upper()


def _data(media: str, content: Schema, schemas: Mapping[str, Schema]) -> str:
    if media == _JSON:
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
    candidates: Iterable[Schema] = (schema, *_choices(schema, schemas))
    for one in candidates:
        if examples := _examples(one):
            return examples[0]
    first = next(iter(_choices(schema, schemas)), {})
    if "enum" in first or "const" in first:
        return first["const"] if "const" in first else first["enum"][0]
    if properties := first.get("properties"):
        chosen = {
            name: field
            for name, field in properties.items()
            if name in first.get("required", ()) or _examples(_resolved(field, schemas)) or _examples(field)
        }
        return {name: _example(field, schemas, level + 1) for name, field in chosen.items() if level < _MOST_LEVELS}
    if first.get("type") == "array":
        return [_example(first.get("items", {}), schemas, level + 1)]
    return {"string": "text", "integer": 1, "number": 1, "boolean": True}.get(first.get("type", ""), {})
