"""Grounding with Bing Custom Search: a search of some sites of the web."""

from typing import Any, Literal

from emulator.tools.foundry.bing_grounding import BingConfiguration, with_count
from emulator.tools.foundry.kind import FoundryTool, Kept, WebSearch


class CustomConfiguration(BingConfiguration):
    """How which sites are searched. instance_name: of the configuration in Bing."""

    instance_name: str


class CustomParameters(Kept):
    """The searches that are configured."""

    search_configurations: list[CustomConfiguration]


class BingCustomSearchTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["bing_custom_search"]
    bing_custom_search: CustomParameters

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as it was sent, with the default of what was not."""
        return with_count(super().to_wire(), self.type)


class BingCustomSearch(WebSearch):
    """Searches: a call looks as one of `bing_grounding` does, with the same address (recorded, Aug 2025)."""

    type = "bing_custom_search"
    definition = BingCustomSearchTool


KIND = BingCustomSearch()
