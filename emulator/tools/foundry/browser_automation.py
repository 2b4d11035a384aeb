"""A browser that the service drives."""

from typing import Any, Literal

from emulator.domain.actions import UseTool
from emulator.tools.foundry.kind import FoundryKind, FoundryTool, Kept


class BrowserConnection(Kept):
    """The connection of the project to the browsers."""

    id: str


class BrowserParameters(Kept):
    """Where the browsers are."""

    connection: BrowserConnection


class BrowserAutomationTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["browser_automation"]
    browser_automation: BrowserParameters


class BrowserAutomation(FoundryKind):
    """Tasks for a browser: about: steps, each with last_step_result, current_state and next_step.

    The step is recorded (Aug 2025), a stream of it is not.
    """

    type = "browser_automation"
    definition = BrowserAutomationTool

    def about(self, action: UseTool) -> dict[str, Any]:
        """Return what is known of a call beside its text: a call always shows its steps."""
        return {"name": action.name, "steps": [], **action.details}


KIND = BrowserAutomation()
