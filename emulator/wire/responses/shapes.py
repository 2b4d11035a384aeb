"""JSON Schemas of what the endpoints of responses, conversations and containers answer, as the newest wire shows it.

Of a request's own things (schemas of functions, formats, sent items of other kinds) only the outline is given.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from emulator.domain.lifecycle import RESPONSE
from emulator.tools.json_schema import (
    ANYTHING,
    NULL,
    NUMBER,
    TEXT,
    WHOLE,
    YES_OR_NO,
    Schema,
    array,
    either,
    just,
    mapping,
    one_of,
    or_null,
    shape,
)

_MAYBE_TEXT: Final = or_null(TEXT)
_MAYBE_TIME: Final = or_null(WHOLE)
_METADATA: Final = mapping(TEXT)
_STATUS: Final = one_of("in_progress", "completed", "incomplete")


def _typed(kind: str, *, maybe: Sequence[str] = (), **fields: Schema) -> Schema:
    return shape({"type": just(kind)}, maybe=maybe, **fields)


# --- items ----------------------------------------------------------------------------------------------------------

_ANNOTATION: Final = either(
    _typed("file_citation", file_id=TEXT, filename=TEXT, index=WHOLE),
    _typed(
        "container_file_citation", container_id=TEXT, end_index=WHOLE, file_id=TEXT, filename=TEXT, start_index=WHOLE
    ),
    _typed("file_path", file_id=TEXT, index=WHOLE),
    _typed("url_citation", end_index=WHOLE, start_index=WHOLE, title=TEXT, url=TEXT),
)
_OUTPUT_PART: Final = either(
    _typed("output_text", annotations=array(_ANNOTATION), logprobs=array(ANYTHING), text=TEXT),
    _typed("refusal", refusal=TEXT),
)
_INPUT_PART: Final = either(
    _typed("input_text", text=TEXT),
    _typed(
        "input_image",
        detail=one_of("auto", "low", "high", "original"),
        file_id=_MAYBE_TEXT,
        image_url=_MAYBE_TEXT,
        maybe=["file_id"],
    ),
    _typed("input_file", file_id=_MAYBE_TEXT, filename=_MAYBE_TEXT, file_data=TEXT, maybe=["file_data"]),
)
_RESULT: Final = shape(
    attributes=mapping(either(TEXT, NUMBER, YES_OR_NO)),
    file_id=TEXT,
    filename=TEXT,
    score=NUMBER,
    text=TEXT,
    vector_store_id=TEXT,
)
_CODE_OUTPUT: Final = either(_typed("logs", logs=TEXT), _typed("image", url=TEXT))
_REASONING: Final = shape(
    {"id": TEXT, "type": just("reasoning"), "summary": array(_typed("summary_text", text=TEXT))},
    content=array(ANYTHING),
    encrypted_content=_MAYBE_TEXT,
    status=_STATUS,
    maybe=["content", "encrypted_content", "status"],
)
_MESSAGE: Final = {"id": TEXT, "type": just("message"), "status": _STATUS}
_WRITTEN: Final = shape(
    _MESSAGE,
    content=array(_OUTPUT_PART),
    phase=one_of("commentary", "final_answer"),
    role=just("assistant"),
    maybe=["phase"],
)
_GIVEN: Final = shape(
    _MESSAGE, content=array(either(_INPUT_PART, _OUTPUT_PART)), role=one_of("user", "system", "developer", "assistant")
)


def _item(kind: str, status: Schema = _STATUS, **fields: Schema) -> Schema:
    return shape({"id": TEXT, "type": just(kind), "status": status, **fields})


_CALLS: Final = (
    _item("function_call", arguments=TEXT, call_id=TEXT, name=TEXT),
    _item(
        "file_search_call",
        one_of("in_progress", "searching", "completed", "incomplete", "failed"),
        queries=array(TEXT),
        results=or_null(array(_RESULT)),
    ),
    _item(
        "code_interpreter_call",
        one_of("in_progress", "interpreting", "completed", "incomplete", "failed"),
        code=_MAYBE_TEXT,
        container_id=TEXT,
        outputs=or_null(array(_CODE_OUTPUT)),
    ),
    _REASONING,
)
_OUTPUT_ITEM: Final = either(_WRITTEN, *_CALLS)
_ANSWER: Final = _item("function_call_output", call_id=TEXT, output=either(TEXT, array(_INPUT_PART)))

# --- what a response is made with -----------------------------------------------------------------------------------

_CONTAINER: Final = either(
    TEXT, _typed("auto", file_ids=array(TEXT), memory_limit=TEXT, maybe=["file_ids", "memory_limit"])
)
_TOOL: Final = either(
    _typed(
        "function",
        description=_MAYBE_TEXT,
        name=TEXT,
        output_schema=NULL,
        parameters=ANYTHING,
        strict=YES_OR_NO,
        maybe=["output_schema"],
    ),
    _typed(
        "file_search",
        filters=or_null(ANYTHING),
        max_num_results=WHOLE,
        ranking_options=ANYTHING,
        vector_store_ids=array(TEXT),
    ),
    _typed("code_interpreter", container=_CONTAINER),
)
_TOOL_CHOICE: Final = either(
    one_of("none", "auto", "required"),
    _typed("function", name=TEXT),
    _typed("allowed_tools", mode=one_of("auto", "required"), tools=array(ANYTHING)),
    shape(type=one_of("file_search", "code_interpreter")),
)
_FORMAT: Final = either(
    shape(type=one_of("text", "json_object")),
    _typed("json_schema", description=_MAYBE_TEXT, name=TEXT, schema=ANYTHING, strict=YES_OR_NO),
)
_TOKENS: Final = shape(image_tokens=WHOLE, text_tokens=WHOLE)
_TOOL_USAGE: Final = shape(
    image_gen=shape(
        input_tokens=WHOLE,
        input_tokens_details=_TOKENS,
        output_tokens=WHOLE,
        output_tokens_details=_TOKENS,
        total_tokens=WHOLE,
    ),
    web_search=shape(num_requests=WHOLE),
)
_USAGE: Final = shape(
    input_tokens=WHOLE,
    input_tokens_details=shape(cache_write_tokens=WHOLE, cached_tokens=WHOLE),
    output_tokens=WHOLE,
    output_tokens_details=shape(reasoning_tokens=WHOLE),
    total_tokens=WHOLE,
)
_REASONING_SETTINGS: Final = shape(
    context=_MAYBE_TEXT, effort=_MAYBE_TEXT, mode=TEXT, summary=_MAYBE_TEXT, maybe=["mode"]
)

_RESPONSE: Final = shape(
    id=TEXT,
    object=just("response"),
    created_at=WHOLE,
    status=one_of(*RESPONSE),
    access_programs=or_null(ANYTHING),
    background=YES_OR_NO,
    billing=shape(payer=just("developer")),
    completed_at=_MAYBE_TIME,
    conversation=shape(id=TEXT),
    error=or_null(shape(code=TEXT, message=TEXT)),
    frequency_penalty=NUMBER,
    incomplete_details=or_null(shape(reason=TEXT)),
    instructions=_MAYBE_TEXT,
    max_output_tokens=or_null(WHOLE),
    max_tool_calls=or_null(WHOLE),
    model=TEXT,
    moderation=NULL,
    output=array(_OUTPUT_ITEM),
    parallel_tool_calls=YES_OR_NO,
    presence_penalty=NUMBER,
    previous_response_id=_MAYBE_TEXT,
    prompt_cache_key=_MAYBE_TEXT,
    prompt_cache_retention=_MAYBE_TEXT,
    reasoning=_REASONING_SETTINGS,
    safety_identifier=_MAYBE_TEXT,
    service_tier=TEXT,
    store=YES_OR_NO,
    temperature=NUMBER,
    text=shape(format=_FORMAT, verbosity=one_of("low", "medium", "high")),
    tool_choice=_TOOL_CHOICE,
    tool_usage=_TOOL_USAGE,
    tools=array(_TOOL),
    top_logprobs=WHOLE,
    top_p=NUMBER,
    truncation=one_of("auto", "disabled"),
    usage=or_null(_USAGE),
    user=_MAYBE_TEXT,
    metadata=_METADATA,
    # access_programs: not before late 2026. billing: once it is done. conversation: where one was used.
    maybe=["access_programs", "billing", "conversation"],
)

SHAPES: Final[Mapping[str, Schema]] = {
    "response": _RESPONSE,
    "item": either(_GIVEN, _WRITTEN, *_CALLS, _ANSWER),
    "response.input_tokens": shape(object=just("response.input_tokens"), input_tokens=WHOLE),
    "conversation": shape(id=TEXT, object=just("conversation"), created_at=WHOLE, metadata=_METADATA),
    "container": shape(
        id=TEXT,
        object=just("container"),
        created_at=WHOLE,
        status=TEXT,
        expires_after=shape(anchor=just("last_active_at"), minutes=WHOLE),
        last_active_at=WHOLE,
        memory_limit=TEXT,
        name=TEXT,
    ),
    "container.file": shape(
        id=TEXT,
        object=just("container.file"),
        created_at=WHOLE,
        bytes=WHOLE,
        container_id=TEXT,
        path=TEXT,
        source=one_of("user", "assistant"),
    ),
}

# One event of a stream; its data is JSON.
EVENT: Final = shape(event={"type": "string", "pattern": r"^(response\.[a-z_.]+|error)$"}, data=TEXT)
