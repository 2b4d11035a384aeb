"""What a file looks like that is no recording which can be read."""

import re
from collections.abc import Mapping
from typing import Any, Final

from emulator.recording.formats.outline import Outline

EXPECTED: Final = (
    "cassettes of vcrpy, of Ruby's VCR and of R's vcr (YAML or JSON), HAR files, recordings of Azure's test proxy, "
    "files of the command record, and exported threads or messages (JSON, or a message a line) can be read"
)
_MAGIC: Final = (
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"PK\x03\x04", "a zip file: unpack it first"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it first"),
)
_RESPONSES: Final = "an answer of the Responses API, which has no threads and runs"
_TRACES: Final = "traces, which do not hold what was sent"
# The fields by which a format is known.
_FIELDS: Final = (
    (frozenset({"emulator"}), "a scenario of this emulator, which needs no conversion"),
    (frozenset({"openapi"}), "an OpenAPI description"),
    (frozenset({"swagger"}), "an OpenAPI description"),
    (frozenset({"mappings"}), "a WireMock mapping"),
    (frozenset({"consumer", "provider"}), "a Pact contract"),
    (frozenset({"_id", "log"}), "a recording of Polly.js"),
    (frozenset({"networkCallRecords"}), "an old recording of Azure's SDK for Java"),
    (frozenset({"resourceSpans"}), _TRACES),
    (frozenset({"spans"}), _TRACES),
    (frozenset({"traces"}), _TRACES),
    (frozenset({"observations"}), _TRACES),
    (frozenset({"output", "model"}), _RESPONSES),
)


def appearance_of(head: bytes, outline: Outline) -> str:
    """Return what a file looks like, in words; "" where nobody knows."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    match outline:
        case Outline("json lines", Mapping() as value):
            return _of_line(value)
        case Outline(_, Mapping() as value):
            return _of_mapping(value)
        case Outline(_, list() as value):
            return _of_list(value)
        case _:
            return _of_text(head)


def _of_text(head: bytes) -> str:
    start = head.lstrip()
    if not start:
        return "an empty file"
    if b"\0" in head:
        return "a binary file"
    if start.startswith(b"<"):
        return "an HTML page" if re.search(rb"<html|<!doctype html", head[:4096], re.IGNORECASE) else "XML"
    first = start.partition(b"\n")[0]
    if first.startswith((b"import ", b"from ", b"#!", b'"""', b"def ", b"async def ", b"class ")):
        return "a program"
    return "plain text"


def is_chat_completions(value: Mapping[str, Any]) -> bool:
    """Return whether an object is of the API of chat completions, or of its logs and data sets."""
    if "choices" in value or str(value.get("object", "")).startswith("chat.completion"):
        return True
    messages = value.get("messages")
    if not isinstance(messages, list) or {"thread", "thread_id", "threadId", "id"} & value.keys():
        return False
    return "model" in value or any(
        isinstance(message, Mapping) and message.get("role") in {"system", "developer", "tool", "function"}
        for message in messages
    )


def _of_line(value: Mapping[str, Any]) -> str:
    for part in (value, *(nested for nested in value.values() if isinstance(nested, Mapping))):
        if is_chat_completions(part) or "messages" in part:
            return "a log of chat completions, or their training data, which have no threads and runs"
    if {"trace_id", "traceId", "resourceSpans", "span_id"} & value.keys():
        return "traces"
    return "JSON lines of another kind"


def _of_mapping(value: Mapping[str, Any]) -> str:
    keys = value.keys()
    info = value.get("info")
    if isinstance(info, Mapping) and ("_postman_id" in info or "getpostman" in str(info.get("schema", ""))):
        return "a Postman collection"
    if is_chat_completions(value):
        return "a log of chat completions, which have no threads and runs"
    if value.get("object") == "response":
        return _RESPONSES
    if _is_stub(value.get("request")):
        return "a WireMock mapping"
    for fields, name in _FIELDS:
        if fields <= keys:
            return name
    names = ", ".join(str(key)[:30] for key in list(keys)[:5])
    return f"an object with the fields {names}" if names else "an empty object"


def _is_stub(request: Any) -> bool:
    return isinstance(request, Mapping) and bool(
        {"urlPattern", "urlPath", "urlPathPattern", "urlPathTemplate", "bodyPatterns"} & request.keys()
    )


def _of_list(value: list[Any]) -> str:
    first = value[0] if value else None
    if first is None:
        return "an empty list"
    if isinstance(first, Mapping):
        if "scope" in first and {"path", "method"} & first.keys():
            return "a fixture of nock"
        if is_chat_completions(first):
            return "a log of chat completions, which have no threads and runs"
        names = ", ".join(str(key)[:30] for key in list(first)[:5])
        return f"a list of objects with the fields {names}"
    return "a list of something else"
