"""The prompt of a run: what its model would be given."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain.view import AttachedFile, ContextMessage, Memory, ModelView
from emulator.wire.data_sources import file_of

# A context has an end. What the service cut, and where, is not public; this keeps the newest.
MOST_MESSAGES: Final = 500


def _text(message: Mapping[str, Any]) -> str:
    """Return the text parts of a message, joined."""
    return "\n".join(part["text"]["value"] for part in message["content"] if part["type"] == "text")


def context_message(message: Mapping[str, Any]) -> ContextMessage:
    """Return a message as the model sees it."""
    image_files = [part["image_file"]["file_id"] for part in message["content"] if part["type"] == "image_file"]
    # Those of a run's own message are the files that its code wrote.
    attached = [] if message["run_id"] else [file_of(attachment) for attachment in message["attachments"]]
    images = sum(part["type"] in ("image_file", "image_url") for part in message["content"])
    return ContextMessage(message["role"], _text(message), tuple(dict.fromkeys(attached + image_files)), images)


def model_view(
    run: Mapping[str, Any],
    *,
    assistant: Mapping[str, Any],
    thread: Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    files: Sequence[AttachedFile],
    stores: Sequence[str],
    turn: int,
    memory: Memory,
    citation: str,
    approvals: Mapping[str, Any],
) -> ModelView:
    """Return what the model is given. messages: of the thread, oldest first. citation: how one is marked.

    approvals: what each MCP server asks of the client, by its label.
    """
    truncation = run["truncation_strategy"]
    newest = truncation["last_messages"] if truncation["type"] == "last_messages" else None
    context = messages[-min(newest or MOST_MESSAGES, MOST_MESSAGES) :]
    return ModelView(
        run_id=run["id"],
        thread_id=run["thread_id"],
        model=run["model"],
        instructions=run["instructions"],
        assistant={name: assistant[name] for name in ("id", "name", "instructions", "metadata")},
        messages=tuple(context_message(message) for message in context),
        tools=tuple(run["tools"]),
        tool_choice=run["tool_choice"],
        parallel_tool_calls=run["parallel_tool_calls"],
        response_format=run["response_format"],
        files=tuple(files),
        vector_store_ids=tuple(stores),
        temperature=run["temperature"],
        top_p=run["top_p"],
        reasoning_effort=run["reasoning_effort"],
        max_prompt_tokens=run["max_prompt_tokens"],
        max_completion_tokens=run["max_completion_tokens"],
        truncation=truncation,
        thread_metadata=thread["metadata"],
        run_metadata=run["metadata"],
        turn=turn,
        now=run["created_at"],
        memory=memory,
        citation=citation,
        require_approval=approvals,
    )
