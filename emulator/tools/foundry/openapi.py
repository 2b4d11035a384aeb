"""Operations of a web service that an OpenAPI document describes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from emulator.domain.actions import UseTool
from emulator.domain.view import ModelView
from emulator.tools.foundry.kind import Connection, FoundryTool, FunctionKind, Kept
from emulator.tools.kind import Doc, Player
from emulator.tools.operations import functions_of
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
    security_scheme: dict[str, Any] | None = None

    def shows(self, name: str) -> bool:
        """Return whether a field is shown: the scheme, too, though there is none (recorded)."""
        return name == "security_scheme" or super().shows(name)

    def value(self, name: str) -> Any:
        """Return what a field shows."""
        return (self.security_scheme or {}) if name == "security_scheme" else super().value(name)


Authentication = Annotated[
    Annotated[ByConnection, tag("connection")]
    | Annotated[ByIdentity, tag("managed_identity")]
    | Annotated[Anonymous, tag("any")],
    by_field("type", "connection", "managed_identity"),
]


class Operations(Kept):
    """The document and how it is used. functions: made of the document, also where a shown tool is sent back."""

    name: str
    description: str | None = None
    spec: dict[str, Any]
    auth: Authentication
    functions: Any = None
    default_params: list[str] | None = None

    def shows(self, name: str) -> bool:
        """Return whether a field is shown: functions always, parameters with defaults if there are any (recorded)."""
        if name == "default_params":
            return bool(self.default_params)
        return name == "functions" or super().shows(name)

    def value(self, name: str) -> Any:
        """Return what a field shows."""
        if name == "functions":
            return functions_of(self.spec, self.name, set(self.default_params or ()))
        return super().value(name)


class OpenApiTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["openapi"]
    openapi: Operations


class OpenApi(FunctionKind):
    """Calls of an operation, which look as those of a function do (recorded, Aug 2025)."""

    type = "openapi"
    definition = OpenApiTool
    in_python = True
    unanswered = ""

    @property
    def key(self) -> str:
        """The field that a call's own fields lie in."""
        return "function"

    def known(self, player: Player, action: UseTool) -> Doc:
        """Return what is known of a call: its name is that of the tool with the operation's behind it."""
        about = super().known(player, action)
        return {**about, "name": _full_name(player.view, action.name or "")}

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:
        """Return the names of the operations, alone and behind that of the tool; none where the document has none."""
        return [name for names in _functions(tool) for name in names]


def _full_name(view: ModelView, name: str) -> str:
    """Return the name of the function that a name stands for: of the only one with such an operation, else itself."""
    functions = [one for tool in view.tools if tool["type"] == "openapi" for one in _functions(tool)]
    if any(name == full for _, full in functions):
        return name
    meant = {full for operation, full in functions if operation == name}
    return meant.pop() if len(meant) == 1 else name


def _functions(tool: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each function of an offered tool: the name of its operation alone, and behind that of the tool."""
    own = tool["openapi"]
    for function in own.get("functions", ()):
        yield function["name"].removeprefix(f"{own['name']}_"), function["name"]


KIND = OpenApi()
