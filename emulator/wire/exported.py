"""Objects as the API showed them, in v1 or in v2, made the documents that the store has.

What is missing gets the value that the API itself would have given it; what has no meaning here is left out.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.domain import lifecycle
from emulator.domain.errors import EmulatorError
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.tools.json_schema import ANYTHING, TEXT, Schema, array, either, just, misfit, one_of, shape
from emulator.wire.assistants import CreateAssistant, assistant, fields_of
from emulator.wire.files import file
from emulator.wire.messages import message
from emulator.wire.problems import validate
from emulator.wire.runs import usage
from emulator.wire.shapes import SHAPES
from emulator.wire.threads import ModifyThread, thread
from emulator.wire.v1.tools import upgrade_tool
from emulator.wire.values import ToolResources
from emulator.wire.vector_stores import AddFile, CreateVectorStore, counts, expiry, store_file, vector_store

Doc = dict[str, Any]
MOST_ID: Final = 256
_BOTH_TOOLS: Final = ({"type": "file_search"}, {"type": "code_interpreter"})
# What a search shows where nothing else was said (recorded).
_RANKING: Final = {"ranker": "default_2024_08_21", "score_threshold": 0.0}


class UnusableObjectError(EmulatorError):
    """An object that cannot become a document; the message says why."""


def document(kind: str, given: Mapping[str, Any], now: int) -> Doc:
    """Return the document of an object. now: its age where it does not say it.

    Raises `UnusableObjectError`, and `ApiError` for values that the API would refuse.
    """
    for name, required in _REQUIRED[kind].items():
        if why := misfit(required, given.get(name), name):
            raise UnusableObjectError(why)
    found = _MAKE[kind](dict(given), given.get("created_at", now))
    if why := misfit(_SCHEMAS[kind], found):
        raise UnusableObjectError(why)
    return found


_ID: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": MOST_ID}
_TIME: Final[Schema] = {"type": "integer", "minimum": 0}
_SINCE: Final[Mapping[str, Schema]] = {"id": _ID, "created_at": {"anyOf": [_TIME, {"type": "missing"}]}}
_ON_THREAD: Final[Mapping[str, Schema]] = {**_SINCE, "thread_id": _ID}
_REQUIRED: Final[Mapping[str, Mapping[str, Schema]]] = {
    "assistant": {**_SINCE},
    "thread": {**_SINCE},
    "thread.message": {**_ON_THREAD},
    "thread.run": {**_ON_THREAD, "status": {"type": "string"}},
    "thread.run.step": {**_ON_THREAD, "run_id": _ID, "status": {"type": "string"}},
    "file": {**_SINCE, "filename": {"type": "string"}, "purpose": {"type": "string"}},
    "vector_store": {**_SINCE},
    "vector_store.file": {**_SINCE, "vector_store_id": _ID},
}
_OPENAIS: Final = frozenset({"code_interpreter", "file_search"})
# Foundry's agents have more kinds of tools, steps and attachments than the shapes of answers know.
_CALL: Final = shape(id=TEXT, type=TEXT)
_TOOLS: Final = array(shape(type=TEXT))
_TEXT_PART: Final = shape(type=just("text"), text=shape(value=TEXT, annotations=array(shape(type=TEXT))))
_MORE_DETAILS: Final = (
    shape(type=just("tool_calls"), tool_calls=array(_CALL)),
    shape(type=just("activities"), activities=array(ANYTHING)),
)
_MORE: Final[Mapping[str, Mapping[str, Schema]]] = {
    "thread.message": {
        "attachments": array(
            either(shape(file_id=TEXT, tools=_TOOLS), shape(data_source=shape(file_id=TEXT), tools=_TOOLS))
        ),
        "content": array(either(*SHAPES["thread.message"]["properties"]["content"]["items"]["anyOf"], _TEXT_PART)),
    },
    "thread.run.step": {
        "type": one_of("message_creation", "tool_calls", "activities"),
        "step_details": either(*SHAPES["thread.run.step"]["properties"]["step_details"]["anyOf"], *_MORE_DETAILS),
    },
}
# Tools are checked as those of requests are: some mounts know more of them than answers of the API show.
_SCHEMAS: Final[Mapping[str, Schema]] = {
    kind: {
        **SHAPES[kind],
        "properties": {
            name: _MORE.get(kind, {}).get(name, field)
            for name, field in SHAPES[kind]["properties"].items()
            if name != "tools"
        },
    }
    for kind in _REQUIRED
}


def _sent(given: Mapping[str, Any], *names: str) -> Doc:
    """Return the fields that say something."""
    return {name: given[name] for name in names if given.get(name) is not None}


def _assistant(given: Doc, created_at: int) -> Doc:
    sent = _sent(given, *(name for name in CreateAssistant.model_fields if name != "tool_resources"))
    sent["tools"] = _upgraded(given)
    fields = fields_of(validate(CreateAssistant, {"model": "", **sent}, mount=None))
    doc = assistant(given["id"], now=created_at, fields=fields, resources=_resources(given))
    if isinstance(file_ids := given.get("file_ids"), list | dict):
        since = file_ids if isinstance(file_ids, dict) else dict.fromkeys(map(str, file_ids), created_at)
        doc["file_ids"] = since
    return doc


def _upgraded(given: Mapping[str, Any]) -> list[Any]:
    tools = given.get("tools")
    return [upgrade_tool(tool) for tool in tools] if isinstance(tools, list) else []


def _tools(given: Mapping[str, Any]) -> list[Any]:
    """Return the tools of an object, in the form of documents."""
    return list(fields_of(validate(CreateAssistant, {"model": "", "tools": _upgraded(given)}, mount=None))["tools"])


def _resources(given: Mapping[str, Any]) -> Doc:
    """Return the files and stores that an object names, in the form of documents; those of Foundry are as they are."""
    sent = given.get("tool_resources") or {}
    shown: Doc = sent if isinstance(sent, dict) else {}
    code = shown.get("code_interpreter")
    if isinstance(code, dict):
        sent = {**shown, "code_interpreter": {name: code[name] for name in code if name != "data_sources"}}
    if shown:
        sent = {name: sent[name] for name in sent if name in _OPENAIS}
    resources = validate(ToolResources, sent, root=("tool_resources",), mount=None)
    named: Doc = {
        name: value for name, value in shown.items() if name not in _OPENAIS and isinstance(value, dict | list)
    }
    if resources.code_interpreter is not None:
        named["code_interpreter"] = {"file_ids": list(resources.code_interpreter.file_ids or ())}
        if isinstance(code, dict) and isinstance(code.get("data_sources"), list):
            named["code_interpreter"]["data_sources"] = [_source(one) for one in code["data_sources"]]
    if resources.file_search is not None:
        named["file_search"] = {"vector_store_ids": list(resources.file_search.vector_store_ids or ())}
    return named


def _source(given: Any) -> Any:
    """Return a data source as documents hold it: with its file, which the service does not show."""
    return {"file_id": "", **given} if isinstance(given, dict) else given


def _thread(given: Doc, created_at: int) -> Doc:
    metadata = validate(ModifyThread, _sent(given, "metadata"), mount=None).metadata
    return thread(given["id"], now=created_at, metadata=metadata, resources=_resources(given))


# --- messages --------------------------------------------------------------------------------------------------------


def _message(given: Doc, created_at: int) -> Doc:
    content, files = given.get("content"), given.get("file_ids") or []
    attachments: Any = given.get("attachments")
    if attachments is None and isinstance(files, list):
        attachments = [{"file_id": file_id, "tools": [dict(tool) for tool in _BOTH_TOOLS]} for file_id in files]
    parts: Any = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for name, value in (("content", parts), ("attachments", attachments)):
        if not isinstance(value, list):
            raise UnusableObjectError(f"{name} is no list")
    doc = message(
        given["id"],
        thread_id=given["thread_id"],
        now=created_at,
        role=given.get("role", "user"),
        content=[_part(part, given.get("role")) for part in parts],
        attachments=[_attachment(one) for one in attachments],
    )
    own = _sent(given, "assistant_id", "run_id", "metadata", "incomplete_details", "incomplete_at", "completed_at")
    is_incomplete = given.get("status") == "incomplete"
    status = {"status": "incomplete", "completed_at": None} if is_incomplete else {}
    return {**doc, **status, **own}


def _attachment(given: Any) -> Any:
    has_source = isinstance(given, dict) and isinstance(given.get("data_source"), dict)
    return {**given, "data_source": _source(given["data_source"])} if has_source else given


def _part(part: Any, role: Any) -> Any:
    """Return a part of a message with what its request may leave out; images of assistants have no detail."""
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    inner = part.get(kind) if isinstance(kind, str) else None
    if kind == "text" and isinstance(inner, str):
        return {"type": "text", "text": {"value": inner, "annotations": []}}
    if kind == "text" and isinstance(inner, dict):
        return {"type": "text", "text": {"annotations": [], **inner}}
    if kind in {"image_file", "image_url"} and isinstance(inner, dict) and role != "assistant":
        return {"type": kind, kind: {**inner, "detail": inner.get("detail") or "auto"}}
    return part


# --- runs ------------------------------------------------------------------------------------------------------------

_TIMES: Final = ("started_at", "expires_at", "cancelled_at", "failed_at", "completed_at")


def _run(given: Doc, created_at: int) -> Doc:
    if given["status"] not in RUN_TERMINAL:
        raise UnusableObjectError(f"a run that is {given['status']} cannot go on: nothing is known of its script")
    doc: Doc = {
        "id": given["id"],
        "object": "thread.run",
        "created_at": created_at,
        "assistant_id": "",
        "thread_id": given["thread_id"],
        "status": given["status"],
        **dict.fromkeys(_TIMES),
        "required_action": None,
        "last_error": None,
        "model": "",
        "instructions": None,
        "tools": [],
        "tool_resources": {"code_interpreter": {"file_ids": []}},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "reasoning_effort": None,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }
    own = _sent(given, *(name for name in doc if name not in {"tools", "tool_resources", "usage", "required_action"}))
    files = {"file_ids": list(map(str, given["file_ids"]))} if isinstance(given.get("file_ids"), list) else {}
    shown = given.get("tool_resources")
    if isinstance(shown, dict) and "mcp" in shown:  # what Foundry sent to servers
        doc["tool_resources"] = {**doc["tool_resources"], "mcp": shown["mcp"]}
    return {**doc, **own, "tools": _tools(given), "usage": _usage(given), **files}


def _usage(given: Mapping[str, Any]) -> Doc | None:
    used = given.get("usage")
    return {**usage(0, 0), **used} if isinstance(used, dict) else None


def timeline(run: Mapping[str, Any]) -> list[Doc]:
    """Return when a run that is over had its statuses, as far as its document tells."""
    begun = run["started_at"] if run["started_at"] is not None else run["created_at"]
    ended = next((run[name] for name in _TIMES[2:] if run[name] is not None), begun)
    moments = (("queued", run["created_at"], "create"), ("in_progress", run["started_at"], "start"))
    shown = [{"status": status, "at": float(at), "cause": cause} for status, at, cause in moments if at is not None]
    return [*shown, {"status": run["status"], "at": float(ended), "cause": _cause(run["status"])}]


def _cause(status: str) -> str:
    """Return the signal that leads to a status from the one in which a run is at work, or is cancelled."""
    for before in ("in_progress", "cancelling"):
        for signal, arrival in lifecycle.RUN[before].items():
            if arrival.status == status:
                return signal.value
    return status


def _step(given: Doc, created_at: int) -> Doc:
    details = given.get("step_details")
    if isinstance(details, dict) and isinstance(calls := details.get("tool_calls"), list):
        details = {**details, "tool_calls": [_call(call) for call in calls]}
    doc: Doc = {
        "id": given["id"],
        "object": "thread.run.step",
        "created_at": created_at,
        "run_id": given["run_id"],
        "assistant_id": "",
        "thread_id": given["thread_id"],
        "type": details.get("type") if isinstance(details, dict) else None,
        "status": given["status"],
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": given.get("expired_at"),
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": _usage(given),
    }
    if given["status"] == "in_progress":
        raise UnusableObjectError("a step that is in_progress cannot go on")
    return {**doc, **_sent(given, "assistant_id", *_TIMES[1:], "last_error")}


def _call(call: Any) -> Any:
    """Return a call as v2 shows it, with what only some of its answers have."""
    if not isinstance(call, dict):
        return call
    call = {("file_search" if name == "retrieval" else name): value for name, value in upgrade_tool(call).items()}
    kind = call.get("type")
    inner = call.get(kind) if isinstance(kind, str) else None
    if kind == "file_search" and isinstance(inner, dict):
        results = [{"attributes": {}, **one} if isinstance(one, dict) else one for one in inner.get("results") or []]
        return {**call, "file_search": {"ranking_options": _RANKING, **inner, "results": results}}
    if kind == "function" and isinstance(inner, dict):
        return {**call, "function": {"output": None, **inner}}
    return call


# --- files -----------------------------------------------------------------------------------------------------------


def _file(given: Doc, created_at: int) -> Doc:
    doc = file(
        given["id"], now=created_at, filename=given["filename"], purpose=given["purpose"], size=given.get("bytes", 0)
    )
    return {**doc, **_sent(given, "expires_at", "status", "status_details")}


def _vector_store(given: Doc, created_at: int) -> Doc:
    fields = _sent(given, "name", "description", "metadata", "expires_after")
    body = validate(CreateVectorStore, fields, mount=None)
    after = body.expires_after.model_dump() if body.expires_after else None
    used = given.get("last_active_at") or created_at
    is_expired = {"status": "expired"} if given.get("status") == "expired" else {}
    doc = vector_store(given["id"], now=created_at, body=body)
    return {**doc, **expiry(after, used), **_sent(given, "expires_at"), **is_expired, "file_counts": counts({})}


def _store_file(given: Doc, created_at: int) -> Doc:
    fields = {"file_id": given["id"], **_sent(given, "attributes")}
    if isinstance(chunking := given.get("chunking_strategy"), dict) and chunking.get("type") == "static":
        fields["chunking_strategy"] = chunking
    return store_file(given["vector_store_id"], validate(AddFile, fields, mount=None), now=created_at)


_MAKE: Final[Mapping[str, Callable[[Doc, int], Doc]]] = {
    "file": _file,
    "vector_store": _vector_store,
    "vector_store.file": _store_file,
    "assistant": _assistant,
    "thread": _thread,
    "thread.message": _message,
    "thread.run": _run,
    "thread.run.step": _step,
}
KINDS: Final = tuple(_MAKE)
