"""The functions that an OpenAPI document describes, as Foundry's agents show them.

Names, descriptions and parameters of the path and the query are recorded (Azure/azure-sdk-assets, azure-ai-agents,
Aug 2025), and so is that parameters with a default of the client's own are left out (Mar 2026). Unverified is what the
recorded documents did not have: references, parameters of a whole path, operations without a description. Bodies,
headers and cookies are not shown, and what has no `operationId` is no function.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PLACES: Final = ("path", "query")
# References may repeat a part of a document any number of times, so what is made of it is bounded, in characters.
_MOST: Final = 300_000
_VALUE: Final = 20  # what a value counts beside its text
_DEPTH: Final = 40  # bodies may be nested 100 deep, and a tool that was shown may be sent back
_HOPS: Final = 8  # references to references

Doc = dict[str, Any]


class _SpentError(Exception):
    """More would be made of a document than it may."""


def functions_of(spec: Mapping[str, Any], tool: str, own: Collection[str] = ()) -> list[Doc]:
    """Return the functions of a document's operations, in its order: those that fit into the bound.

    tool: what their names begin with. own: names of parameters that the client gives values itself.
    """
    document = _Document(spec)
    functions: list[Doc] = []
    try:
        for operation, shared in document.operations():
            if isinstance(name := operation.get("operationId"), str):
                functions.append(document.function(f"{tool}_{name}", operation, shared, own))
    except _SpentError:
        pass
    return functions


class _Document:
    """A document, and how much more may be made of it. It may be anything: what does not fit is passed over."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._left = _MOST

    def operations(self) -> Iterator[tuple[Mapping[str, Any], list[Any]]]:
        """Yield each operation with the parameters of its whole path."""
        for path in _mapping(self._spec.get("paths")).values():
            item = self._found(path)
            shared = _list(item.get("parameters"))
            for method, operation in item.items():
                self._spend()
                if method in _METHODS:
                    yield _mapping(operation), shared

    def function(self, name: str, operation: Mapping[str, Any], shared: list[Any], own: Collection[str]) -> Doc:
        """Return an operation as a function."""
        description = operation.get("description") or operation.get("summary")
        described = description if isinstance(description, str) else ""
        self._spend(name, described)
        parameters = self._parameters(shared, own) | self._parameters(_list(operation.get("parameters")), own)
        schema = {
            "type": "object",
            "properties": {name: self._property(parameter) for (name, _), parameter in parameters.items()},
            "required": [name for (name, place), parameter in parameters.items() if _is_required(parameter, place)],
        }
        return {"name": name, "description": described, "parameters": schema}

    def _parameters(self, listed: list[Any], own: Collection[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
        """Return parameters by name and place: an operation's own replace those of its path."""
        found = {}
        for one in listed:
            self._spend()
            parameter = self._found(one)
            name, place = parameter.get("name"), parameter.get("in")
            if isinstance(name, str) and name not in own and place in _PLACES:
                self._spend(name)
                found[name, str(place)] = parameter
        return found

    def _property(self, parameter: Mapping[str, Any]) -> Doc:
        schema = self._resolved(parameter.get("schema"))
        description = parameter.get("description")
        described = {"description": self._resolved(description)} if isinstance(description, str) else {}
        return {**_mapping(schema), **described}

    def _resolved(self, value: Any, inside: tuple[str, ...] = (), depth: int = _DEPTH) -> Any:
        """Return a copy in which local references are replaced; an empty schema where they have no end.

        inside: the references that led here.
        """
        self._spend(value if isinstance(value, str) else "")
        if isinstance(value, list):
            return [self._resolved(one, inside, depth - 1) for one in value] if depth else []
        if not isinstance(value, dict):
            return value
        if not depth:
            return {}
        reference = value.get("$ref")
        target = self._target(reference)
        if isinstance(reference, str) and target is not None:
            if reference in inside:
                return {}
            beside = {name: one for name, one in value.items() if name != "$ref"}
            referred = _mapping(self._resolved(target, (*inside, reference), depth - 1))
            return {**referred, **_mapping(self._resolved(beside, inside, depth - 1))}
        for name in value:
            self._spend(name)
        return {name: self._resolved(one, inside, depth - 1) for name, one in value.items()}

    def _found(self, value: Any) -> Mapping[str, Any]:
        """Return a part of the document, which may be a reference to another."""
        for _ in range(_HOPS):
            target = self._target(_mapping(value).get("$ref"))
            if target is None:
                break
            self._spend()
            value = target
        return _mapping(value)

    def _target(self, reference: Any) -> Mapping[str, Any] | None:
        """Return what a local reference names; None if it names nothing here."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        self._spend(reference)
        found: Any = self._spec
        for part in reference[2:].split("/"):
            found = _mapping(found).get(part.replace("~1", "/").replace("~0", "~"))
        return found if isinstance(found, dict) else None

    def _spend(self, *texts: str) -> None:
        self._left -= _VALUE + sum(map(len, texts))
        if self._left < 0:
            raise _SpentError


def _is_required(parameter: Mapping[str, Any], place: str) -> bool:
    return place == "path" or parameter.get("required") in (True, "true")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
