"""Deep research: a model that searches the web for as long as it takes."""

from typing import Literal

from pydantic import Field

from emulator.tools.foundry.kind import Connection, FoundryKind, FoundryTool, Kept


class Research(Kept):
    """The model and what it searches with."""

    bing_grounding_connections: list[Connection] = Field(min_length=1)
    deep_research_model: str


class DeepResearchTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["deep_research"]
    deep_research: Research


class DeepResearch(FoundryKind):
    """Questions and the reports that answer them.

    The step is recorded (Jul 2025): its output was null, and the report came in messages. So it is where a script gives
    none. A stream of it is not recorded.
    """

    type = "deep_research"
    definition = DeepResearchTool


KIND = DeepResearch()
