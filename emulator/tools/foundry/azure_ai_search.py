"""Azure AI Search: an index of the project's, which the agent's resources name."""

from typing import Literal

from emulator.tools.foundry.kind import FoundryKind, FoundryTool


class AzureAiSearchTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["azure_ai_search"]


class AzureAiSearch(FoundryKind):
    """Searches (recorded, Aug 2025)."""

    type = "azure_ai_search"
    definition = AzureAiSearchTool
    in_python = True
    whole = True


KIND = AzureAiSearch()
