"""JSON Schemas of all responses: every object as the newest wire shows it over REST, with no other fields allowed."""

from collections.abc import Mapping, Sequence
from typing import Final

from emulator.domain.lifecycle import RUN, RUN_STEP
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
from emulator.tools.kinds import KINDS
from emulator.wire.files import PURPOSES
from emulator.wire.vector_stores import STATUSES


def form(
    required: Sequence[str],
    together: Mapping[str, Sequence[str]],
    fields: Mapping[str, Schema],
    *,
    closed: bool = False,
) -> Schema:
    """Return the schema of a form. together: the fields that a field requires. closed: other fields are refused."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(required),
        "dependentRequired": {name: list(others) for name, others in together.items()},
        "additionalProperties": not closed,
    }


def listed(item: Schema) -> Schema:
    """Return the schema of one page of a list."""
    end = or_null(TEXT)
    return shape(object=just("list"), data=array(item), first_id=end, last_id=end, has_more=YES_OR_NO)


def deletion(kind: str) -> Schema:
    """Return the schema of the response to a deletion."""
    return shape(id=TEXT, object=just(kind), deleted=just(value=True))


def _document(kind: str, first: Mapping[str, Schema] | None = None, /, **more: Schema) -> Schema:
    return shape({"id": TEXT, "object": just(kind), **(first or {}), **more})


# --- parts ----------------------------------------------------------------------------------------------------------

_METADATA: Final = mapping(TEXT)
_FILE: Final = shape(file_id=TEXT)
_TOOL: Final = either(*(kind.definition_schema() for kind in KINDS))
_RESOURCES: Final = shape(
    code_interpreter=shape(file_ids=array(TEXT)),
    file_search=shape(vector_store_ids=array(TEXT)),
    maybe=["code_interpreter", "file_search"],
)
_FORMAT: Final = either(
    just("auto"),
    shape(type=one_of("text", "json_object")),
    shape(type=just("json_schema"), json_schema=ANYTHING),
)
_MARK: Final = {"text": TEXT, "start_index": WHOLE, "end_index": WHOLE}
_ANNOTATION: Final = either(
    shape(_MARK, type=just("file_citation"), file_citation=_FILE),
    shape(_MARK, type=just("file_path"), file_path=_FILE),
)
_DETAIL: Final = one_of("auto", "low", "high")
_PART: Final = either(
    shape(type=just("text"), text=shape(value=TEXT, annotations=array(_ANNOTATION))),
    shape(type=just("image_file"), image_file=shape(file_id=TEXT, detail=_DETAIL, maybe=["detail"])),
    shape(type=just("image_url"), image_url=shape(url=TEXT, detail=_DETAIL)),
    shape(type=just("refusal"), refusal=TEXT),
)
_ATTACHMENT: Final = shape(file_id=TEXT, tools=array(shape(type=one_of("code_interpreter", "file_search"))))
_USAGE: Final = shape(
    prompt_tokens=WHOLE,
    completion_tokens=WHOLE,
    total_tokens=WHOLE,
    prompt_token_details=shape(cached_tokens=WHOLE),
    completion_tokens_details=shape(reasoning_tokens=WHOLE),
)
_ERROR: Final = shape(code=TEXT, message=TEXT)
_REQUIRED_CALL: Final = shape(id=TEXT, type=just("function"), function=shape(name=TEXT, arguments=TEXT))
_REQUIRED_ACTION: Final = shape(
    type=just("submit_tool_outputs"), submit_tool_outputs=shape(tool_calls=array(_REQUIRED_CALL))
)
_TEXTS: Final = array(shape(type=just("text"), text=TEXT))
_ATTRIBUTES: Final = mapping(either(TEXT, NUMBER, YES_OR_NO))
_RESULT: Final = {"file_id": TEXT, "score": NUMBER, "attributes": _ATTRIBUTES, "content": _TEXTS}
_CALL: Final = either(*(kind.call_schema() for kind in sorted(KINDS, key=lambda kind: kind.type)))
_COUNTS: Final = shape(dict.fromkeys(STATUSES, WHOLE), total=WHOLE)
_SIZES: Final = shape(max_chunk_size_tokens=WHOLE, chunk_overlap_tokens=WHOLE)
_MAYBE_TEXT: Final = or_null(TEXT)
_MAYBE_TIME: Final = or_null(WHOLE)
_EFFORT: Final = one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")
_MESSAGE: Final = {
    "created_at": WHOLE,
    "assistant_id": _MAYBE_TEXT,
    "thread_id": TEXT,
    "run_id": _MAYBE_TEXT,
    "role": one_of("user", "assistant"),
    "content": array(_PART),
}

# --- objects --------------------------------------------------------------------------------------------------------

_FILE_OBJECT: Final = _document(
    "file",
    purpose=one_of(*PURPOSES, "assistants_output"),
    filename=TEXT,
    bytes=WHOLE,
    created_at=WHOLE,
    expires_at=_MAYBE_TIME,
    status=one_of("uploaded", "processed", "error"),
    status_details=_MAYBE_TEXT,
)
_MODEL: Final = _document("model", created=WHOLE, owned_by=TEXT)

# Names of responses that are not the value of an `object` field: a changed message, and the plain list of models.
CHANGED_MESSAGE: Final = "thread.message.changed"
MODELS: Final = "models"

SHAPES: Final[Mapping[str, Schema]] = {
    "assistant": _document(
        "assistant",
        created_at=WHOLE,
        name=_MAYBE_TEXT,
        description=_MAYBE_TEXT,
        model=TEXT,
        instructions=_MAYBE_TEXT,
        tools=array(_TOOL),
        top_p=NUMBER,
        temperature=NUMBER,
        reasoning_effort=or_null(_EFFORT),
        tool_resources=_RESOURCES,
        metadata=_METADATA,
        response_format=_FORMAT,
    ),
    "assistant.file": _document("assistant.file", created_at=WHOLE, assistant_id=TEXT),
    "thread": _document("thread", created_at=WHOLE, metadata=_METADATA, tool_resources=_RESOURCES),
    "thread.message": _document("thread.message", _MESSAGE, attachments=array(_ATTACHMENT), metadata=_METADATA),
    CHANGED_MESSAGE: _document("thread.message", _MESSAGE, file_ids=array(TEXT), metadata=_METADATA),
    "thread.message.file": _document("thread.message.file", created_at=WHOLE, message_id=TEXT),
    "thread.run": _document(
        "thread.run",
        created_at=WHOLE,
        assistant_id=TEXT,
        thread_id=TEXT,
        status=one_of(*RUN),
        started_at=_MAYBE_TIME,
        expires_at=_MAYBE_TIME,
        cancelled_at=_MAYBE_TIME,
        failed_at=_MAYBE_TIME,
        completed_at=_MAYBE_TIME,
        required_action=or_null(_REQUIRED_ACTION),
        last_error=or_null(_ERROR),
        model=TEXT,
        instructions=_MAYBE_TEXT,
        tools=array(_TOOL),
        tool_resources=shape(),
        metadata=_METADATA,
        temperature=NUMBER,
        top_p=NUMBER,
        reasoning_effort=or_null(_EFFORT),
        max_completion_tokens=or_null(WHOLE),
        max_prompt_tokens=or_null(WHOLE),
        truncation_strategy=shape(type=one_of("auto", "last_messages"), last_messages=or_null(WHOLE)),
        incomplete_details=or_null(shape(reason=TEXT)),
        usage=or_null(_USAGE),
        response_format=_FORMAT,
        tool_choice=either(
            one_of("none", "auto", "required"),
            shape(type=TEXT, function=or_null(shape(name=TEXT)), maybe=["function"]),
        ),
        parallel_tool_calls=YES_OR_NO,
    ),
    "thread.run.step": _document(
        "thread.run.step",
        created_at=WHOLE,
        run_id=TEXT,
        assistant_id=TEXT,
        thread_id=TEXT,
        type=one_of("message_creation", "tool_calls"),
        status=one_of(*RUN_STEP),
        cancelled_at=_MAYBE_TIME,
        completed_at=_MAYBE_TIME,
        expires_at=_MAYBE_TIME,
        failed_at=_MAYBE_TIME,
        last_error=or_null(_ERROR),
        step_details=either(
            shape(type=just("message_creation"), message_creation=shape(message_id=TEXT)),
            shape(type=just("tool_calls"), tool_calls=array(_CALL)),
        ),
        usage=or_null(_USAGE),
    ),
    "file": _FILE_OBJECT,
    "upload": shape(
        id=TEXT,
        object=just("upload"),
        bytes=WHOLE,
        created_at=WHOLE,
        filename=TEXT,
        purpose=one_of(*PURPOSES),
        status=one_of("pending", "completed", "cancelled", "expired"),
        expires_at=WHOLE,
        file=_FILE_OBJECT,
        maybe=["file"],
    ),
    "upload.part": _document("upload.part", created_at=WHOLE, upload_id=TEXT),
    "vector_store": _document(
        "vector_store",
        created_at=WHOLE,
        name=_MAYBE_TEXT,
        description=_MAYBE_TEXT,
        usage_bytes=WHOLE,
        file_counts=_COUNTS,
        status=one_of("in_progress", "completed", "expired"),
        expires_after=or_null(shape(anchor=just("last_active_at"), days=WHOLE)),
        expires_at=_MAYBE_TIME,
        last_active_at=_MAYBE_TIME,
        metadata=_METADATA,
    ),
    "vector_store.file": _document(
        "vector_store.file",
        usage_bytes=WHOLE,
        created_at=WHOLE,
        vector_store_id=TEXT,
        status=one_of(*STATUSES),
        last_error=or_null(_ERROR),
        chunking_strategy=shape(type=just("static"), static=_SIZES),
        attributes=_ATTRIBUTES,
    ),
    "vector_store.file_batch": _document(
        "vector_store.file_batch",
        created_at=WHOLE,
        status=one_of(*STATUSES),
        vector_store_id=TEXT,
        file_counts=_COUNTS,
    ),
    "vector_store.file_content.page": shape(
        object=just("vector_store.file_content.page"), data=_TEXTS, has_more=YES_OR_NO, next_page=_MAYBE_TEXT
    ),
    "vector_store.search_results.page": shape(
        object=just("vector_store.search_results.page"),
        search_query=array(TEXT),
        data=array(shape(_RESULT, filename=TEXT)),
        has_more=YES_OR_NO,
        next_page=_MAYBE_TEXT,
    ),
    "model": _MODEL,
    MODELS: shape(object=just("list"), data=array(_MODEL)),
}

# One event of a stream; its data is JSON, or `[DONE]` at the end.
EVENT: Final = shape(event={"type": "string", "pattern": r"^(thread\.[a-z_.]+|error|done)$"}, data=TEXT)
ERROR: Final = shape(
    error=shape(message=TEXT, type=TEXT, param=_MAYBE_TEXT, code=_MAYBE_TEXT),
    # Beside the errors of the Files endpoints (recorded since May 2026).
    detail=shape(message=TEXT, code=NULL),
    maybe=["detail"],
)
