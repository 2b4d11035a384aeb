"""Threads: their request bodies, and their document as it is stored."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from emulator.tools.body import Body, Metadata
from emulator.wire.messages import CreateMessage
from emulator.wire.values import ToolResources, ToolResourcesToMake

# Reported: more than 32 messages at once are refused.
FIRST_MESSAGES = 32


class CreateThread(Body):
    """A new thread, with its first messages."""

    messages: Annotated[list[CreateMessage], Field(max_length=FIRST_MESSAGES)] | None = None
    tool_resources: ToolResourcesToMake | None = None
    metadata: Metadata | None = None


class ModifyThread(Body):
    """A change of a thread."""

    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


def thread(id: str, *, now: int, metadata: Mapping[str, str] | None, resources: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new thread. resources: as requested; what is shown depends on the verb."""
    return {
        "id": id,
        "object": "thread",
        "created_at": now,
        "metadata": dict(metadata or {}),
        "tool_resources": dict(resources),
    }
