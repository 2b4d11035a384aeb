"""Data agents of Microsoft Fabric."""

from typing import Literal

from emulator.tools.foundry.kind import Connection, FoundryKind, FoundryTool, Kept


class DataAgents(Kept):
    """The connections to the data agents."""

    connections: list[Connection] | None = None


class FabricDataAgentTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["fabric_dataagent"]
    fabric_dataagent: DataAgents


class FabricDataAgent(FoundryKind):
    """Questions, which come word by word (recorded, Aug 2025)."""

    type = "fabric_dataagent"
    definition = FabricDataAgentTool


KIND = FabricDataAgent()
