"""Events of a response's stream: each function returns the name and the data, less what `event_frame` adds.

Keys are in the order of 2025; later wires sort them (`emulator.wire.history.responses`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Doc = dict[str, Any]
Event = tuple[str, Doc]
Make = Callable[[str], Doc]

TEXT_DELTA: Final = "response.output_text.delta"
REFUSAL_DELTA: Final = "response.refusal.delta"
ARGUMENTS_DELTA: Final = "response.function_call_arguments.delta"
CODE_DELTA: Final = "response.code_interpreter_call_code.delta"


def of_response(event: str, response: Mapping[str, Any]) -> Event:
    """Return the event that shows a whole response: ``response.created`` and all that report its status."""
    return event, {"response": response}


# --- items and parts ------------------------------------------------------------------------------------------------


def output_item_added(index: int, item: Mapping[str, Any]) -> Event:
    """Return the beginning of an item."""
    return "response.output_item.added", {"output_index": index, "item": item}


def output_item_done(index: int, item: Mapping[str, Any]) -> Event:
    """Return the end of an item."""
    return "response.output_item.done", {"output_index": index, "item": item}


def content_part_added(item_id: str, index: int, content_index: int, part: Mapping[str, Any]) -> Event:
    """Return the beginning of a part of a message."""
    return "response.content_part.added", {**_part(item_id, index, content_index), "part": part}


def content_part_done(item_id: str, index: int, content_index: int, part: Mapping[str, Any]) -> Event:
    """Return the end of a part of a message."""
    return "response.content_part.done", {**_part(item_id, index, content_index), "part": part}


# --- what a message says --------------------------------------------------------------------------------------------


def text_delta(item_id: str, index: int, content_index: int) -> tuple[str, Make]:
    """Return the name of the event, and what makes its data of a piece of text."""
    return TEXT_DELTA, lambda piece: {
        "item_id": item_id,
        "output_index": index,
        "content_index": content_index,
        "delta": piece,
        "logprobs": [],
    }


def text_done(item_id: str, index: int, content_index: int, text: str) -> Event:
    """Return the whole text."""
    return "response.output_text.done", {**_part(item_id, index, content_index), "text": text, "logprobs": []}


def refusal_delta(item_id: str, index: int, content_index: int) -> tuple[str, Make]:
    """Return the name of the event, and what makes its data of a piece of a refusal (documented)."""
    return REFUSAL_DELTA, lambda piece: {
        "item_id": item_id,
        "output_index": index,
        "content_index": content_index,
        "delta": piece,
    }


def refusal_done(item_id: str, index: int, content_index: int, text: str) -> Event:
    """Return the whole refusal (documented)."""
    return "response.refusal.done", {**_part(item_id, index, content_index), "refusal": text}


def annotation_added(
    item_id: str, index: int, content_index: int, annotation_index: int, annotation: Mapping[str, Any]
) -> Event:
    """Return an annotation, which comes between the pieces of its text."""
    return "response.output_text.annotation.added", {
        **_part(item_id, index, content_index),
        "annotation_index": annotation_index,
        "annotation": annotation,
    }


# --- calls ----------------------------------------------------------------------------------------------------------


def arguments_delta(item_id: str, index: int) -> tuple[str, Make]:
    """Return the name of the event, and what makes its data of a piece of arguments."""
    return ARGUMENTS_DELTA, lambda piece: {"item_id": item_id, "output_index": index, "delta": piece}


def arguments_done(item_id: str, index: int, arguments: str) -> Event:
    """Return the whole arguments; the function is not named (recorded, against the specification)."""
    return "response.function_call_arguments.done", {
        "item_id": item_id,
        "output_index": index,
        "arguments": arguments,
    }


def search_progress(progress: str, item_id: str, index: int) -> Event:
    """Return how far a search is: in_progress, searching, completed."""
    return f"response.file_search_call.{progress}", {"output_index": index, "item_id": item_id}


def code_progress(progress: str, item_id: str, index: int) -> Event:
    """Return how far code is: in_progress, interpreting, completed."""
    return f"response.code_interpreter_call.{progress}", {"output_index": index, "item_id": item_id}


def code_delta(item_id: str, index: int) -> tuple[str, Make]:
    """Return the name of the event, and what makes its data of a piece of code."""
    return CODE_DELTA, lambda piece: {"output_index": index, "item_id": item_id, "delta": piece}


def code_done(item_id: str, index: int, code: str) -> Event:
    """Return the whole code."""
    return "response.code_interpreter_call_code.done", {"output_index": index, "item_id": item_id, "code": code}


# --- errors ---------------------------------------------------------------------------------------------------------


def error(code: str | None, message: str, *, kind: str = "server_error", param: str | None = None) -> Event:
    """Return an error that ends a stream (documented)."""
    return "error", {"error": {"type": kind, "code": code, "message": message, "param": param}}


def _part(item_id: str, index: int, content_index: int) -> Doc:
    return {"item_id": item_id, "output_index": index, "content_index": content_index}
