"""Runs: their request bodies, and their document as it is stored."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from emulator.domain.lifecycle import RUN_LIFETIME
from emulator.tools.body import Body, Metadata
from emulator.wire.assistants import Instructions
from emulator.wire.foundry import McpServer
from emulator.wire.limits import MOST_ITEMS, OnlyOn
from emulator.wire.messages import CreateMessage
from emulator.wire.threads import CreateThread
from emulator.wire.values import (
    ReasoningEffort,
    ResponseFormat,
    Temperature,
    TokenLimit,
    ToolChoice,
    ToolResources,
    Tools,
    TopP,
    Truncation,
    choice_to_wire,
    format_to_wire,
    tools_to_wire,
)

MOST_OUTPUT_BYTES: Final = 512 * 1024  # reported as 512kb; that it counts bytes, and 1024 to a kb, is unverified


class RunFields(Body):
    """The fields that a client can set on a run; most override those of the assistant."""

    assistant_id: str
    model: str | None = None
    instructions: Instructions | None = None
    tools: Tools | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    stream: bool | None = None
    max_prompt_tokens: TokenLimit | None = None
    max_completion_tokens: TokenLimit | None = None
    truncation_strategy: Truncation | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None


class CreateRun(RunFields):
    """A new run on a thread."""

    reasoning_effort: ReasoningEffort | None = None
    additional_instructions: Instructions | None = None
    additional_messages: Annotated[list[CreateMessage], Field(max_length=100_000)] | None = None
    tool_resources: Annotated[SkipJsonSchema[ToolResources | None], OnlyOn("foundry")] = None


class CreateThreadAndRun(RunFields):
    """A new thread and a run on it. tool_resources: of the thread (ids only)."""

    thread: CreateThread | None = None
    tool_resources: ToolResources | None = None


class ModifyRun(Body):
    """A change of a run."""

    metadata: Metadata | None = None


class ToolOutput(Body):
    """The output of a call, which is any text (documented: both fields optional; an id is needed in practice)."""

    tool_call_id: str
    output: str | None = None


def _check_size(outputs: list[ToolOutput]) -> list[ToolOutput]:
    size = sum(len((output.output or "").encode("utf-8", "surrogatepass")) for output in outputs)
    if size >= MOST_OUTPUT_BYTES:
        raise PydanticCustomError("outputs_too_large", "too large")
    return outputs


class SubmitToolOutputs(Body):
    """The outputs of the pending calls, all in one request (reported)."""

    tool_outputs: Annotated[list[ToolOutput], Field(max_length=MOST_ITEMS), AfterValidator(_check_size)]
    stream: bool | None = None


def run(
    id: str,  # noqa: A002
    *,
    thread_id: str,
    now: int,
    lifetime: int = RUN_LIFETIME,
    body: RunFields,
    assistant: Mapping[str, Any],
    servers: Sequence[McpServer] = (),
) -> dict[str, Any]:
    """Return the document of a new run: with the assistant's values where the body has none (recorded).

    lifetime: in seconds. servers: what is sent to MCP servers.
    """
    sent = body.sent_fields()
    instructions = sent.get("instructions", assistant["instructions"])
    if more := sent.get("additional_instructions"):
        # Appended, as documented; how the two are joined is unverified.
        instructions = f"{instructions}\n{more}" if instructions else more
    files = {"file_ids": list(assistant["file_ids"])} if "file_ids" in assistant else {}
    mcp = {"mcp": [server.of_run() for server in servers]} if servers else {}
    return {
        "id": id,
        "object": "thread.run",
        "created_at": now,
        "assistant_id": assistant["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": now + lifetime,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": sent.get("model", assistant["model"]),
        "instructions": instructions,
        "tools": tools_to_wire(body.tools) if body.tools is not None else assistant["tools"],
        "tool_resources": {"code_interpreter": {"file_ids": []}, **mcp},
        "metadata": sent.get("metadata", {}),
        "temperature": float(sent.get("temperature", assistant["temperature"])),
        "top_p": float(sent.get("top_p", assistant["top_p"])),
        "reasoning_effort": sent.get("reasoning_effort", assistant["reasoning_effort"]),
        "max_completion_tokens": body.max_completion_tokens,
        "max_prompt_tokens": body.max_prompt_tokens,
        "truncation_strategy": (body.truncation_strategy or Truncation(type="auto")).to_wire(),
        "incomplete_details": None,
        "usage": None,
        "response_format": format_to_wire(body.response_format)
        if body.response_format
        else assistant["response_format"],
        "tool_choice": choice_to_wire(sent.get("tool_choice", "auto")),
        "parallel_tool_calls": sent.get("parallel_tool_calls", True),
        **files,
    }


def required_action(what: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the required_action of a run that waits for an answer to its calls. what: outputs or approvals."""
    return {"type": what, what: {"tool_calls": list(calls)}}


def usage(prompt_tokens: int, completion_tokens: int) -> dict[str, Any]:
    """Return the usage of a run or a step: order and spelling as recorded since 2025."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
