"""Agents that other agents call."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from emulator.tools.foundry.kind import FoundryTool, FunctionKind, Kept


class AgentToCall(Kept):
    """The agent and what it is for."""

    id: str
    name: str
    description: str


class ConnectedAgentTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["connected_agent"]
    connected_agent: AgentToCall


class ConnectedAgent(FunctionKind):
    """Calls of an agent: about: name, and the ids of its run and thread where the script names them.

    The service gave the agent a thread and a run of its own (reported, azure-sdk-for-python 2025); a script says what
    came of them, and none are made.
    """

    type = "connected_agent"
    definition = ConnectedAgentTool

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:
        """Return the name of the agent."""
        return (tool[self.type]["name"],)


KIND = ConnectedAgent()
