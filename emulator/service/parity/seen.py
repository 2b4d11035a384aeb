"""What the model was given for a run or a response, as a record has it."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.domain.parity.records import Saw
from emulator.domain.view import ModelView
from emulator.service.parity.file_names import FileNames

# Of responses -> of runs.
_REASONS: Final[Mapping[str, str]] = {"max_output_tokens": "max_completion_tokens"}


def saw(view: ModelView, names: FileNames, *, run_id: str, request: str) -> Saw:
    """Return what the model was given. run_id: of the run or the response. request: what made it."""
    return Saw(
        request=request,
        object=run_id,
        model=view.model,
        instructions=view.instructions,
        messages=names.messages(view),
        tools=tuple(view.tools),
        tool_choice=view.tool_choice,
        parallel_tool_calls=view.parallel_tool_calls,
        response_format=view.response_format,
        temperature=view.temperature,
        top_p=view.top_p,
        reasoning_effort=view.reasoning_effort,
        max_output_tokens=view.max_completion_tokens,
        max_prompt_tokens=view.max_prompt_tokens,
        truncation=view.truncation,
        files=names.files(view),
        stores=names.stores(view),
        metadata=view.run_metadata,
        dialogue_metadata=view.thread_metadata,
        assistant=view.assistant.get("name"),
    )


def reason_of(doc: Mapping[str, Any]) -> str | None:
    """Return why a run or a response ended as it did, in the words of runs; None for one that has no reason."""
    error = doc.get("last_error") or doc.get("error")
    if error:
        return str(error["code"])
    details = doc.get("incomplete_details")
    return _REASONS.get(details["reason"], str(details["reason"])) if details else None
