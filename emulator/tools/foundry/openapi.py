"""Operations of a web service that an OpenAPI document describes."""

from typing import Annotated, Any, Literal

from emulator.tools.foundry.kind import Connection, FoundryTool, FunctionKind, Kept
from emulator.tools.unions import by_field, tag


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


KIND = OpenApi()
