"""Grounding with Bing: a search of the web."""

from typing import Literal

from emulator.tools.foundry.kind import Connection, FoundryTool, Kept, WebSearch


class BingOptions(Kept):
    """How the web is searched. What was not sent, or is empty, is not shown (recorded; the count of custom search)."""

    market: str | None = None
    set_lang: str | None = None
    count: int | None = None
    freshness: str | None = None

    def shows(self, name: str) -> bool:
        """Return whether a field is shown."""
        return super().shows(name) and (name not in BingOptions.model_fields or getattr(self, name) not in (None, ""))


class BingConfiguration(BingOptions, Connection):
    """A search of the web, over a connection."""


class BingParameters(Kept):
    """The searches that are configured."""

    search_configurations: list[BingConfiguration]


class BingGroundingTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["bing_grounding"]
    bing_grounding: BingParameters


class BingGrounding(WebSearch):
    """Searches."""

    type = "bing_grounding"
    definition = BingGroundingTool


KIND = BingGrounding()
