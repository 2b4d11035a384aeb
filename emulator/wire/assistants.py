"""Assistants: their request bodies, and their document as it is stored."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from emulator.tools.body import Body, Metadata
from emulator.wire.history.behaviors import LONG_TEXTS
from emulator.wire.limits import until
from emulator.wire.values import (
    ReasoningEffort,
    ResponseFormat,
    Temperature,
    ToolResources,
    ToolResourcesToMake,
    Tools,
    TopP,
    format_to_wire,
    tools_to_wire,
)

Name = Annotated[str, Field(max_length=256)]
Description = Annotated[str, Field(max_length=512)]
Instructions = Annotated[str, Field(max_length=256_000), until(LONG_TEXTS, 32_768)]


class AssistantFields(Body):
    """The fields that a client can set on an assistant. Limits: documented."""

    name: Name | None = None
    description: Description | None = None
    instructions: Instructions | None = None
    reasoning_effort: ReasoningEffort | None = None
    tools: Tools | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    response_format: ResponseFormat | None = None


class CreateAssistant(AssistantFields):
    """A new assistant."""

    model: str
    tool_resources: ToolResourcesToMake | None = None


class ModifyAssistant(AssistantFields):
    """A change of an assistant: the fields that are sent replace the old values."""

    model: str | None = None
    tool_resources: ToolResources | None = None


# A null clears these fields; in all others it means the same as leaving the field out (the former is unverified).
_CLEARED_BY_NULL = ("name", "description", "instructions")


def fields_of(body: AssistantFields) -> dict[str, Any]:
    """Return the fields that a body sets, as the document shows them; tool_resources are left to the service."""
    fields = {
        name: _TO_WIRE[name](value) if name in _TO_WIRE else value
        for name, value in body.sent_fields().items()
        if name != "tool_resources"
    }
    cleared = [name for name in _CLEARED_BY_NULL if name in body.model_fields_set and name not in fields]
    return {**fields, **dict.fromkeys(cleared)}


_TO_WIRE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "tools": tools_to_wire,
    "response_format": format_to_wire,
    "temperature": float,
    "top_p": float,
}


def assistant(id: str, *, now: int, fields: Mapping[str, Any], resources: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new assistant: order and defaults as recorded in 2025 and 2026."""
    defaults = {
        "id": id,
        "object": "assistant",
        "created_at": now,
        "name": None,
        "description": None,
        "model": "",
        "instructions": None,
        "tools": [],
        "top_p": 1.0,
        "temperature": 1.0,
        "reasoning_effort": None,
        "tool_resources": dict(resources),
        "metadata": {},
        "response_format": "auto",
    }
    return {**defaults, **fields}
