"""Assistants: what is sent and what is kept and shown."""

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
    echo_format,
    echo_tools,
)

Name = Annotated[str, Field(max_length=256)]
Description = Annotated[str, Field(max_length=512)]
Instructions = Annotated[str, Field(max_length=256_000), until(LONG_TEXTS, 32_768)]


class AssistantFields(Body):
    """What an assistant may be given. Limits: documented."""

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
    """A change of an assistant: what is given replaces what was there."""

    model: str | None = None
    tool_resources: ToolResources | None = None


# A null takes these away; in all other fields it is the same as leaving them out (the former is unverified).
_CLEARED_BY_NULL = ("name", "description", "instructions")


def shown(body: AssistantFields) -> dict[str, Any]:
    """Return what a body says, as the document shows it; resources are left to the service."""
    said = {name: _ECHO.get(name, _as_it_is)(value) for name, value in body.given().items() if name != "tool_resources"}
    return {**said, **{name: None for name in _CLEARED_BY_NULL if name in body.model_fields_set and name not in said}}


def _as_it_is(value: Any) -> Any:
    return value


_ECHO: Final[Mapping[str, Callable[[Any], Any]]] = {
    "tools": echo_tools,
    "response_format": echo_format,
    "temperature": float,
    "top_p": float,
}


def assistant(id: str, *, now: int, said: Mapping[str, Any], resources: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new assistant: order and defaults as recorded in 2025 and 2026."""
    fresh = {
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
    return {**fresh, **said}
