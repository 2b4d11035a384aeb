"""Run steps: their document as it is stored, and their deltas in streams."""

from collections.abc import Mapping
from typing import Any, Final

# The only legal value of include[] (documented).
INCLUDE_CONTENT: Final = "step_details.tool_calls[*].file_search.results[*].content"


def step(id: str, *, run: Mapping[str, Any], now: int, details: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new step: expires_at, never expired_at, and no metadata (recorded)."""
    return {
        "id": id,
        "object": "thread.run.step",
        "created_at": now,
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": run["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": dict(details),
        "usage": None,
    }


def message_creation(message_id: str) -> dict[str, Any]:
    """Return the details of a step that writes a message."""
    return {"type": "message_creation", "message_creation": {"message_id": message_id}}


def tool_calls(*calls: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a step that calls tools."""
    return {"type": "tool_calls", "tool_calls": list(calls)}


def tools_listed(id: str, server: str, tools: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return what a step shows of the tools that a server has listed (recorded, Aug 2025). tools: by their names."""
    return {"id": id, "type": "mcp_list_tools", "server_label": server, "tools": dict(tools)}


def activities(*done: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a step of Foundry's in which the model has no part."""
    return {"type": "activities", "activities": list(done)}


def delta(id: str, call: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return a delta of a step that calls a tool; of all tools alike (recorded for Foundry's, too, Aug 2025)."""
    return {
        "id": id,
        "object": "thread.run.step.delta",
        "delta": {"step_details": {"type": "tool_calls", "tool_calls": [call]}},
    }
