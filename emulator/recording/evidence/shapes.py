"""JSON of recordings as the API shapes it: what has another type than it should, as in edited files, is left out.

So whoever reads a field finds its type, or nothing. Fields that the API leaves to its users are kept as they are.
"""

import json
import math
from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, Final

import orjson

_TEXTS: Final = (
    "arguments", "assistant_id", "code", "event", "file_id", "file_name", "filename", "id", "input", "instructions",
    "logs", "message", "message_id", "model", "name", "object", "purpose", "quote", "reason", "refusal", "requesturl",
    "role", "run_id", "server_label", "status", "thread_id", "tool_call_id", "type", "value",
)  # fmt: skip
_MAPPINGS: Final = (
    "code_interpreter", "delta", "error", "file", "file_citation", "file_path", "file_search", "function", "image",
    "image_file", "incomplete_details", "last_error", "message_creation", "required_action", "step_details",
    "submit_tool_approval", "submit_tool_outputs", "thread", "tool_resources", "usage",
)  # fmt: skip
_LISTS: Final = (
    "additional_messages", "annotations", "attachments", "data", "messages", "outputs", "results", "tool_approvals",
    "tool_calls", "tool_outputs",
)  # fmt: skip
_NUMBERS: Final = ("created_at", "score")
_COUNTS: Final = ("completion_tokens", "end_index", "index", "prompt_tokens", "start_index")

# Of which null says what a missing field does not: that a client has written a message, and no run.
_NULLABLE: Final = frozenset({"run_id", "assistant_id"})


def read_object(data: bytes | str | None) -> dict[str, Any] | None:
    """Return an object of the API, of which every field has its type; None for what is no JSON, or no object."""
    value = read_as_sent(data)
    return None if value is None else shaped(value)


def read_as_sent(data: bytes | str | None) -> dict[str, Any] | None:
    """Return an object with all that it holds, whatever that is; None as of `read_object`."""
    if not data:
        return None
    try:
        value = orjson.loads(data)
    except ValueError:
        value = _read_patiently(data)
    return value if isinstance(value, dict) else None


def _read_patiently(data: bytes | str) -> Any:
    """Return JSON that strict readers refuse: numbers of any length, and halves of characters."""
    try:
        value = json.loads(data)
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def shaped(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the fields that have another type than the API gives them; itself where all fit."""
    kept = {}
    is_whole = True
    for name, value in document.items():
        fit = _FITS.get(name)
        found = value if fit is None else fit(value)
        if found is not None or (value is None and name in _NULLABLE):
            kept[name] = found
            is_whole = is_whole and found is value
        else:
            is_whole = False
    return document if is_whole and isinstance(document, dict) else kept


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _mapping(value: Any) -> Any:
    return shaped(value) if isinstance(value, dict) else None


def _list(value: Any) -> Any:
    if not isinstance(value, list):
        return None
    found = [shaped(one) for one in value if isinstance(one, dict)]
    return value if len(found) == len(value) and all(map(is_, found, value)) else found


def _number(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and abs(value) < 2**53 and math.isfinite(value) else None


def _count(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _text_or_mapping(value: Any) -> Any:
    """Return the text of a part: a text in requests, an object in answers."""
    return value if isinstance(value, str) else _mapping(value)


def _text_or_list(value: Any) -> Any:
    """Return the content of a message: a text in some requests, else its parts."""
    return value if isinstance(value, str) else _list(value)


def _tools(value: Any) -> Any:
    """Return the tools that are offered; what they say of their parameters is their own."""
    if not isinstance(value, list):
        return None
    return [one for one in value if isinstance(one, dict) and isinstance(one.get("type"), str)]


def _ids(value: Any) -> Any:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else None


_FITS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_MAPPINGS, _mapping),
    **dict.fromkeys(_LISTS, _list),
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_COUNTS, _count),
    "text": _text_or_mapping,
    "content": _text_or_list,
    "tools": _tools,
    "file_ids": _ids,
}
