"""The document of a response as it is stored: all keys of the newest layout, in the recorded order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import models
from emulator.wire.responses import defaults

Doc = dict[str, Any]

_AUTO_TIER: Final = "auto"


def response(
    id: str,  # noqa: A002
    *,
    now: int,
    sent: Mapping[str, Any],
    model: str,
    tools: Sequence[Mapping[str, Any]],
    choice: Any,
    text: Mapping[str, Any],
    conversation_id: str | None,
    day: str,
    status: str,
) -> Doc:
    """Return the document of a new response.

    sent: the fields of the request that were sent. tools, choice, text: as they are shown. day: of
    the wire, on which defaults hang.
    """
    conversation = {} if conversation_id is None else {"conversation": {"id": conversation_id}}
    return {
        "id": id,
        "object": "response",
        "created_at": now,
        "status": status,
        # Its place is unverified: it was seen only where a recorder had sorted all keys.
        "access_programs": sent.get("access_programs"),
        "background": bool(sent.get("background")),
        "billing": {"payer": "developer"},
        "completed_at": None,
        **conversation,
        "error": None,
        "frequency_penalty": float(sent.get("frequency_penalty") or 0.0),
        "incomplete_details": None,
        "instructions": sent.get("instructions"),
        "max_output_tokens": sent.get("max_output_tokens"),
        "max_tool_calls": sent.get("max_tool_calls"),
        "model": models.snapshot(model),
        "moderation": None,
        "output": [],
        "parallel_tool_calls": _or(sent.get("parallel_tool_calls"), default=True),
        "presence_penalty": float(sent.get("presence_penalty") or 0.0),
        "previous_response_id": sent.get("previous_response_id"),
        "prompt_cache_key": sent.get("prompt_cache_key"),
        "prompt_cache_retention": _or(sent.get("prompt_cache_retention"), default=defaults.cache_retention(model, day)),
        "reasoning": _reasoning(sent.get("reasoning") or {}, model),
        "safety_identifier": sent.get("safety_identifier"),
        "service_tier": sent.get("service_tier") or _AUTO_TIER,
        "store": _or(sent.get("store"), default=defaults.store(day, background=bool(sent.get("background")))),
        "temperature": float(_or(sent.get("temperature"), default=1.0)),
        "text": dict(text),
        "tool_choice": choice,
        "tool_usage": _tool_usage(),
        "tools": [_newest_tool(tool) for tool in tools],
        "top_logprobs": sent.get("top_logprobs") or 0,
        "top_p": float(_or(sent.get("top_p"), default=models.top_p(model))),
        "truncation": sent.get("truncation") or "disabled",
        "usage": None,
        "user": sent.get("user"),
        "metadata": sent.get("metadata") or {},
    }


def with_usage(doc: Doc, spent: Mapping[str, Any]) -> Doc:
    """Return a response that is done: with what it cost, and the tier that served it (recorded: default for auto).

    One that was cancelled before it cost anything stays as it is (recorded), and so does one that fails: its usage is
    reported (openai/codex, Aug 2025), its tier is unverified.
    """
    tier = "default" if doc["service_tier"] == _AUTO_TIER else doc["service_tier"]
    return {**doc, "service_tier": tier, "usage": dict(spent)}


def usage(input_tokens: int, output_tokens: int, cached: int = 0, reasoning: int = 0) -> Doc:
    """Return the usage of a response."""
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": cached},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": input_tokens + output_tokens,
    }


def _or(value: Any, *, default: Any) -> Any:
    return default if value is None else value


def _reasoning(sent: Mapping[str, Any], model: str) -> Doc:
    thinks = models.thinks(model)
    # The summary that `auto` chooses is named (recorded for o3-mini).
    summary = "detailed" if thinks and sent.get("summary") == "auto" else sent.get("summary")
    return {
        "context": sent.get("context") or defaults.reasoning_context(model),
        "effort": sent.get("effort") or models.effort(model),
        **({"mode": sent.get("mode") or "standard"} if thinks else {}),  # recorded; models of 4.x have no such key
        "summary": summary,
    }


def _tool_usage() -> Doc:
    """Return what tools cost that cost anything: none of these are emulated."""
    tokens = {"image_tokens": 0, "text_tokens": 0}
    return {
        "image_gen": {
            "input_tokens": 0,
            "input_tokens_details": tokens,
            "output_tokens": 0,
            "output_tokens_details": dict(tokens),
            "total_tokens": 0,
        },
        "web_search": {"num_requests": 0},
    }


def _newest_tool(tool: Mapping[str, Any]) -> Doc:
    """Return a tool with the schema of its output, which functions have in late 2026."""
    if tool["type"] != "function" or "output_schema" in tool:
        return dict(tool)
    first = {name: tool[name] for name in ("type", "description", "name") if name in tool}
    return {**first, "output_schema": None, **{name: value for name, value in tool.items() if name not in first}}
