"""What the model is given for a response: the prompt that its context and its request make."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain.view import AttachedFile, ContextMessage, Memory, ModelView
from emulator.service.responses import attached_files
from emulator.service.responses.contexts import Context
from emulator.service.responses.dialogues import Turn
from emulator.wire.responses import text_format, tool_choice, tools

Doc = Mapping[str, Any]


def context_messages(items: Sequence[Doc]) -> tuple[ContextMessage, ...]:
    """Return the messages among some items, as the model sees them."""
    return tuple(_message(item) for item in items if item["type"] == "message")


def _message(item: Doc) -> ContextMessage:
    texts = [part.get("text") or part.get("refusal") or "" for part in item["content"]]
    text = "\n".join(text for text in texts if text)
    return ContextMessage(item["role"], text, attached_files.files_of(item), attached_files.images_of(item))


def model_view(
    response: Doc, context: Context, turn: Turn, *, assistant: Doc, memory: Memory, files: Sequence[AttachedFile]
) -> ModelView:
    """Return what the model is given. response: the new document, which holds what the request says."""
    conversation = context.conversation
    shown = response["tools"]
    return ModelView(
        run_id=response["id"],
        thread_id=turn.dialogue,
        model=response["model"],
        instructions=response["instructions"],
        assistant=assistant,
        messages=context_messages(context.items),
        tools=tuple(tools.tools_as_offered(shown)),
        tool_choice=tool_choice.choice_as_offered(response["tool_choice"]),
        parallel_tool_calls=response["parallel_tool_calls"],
        response_format=text_format.format_as_offered(response["text"]),
        files=tuple(files),
        vector_store_ids=tuple(tools.stores_of(shown)),
        temperature=response["temperature"],
        top_p=response["top_p"],
        reasoning_effort=(response["reasoning"] or {}).get("effort"),
        max_completion_tokens=response["max_output_tokens"],
        truncation={"type": response["truncation"], "last_messages": None},
        thread_metadata=conversation["doc"]["metadata"] if conversation is not None else {},
        run_metadata=response["metadata"] or {},
        turn=turn.number,
        now=response["created_at"],
        memory=memory,
        api="responses",
    )
