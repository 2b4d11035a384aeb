"""Agents that other agents call."""

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from emulator.domain.actions import UseTool
from emulator.domain.calls import ToolCall
from emulator.tools.foundry.kind import FoundryTool, FunctionKind, Kept
from emulator.tools.kind import Doc, Player

_MADE: Final = {"run_id": "run", "thread_id": "thread"}


class AgentToCall(Kept):
    """The agent and what it is for."""

    name: str
    description: str
    id: str


class ConnectedAgentTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["connected_agent"]
    connected_agent: AgentToCall


class ConnectedAgent(FunctionKind):
    """Calls of an agent: about: name, and the ids of its run, its thread and itself.

    The service gave the agent a thread and a run of its own, whose ids come with the output (recorded, Aug 2025). Here
    only their ids are made, unless the script names them: it says what came of them.
    """

    type = "connected_agent"
    definition = ConnectedAgentTool
    unanswered = ""

    def known(self, player: Player, action: UseTool) -> Doc:
        """Return what is known of a call."""
        agents = (tool["connected_agent"] for tool in player.view.tools if tool["type"] == self.type)
        agent = next((agent["id"] for agent in agents if agent["name"] == action.name), None)
        given = self.about(action)
        # No id is used up that the script names.
        made = {id_: given.get(id_) or player.new_id(kind) for id_, kind in _MADE.items()}
        return {**made, "assistant_id": agent, **given}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call, without the ids."""
        delta = super().opening(index, call)
        return {**delta, self.type: {**delta[self.type], **dict.fromkeys((*_MADE, "assistant_id"))}}

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:
        """Return the name of the agent."""
        return (tool[self.type]["name"],)


KIND = ConnectedAgent()
