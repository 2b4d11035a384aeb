"""Bodies that only Foundry's agents take: resources of their tools, and answers to their calls.

Source: the public models of azure-ai-agents 1.1.0 and 1.2.0b6. How the service refuses what does not fit them is
unverified; it is done in the words of the API.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from emulator.tools.body import Body
from emulator.tools.foundry.kind import Kept
from emulator.tools.unions import chosen, tag, word_or_object
from emulator.wire.limits import MOST_ITEMS


class SearchIndex(Kept):
    """An index of Azure AI Search."""

    index_connection_id: str | None = None
    index_name: str | None = None
    query_type: str | None = None
    top_k: int | None = 5
    filter: str | None = None
    index_asset_id: str | None = None

    def shows(self, name: str) -> bool:
        """Return whether a field is shown: these with their defaults, too (recorded, May and Aug 2025)."""
        return name in ("top_k", "filter", "index_asset_id") or super().shows(name)


class SearchIndexes(Kept):
    """The indexes that an agent may search: at most one (documented)."""

    indexes: Annotated[list[SearchIndex], Field(max_length=1)] | None = None


class NamedTools(Body):
    """Some tools of a server."""

    tool_names: list[str]


# Both forms are documented.
_Names = Annotated[
    Annotated[list[str], tag("names")] | Annotated[NamedTools, tag("object")],
    chosen(lambda value: "names" if isinstance(value, list) else "object"),
]


class ApprovalPerTool(Body):
    """Which tools of a server need an approval, and which do not. Another key would change nothing, and is refused."""

    never: _Names | None = None
    always: _Names | None = None


class McpServer(Kept):
    """What a run sends to an MCP server. headers: only for the run, never kept (documented)."""

    server_label: str
    headers: dict[str, str] | None = None
    require_approval: (
        Annotated[
            Annotated[Literal["always", "never"], tag("word")] | Annotated[ApprovalPerTool, tag("object")],
            word_or_object(),
        ]
        | None
    ) = None

    @property
    def approval(self) -> Any:
        """Which calls need an approval: all, by default (documented)."""
        rule = self.require_approval or "always"
        return rule if isinstance(rule, str) else rule.model_dump(exclude_unset=True)

    def to_wire(self) -> dict[str, Any]:
        """Return the server as an agent shows it: without its secrets."""
        return {"server_label": self.server_label, "headers": {}, "require_approval": self.approval}

    def of_run(self) -> dict[str, Any]:
        """Return the server as a run shows it: the names of its headers alone (recorded)."""
        headers = dict.fromkeys(self.headers or (), "REDACTED")
        return {"server_label": self.server_label, "headers": headers, "require_approval": self.approval}


class ToolApproval(Kept):
    """Whether a call may be made. headers: for the server, and not kept."""

    tool_call_id: str
    approve: bool
    headers: dict[str, str] | None = None


class FoundryOutput(Kept):
    """The output of a call: a text, or the screenshot of a computer. type: sent since 1.2.0b4."""

    tool_call_id: str
    type: Literal["function_call_output", "computer_call_output"] | None = None
    output: (
        Annotated[Annotated[str, tag("word")] | Annotated[dict[str, Any], tag("object")], word_or_object()] | None
    ) = None
    acknowledged_safety_checks: list[dict[str, Any]] | None = None


class SubmitToFoundry(Body):
    """The answers to the calls that a run waits for: their outputs, or their approvals."""

    tool_outputs: Annotated[list[FoundryOutput], Field(max_length=MOST_ITEMS)] | None = None
    tool_approvals: Annotated[list[ToolApproval], Field(max_length=MOST_ITEMS)] | None = None
    stream: bool | None = None
