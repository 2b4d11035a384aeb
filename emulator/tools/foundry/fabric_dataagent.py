"""Data agents of Microsoft Fabric."""

from typing import Literal

from emulator.tools.foundry.kind import Connection, FoundryKind, FoundryTool, Kept


class Instructed(Kept):
    """A part that shows its instructions, which the public models do not have, where none were sent (recorded)."""

    instructions: str | None = None

    def shows(self, name: str) -> bool:
        """Return whether a field is shown."""
        return name == "instructions" or super().shows(name)


class DataAgent(Instructed, Connection):
    """The connection to a data agent."""


class DataAgents(Instructed):
    """The connections to the data agents."""

    connections: list[DataAgent] | None = None


class FabricDataAgentTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["fabric_dataagent"]
    fabric_dataagent: DataAgents


class FabricDataAgent(FoundryKind):
    """Questions, which come word by word (recorded, Aug 2025)."""

    type = "fabric_dataagent"
    definition = FabricDataAgentTool


KIND = FabricDataAgent()
