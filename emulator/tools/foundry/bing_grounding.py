"""Grounding with Bing: a search of the web."""

from typing import Any, Final, Literal

from emulator.tools.foundry.kind import Connection, FoundryTool, Kept, WebSearch

RESULTS: Final = 5  # documented as the default; that the service shows it is unverified


class BingConfiguration(Connection):
    """How the web is searched."""

    market: str | None = None
    set_lang: str | None = None
    count: int = RESULTS
    freshness: str | None = None


class BingParameters(Kept):
    """The searches that are configured."""

    search_configurations: list[BingConfiguration]


class BingGroundingTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["bing_grounding"]
    bing_grounding: BingParameters

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as it was sent, with the default of what was not."""
        return with_count(super().to_wire(), self.type)


class BingGrounding(WebSearch):
    """Searches."""

    type = "bing_grounding"
    definition = BingGroundingTool


def with_count(tool: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return a tool whose searches say how many results they give."""
    searches = [{**search, "count": search.get("count", RESULTS)} for search in tool[kind]["search_configurations"]]
    return {**tool, kind: {**tool[kind], "search_configurations": searches}}


KIND = BingGrounding()
