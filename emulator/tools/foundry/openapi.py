"""Operations of a web service that an OpenAPI document describes."""

from typing import Any, Literal

from emulator.tools.foundry.kind import FoundryTool, FunctionKind, Kept


class Authentication(Kept):
    """How the service lets the agent in."""

    type: Literal["anonymous", "connection", "managed_identity"]
    security_scheme: dict[str, Any] | None = None


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
