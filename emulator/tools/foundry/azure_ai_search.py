"""Azure AI Search: an index of the project's, which the agent's resources name."""

from typing import Literal

from emulator.tools.foundry.kind import FoundryKind, FoundryTool


class AzureAiSearchTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["azure_ai_search"]


class AzureAiSearch(FoundryKind):
    """Searches: that a call shows input and output is said by the library's samples."""

    type = "azure_ai_search"
    definition = AzureAiSearchTool


KIND = AzureAiSearch()
