"""Items of the context and the output of responses, in the order of keys that was recorded."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from emulator.domain.calls import ToolCall

Doc = dict[str, Any]

# What can be asked for beside an item itself (documented).
Include = Literal[
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    "reasoning.encrypted_content", "message.output_text.logprobs",
]  # fmt: skip
INCLUDABLE: Final[tuple[str, ...]] = get_args(Include)
RESULTS: Final = "file_search_call.results"
OUTPUTS: Final = "code_interpreter_call.outputs"
IMAGE_URLS: Final = "message.input_image.image_url"

# Parts of messages that have more than they show.
_WITH_CONTENTS: Final = ("input_image", "input_file")

# Type of item -> prefix of its id. The output of a call has the prefix of calls (recorded).
_PREFIXES: Final[Mapping[str, str]] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fc",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "reasoning": "rs",
}


def item_id_kind(type_: str) -> str:
    """Return the kind of id, for `ids.make`, of an item that belongs to a response."""
    return "output_msg" if type_ == "message" else _PREFIXES[type_]


# --- parts of messages ----------------------------------------------------------------------------------------------


def input_text(text: str) -> Doc:
    """Return a text as what a model is given has it."""
    return {"type": "input_text", "text": text}


def output_text(text: str, annotations: Sequence[Mapping[str, Any]] = ()) -> Doc:
    """Return a text as what a model writes has it. The emulator knows no probabilities of tokens."""
    return {"type": "output_text", "annotations": list(annotations), "logprobs": [], "text": text}


def refusal(text: str) -> Doc:
    """Return a refusal, which a message has in place of a text (documented)."""
    return {"type": "refusal", "refusal": text}


# --- items ----------------------------------------------------------------------------------------------------------


def message(
    id: str,  # noqa: A002
    content: Sequence[Mapping[str, Any]] = (),
    *,
    status: str = "completed",
    phase: str | None = None,
) -> Doc:
    """Return a message that a model writes. phase: from `defaults.phase`; models without one do not show the key."""
    shown = {} if phase is None else {"phase": phase}
    return {
        "id": id,
        "type": "message",
        "status": status,
        "content": list(content),
        **shown,
        "role": "assistant",
    }


def input_message(id: str, content: Sequence[Mapping[str, Any]], role: str = "user") -> Doc:  # noqa: A002
    """Return a message that a model is given."""
    return {"id": id, "type": "message", "status": "completed", "content": list(content), "role": role}


def function_call(id: str, call: ToolCall, status: str = "completed") -> Doc:  # noqa: A002
    """Return a call of a function; while it is in progress it shows no arguments (recorded)."""
    return {
        "id": id,
        "type": "function_call",
        "status": status,
        "arguments": "" if status == "in_progress" else call.text,
        "call_id": call.id,
        "name": call.about["name"],
    }


def function_call_output(id: str, call_id: str, output: Any) -> Doc:  # noqa: A002
    """Return what a client answered to a call."""
    return {
        "id": id,
        "type": "function_call_output",
        "status": "completed",
        "call_id": call_id,
        "output": output,
    }


def file_search_call(
    id: str,  # noqa: A002
    queries: Sequence[str] = (),
    results: Sequence[Mapping[str, Any]] | None = None,
    status: str = "completed",
) -> Doc:
    """Return a search with its results, as `shown` hides them again."""
    return {
        "id": id,
        "type": "file_search_call",
        "status": status,
        "queries": list(queries),
        "results": None if results is None else list(results),
    }


def search_result(
    file_id: str, filename: str, score: float, text: str, *, attributes: Mapping[str, Any], vector_store_id: str
) -> Doc:
    """Return one result of a search. That it names its store, recorded in Dec 2025, is in no specification."""
    return {
        "attributes": dict(attributes),
        "file_id": file_id,
        "filename": filename,
        "score": score,
        "text": text,
        "vector_store_id": vector_store_id,
    }


def code_interpreter_call(
    id: str,  # noqa: A002
    code: str,
    container_id: str,
    outputs: Sequence[Mapping[str, Any]] | None = None,
    status: str = "completed",
) -> Doc:
    """Return code and where it ran, with what came of it, as `shown` hides it again."""
    return {
        "id": id,
        "type": "code_interpreter_call",
        "status": status,
        "code": code,
        "container_id": container_id,
        "outputs": None if outputs is None else list(outputs),
    }


# --- showing --------------------------------------------------------------------------------------------------------


def shown(item: Doc, include: Collection[str]) -> Doc:
    """Return an item as a client sees it, who gets results, outputs and addresses of images by asking for them only."""
    hide = _HIDDEN.get(item["type"])
    return hide(item, include) if hide is not None else item


def _search(item: Doc, include: Collection[str]) -> Doc:
    return item if RESULTS in include else {**item, "results": None}


def _code(item: Doc, include: Collection[str]) -> Doc:
    return item if OUTPUTS in include else {**item, "outputs": None}


def _message(item: Doc, include: Collection[str]) -> Doc:
    if all(part["type"] not in _WITH_CONTENTS for part in item["content"]):
        return item
    return {**item, "content": [_part(part, include) for part in item["content"]]}


def _part(part: Mapping[str, Any], include: Collection[str]) -> Mapping[str, Any]:
    """Return a part as it is listed: the bytes of a file are never shown, an image's only if asked for (recorded)."""
    if part["type"] == "input_image":
        return part if IMAGE_URLS in include else {**part, "image_url": None}
    if part["type"] == "input_file":
        return {name: value for name, value in part.items() if name not in ("file_data", "file_url")}
    return part


_HIDDEN: Final[Mapping[str, Callable[[Doc, Collection[str]], Doc]]] = {
    "file_search_call": _search,
    "code_interpreter_call": _code,
    "message": _message,
}
