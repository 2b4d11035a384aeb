"""What to do about a request that Responses or Conversations refused because it was written for Assistants."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.domain.request_log import LoggedRequest

Advice = tuple[re.Pattern[str], str]
_NO_SUCH_PATH: Final = (404, 405)
_OUTPUTS: Final = (
    "outputs are items in the input of another response, {type: function_call_output, call_id, output}, which names"
    " the one that made the calls as previous_response_id, or its conversation"
)
_TOOLS: Final = (
    "tools name what they use themselves: {type: file_search, vector_store_ids: […]} and {type: code_interpreter,"
    " container: {type: auto, file_ids: […]}}"
)
_FILES: Final = (
    "a file is part of a message, {type: input_file, file_id}, or belongs to a tool: in a vector store for"
    " file_search, in container.file_ids for code_interpreter"
)
_PLACE: Final = (
    "previous_response_id takes the id of a response (resp_…), conversation that of a conversation (conv_…). A thread"
    " has none: create a conversation, and keep its id where the thread's was kept"
)
_CALLS: Final = (
    "outputs need their calls: send previous_response_id or conversation with them or, if the server keeps nothing, all"
    " items of the output before them"
)
_CALL_ID: Final = "an output names its call by the call_id of the function_call item, and not by the item's id (fc_…)"
_INSTEAD: Final = {
    "assistant_id": "no request names an assistant: send its model, instructions and tools with each",
    "thread_id": _PLACE,
    "thread": _PLACE,
    "run_id": _PLACE,
    "conversation_id": "the field is called conversation",
    "additional_instructions": "put them into instructions, which go with each request",
    "additional_messages": "put them into input, before what is asked",
    "tool_outputs": _OUTPUTS,
    "tool_resources": _TOOLS,
    "truncation_strategy": "the field is truncation, auto or disabled: disabled by default, where Assistants had auto",
    "max_prompt_tokens": "nothing limits the input; truncation: auto leaves out its oldest items where it is too long",
    "attachments": _FILES,
    "file_ids": _FILES,
}


def _advice(*texts: tuple[str, str]) -> tuple[Advice, ...]:
    return tuple((re.compile(pattern), text) for pattern, text in texts)


# Of each, the first that fits counts. Methods with paths below the mount; fields; messages.
_URLS: Final = _advice(
    ("GET /(responses|conversations)", "there is no list of them: keep the ids, as those of threads were kept"),
    (r"\S+ /(responses|conversations)/(thread|run|asst)_.*", _PLACE),
    (r"\S+ /conversations/[^/]+/messages(/.*)?", "messages are items: use /conversations/{id}/items"),
    (r"\S+ /conversations/[^/]+/runs(/.*)?", "there are no runs: POST /responses, with the id as conversation"),
    (r"\S+ /responses/[^/]+/submit_tool_outputs", _OUTPUTS),
    (r"\S+ /responses/[^/]+/steps(/.*)?", "there are no steps: what a response did is in its output"),
    ("POST /(responses/[^/]+|conversations/[^/]+/items/[^/]+)", "responses and items cannot be changed"),
)
_MISSING: Final = _advice(
    (
        r"tools\[\d+\]\.name|tool_choice\.name",
        "functions are flat, {type: function, name, description, parameters, strict}, without a function inside",
    ),
    (
        r"text\.format\.name",
        "a format is flat, {type: json_schema, name, schema, strict}, without a json_schema inside",
    ),
    (r"tools\[\d+\]\.(vector_store_ids|container)", _TOOLS),
    (r"input\[\d+\]\.call_id", _CALL_ID),
)
_MESSAGES: Final = _advice(
    (
        r"Invalid value: '(text|image_file|image_url)'\. .*",
        "the parts of what the user says are input_text, input_image and input_file; the model's are output_text",
    ),
    (r"Invalid value: 'tool'\. .*", _OUTPUTS),
    (r"Invalid value: 'retrieval'\. .*", f"the tool is called file_search; {_TOOLS}"),
    (r"Invalid '(previous_response_id|conversation|conversation_id)': .*", _PLACE),
    (r"No tool call found for function call output with call_id fc_.*", _CALL_ID),
    (r"No tool call found for function call output with call_id .*", _CALLS),
)


def advice_on_url(request: LoggedRequest) -> str | None:
    """Return what to do where a URL leads nowhere that would do something for a thread or a run."""
    asked = f"{request.method} {request.path}"
    return _first(_URLS, asked) if request.status in _NO_SUCH_PATH else None


def advice_on_error(error: Mapping[str, Any]) -> str | None:
    """Return what to do about a refusal; None for one that says it itself, or has nothing to do with Assistants."""
    message, param, code = (str(error.get(name)) for name in ("message", "param", "code"))
    if code == "unknown_parameter":
        advice = _INSTEAD.get(param.rpartition(".")[2])
    else:
        advice = _first(_MISSING, param) if code == "missing_required_parameter" else _first(_MESSAGES, message)
    return advice and f"{param}: {advice}"


def _first(table: Iterable[Advice], text: str) -> str | None:
    return next((advice for pattern, advice in table if pattern.fullmatch(text)), None)
