"""Searches in SharePoint."""

from typing import Final, Literal

from emulator.domain.calls import ToolCall
from emulator.tools.foundry.kind import Connection, FoundryKind, FoundryTool, Kept, details_of
from emulator.tools.kind import Doc

_REDACTED: Final = "[redacted]"


class Sites(Kept):
    """The connections to the sites."""

    connections: list[Connection] | None = None


class SharepointGroundingTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["sharepoint_grounding"]
    sharepoint_grounding: Sites


class SharepointGrounding(FoundryKind):
    """Searches: what they find is for the model alone, and the service shows it to no client (recorded, Aug 2025)."""

    type = "sharepoint_grounding"
    definition = SharepointGroundingTool
    whole = True
    unanswered = _REDACTED

    def output(self, call: ToolCall) -> str | None:  # noqa: ARG002 - see above
        """Return what stands for the output, from the first delta on."""
        return _REDACTED

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return None, unless there is more to show: the first delta had the output."""
        return super().results(index, call) if details_of(call) else None


KIND = SharepointGrounding()
