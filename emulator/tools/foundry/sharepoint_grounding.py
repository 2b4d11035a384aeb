"""Searches in SharePoint."""

from typing import Literal

from emulator.tools.foundry.kind import Connection, FoundryKind, FoundryTool, Kept


class Sites(Kept):
    """The connections to the sites."""

    connections: list[Connection] | None = None


class SharepointGroundingTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["sharepoint_grounding"]
    sharepoint_grounding: Sites


class SharepointGrounding(FoundryKind):
    """Searches. That a call shows input and output is unverified."""

    type = "sharepoint_grounding"
    definition = SharepointGroundingTool


KIND = SharepointGrounding()
