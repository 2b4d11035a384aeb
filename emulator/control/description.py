"""What the control API says of itself: its OpenAPI description, and the same by nouns for the documentation page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.control.examples import JSON, NAMESPACE, body_of, curl
from emulator.control.fields import Field, Schema, fields_of, parameter_field

# What the framework says of an answer that nothing is said of.
_UNSAID: Final = "Successful Response"
# Those are alike on all routes.
_REFUSALS: Final = "4XX"
_ABOUT_NAMESPACE: Final = "The name of a namespace: 1 to 64 of `a-z`, `0-9`, dot, dash and underscore."


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
            if parameter["name"] == NAMESPACE:
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
    media, content = body_of(operation)
    fields = fields_of(content.get("schema", {}), schemas) if media == JSON else ()
    answers = {status: answer.get("description", "") for status, answer in operation["responses"].items()}
    return Operation(
        method,
        path,
        operation.get("summary", ""),
        [_on_one_line(part) for part in operation.get("description", "").split("\n\n") if part],
        [parameter_field(parameter, schemas) for parameter in operation.get("parameters", ())],
        list(fields),
        None if media == JSON else media,
        operation.get("requestBody", {}).get("description", ""),
        [(status, "" if about == _UNSAID else about) for status, about in answers.items() if status != _REFUSALS],
        curl(method, path, operation, schemas, url, with_token=with_token),
    )


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
