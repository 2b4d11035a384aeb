"""Operations of a web service that an OpenAPI document describes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from emulator.tools.foundry.kind import Connection, FoundryTool, FunctionKind, Kept
from emulator.tools.unions import by_field, tag

# Of a path's fields, those that are operations (documented: OpenAPI 3.1).
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class OwnScheme(Kept):
    """The scope of the agent's own identity."""

    audience: str


class ByConnection(Kept):
    """The agent is let in by a connection of the project. What is required is so in the public models."""

    type: Literal["connection"]
    security_scheme: Connection


class ByIdentity(Kept):
    """The agent is let in by its own identity. What is required is so in the public models."""

    type: Literal["managed_identity"]
    security_scheme: OwnScheme


class Anonymous(Kept):
    """Everybody is let in. The other types are here only so that errors name them."""

    type: Literal["anonymous", "connection", "managed_identity"]


Authentication = Annotated[
    Annotated[ByConnection, tag("connection")]
    | Annotated[ByIdentity, tag("managed_identity")]
    | Annotated[Anonymous, tag("any")],
    by_field("type", "connection", "managed_identity"),
]


class Operations(Kept):
    """The document and how it is used."""

    name: str
    description: str | None = None
    spec: dict[str, Any]
    auth: Authentication
    default_params: list[str] | None = None


class OpenApiTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["openapi"]
    openapi: Operations


class OpenApi(FunctionKind):
    """Calls of an operation. The names of a call's fields are unverified, as the models have a mapping of texts.

    Deltas have details of a type of their own (documented since 1.2.0b3).
    """

    type = "openapi"
    definition = OpenApiTool
    delta_details = "openapi"

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:
        """Return the names of the operations, alone and behind that of the tool; none where the document has none."""
        own, ids = tool[self.type]["name"], list(_operation_ids(tool[self.type]["spec"]))
        return [*ids, *(f"{own}_{one}" for one in ids)]


def _operation_ids(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a document's operations; what does not fit OpenAPI is passed over."""
    paths = spec.get("paths")
    for path in paths.values() if isinstance(paths, Mapping) else ():
        for method in _METHODS:
            operation = path.get(method) if isinstance(path, Mapping) else None
            if isinstance(operation, Mapping) and isinstance(operation.get("operationId"), str):
                yield operation["operationId"]


KIND = OpenApi()
