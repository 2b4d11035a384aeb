"""Grounding with Bing Custom Search: a search of some sites of the web."""

from typing import Literal

from emulator.tools.foundry.bing_grounding import BingOptions
from emulator.tools.foundry.kind import Connection, FoundryTool, Kept, WebSearch


class CustomConnection(Connection):
    """Which sites are searched. instance_name: of the configuration in Bing."""

    instance_name: str


class CustomConfiguration(BingOptions, CustomConnection):
    """A search of some sites."""


class CustomParameters(Kept):
    """The searches that are configured."""

    search_configurations: list[CustomConfiguration]


class BingCustomSearchTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["bing_custom_search"]
    bing_custom_search: CustomParameters


class BingCustomSearch(WebSearch):
    """Searches: a call looks as one of `bing_grounding` does, with the same address (recorded, Aug 2025)."""

    type = "bing_custom_search"
    definition = BingCustomSearchTool


KIND = BingCustomSearch()
