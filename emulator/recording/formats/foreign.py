"""What a file looks like that is no recording which can be read."""

import csv
import re
from collections.abc import Mapping
from typing import Any, Final

from emulator.recording.formats.exported import is_bare_message
from emulator.recording.formats.outline import Outline

_EXPECTED: Final = (
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
# Of a table, to see that it is one.
_MOST_LINES: Final = 10
_MOST_COLUMNS: Final = 6
_CHATS: Final = (
    "a log of chat completions, or their training data, which have no threads and runs: give each conversation, a "
    "mapping with messages, a thread_id, and it is read as an exported thread"
)
_RESPONSES: Final = "an answer of the Responses API, which has no threads and runs: stubs can give such answers"
_TRACES: Final = "traces, which do not hold what was sent"
# The fields by which a format is known.
_FIELDS: Final = (
    (frozenset({"emulator"}), "a scenario of this emulator, which is played as it is"),
    (frozenset({"openapi"}), "an OpenAPI description"),
    (frozenset({"swagger"}), "an OpenAPI description"),
    (frozenset({"mappings"}), "a WireMock mapping"),
    (frozenset({"consumer", "provider"}), "a Pact contract"),
    (frozenset({"networkCallRecords"}), "an old recording of Azure's SDK for Java"),
    (frozenset({"resourceSpans"}), _TRACES),
    (frozenset({"spans"}), _TRACES),
    (frozenset({"traces"}), _TRACES),
    (frozenset({"observations"}), _TRACES),
    (frozenset({"output", "model"}), _RESPONSES),
)


def unreadable(head: bytes, outline: Outline) -> str:
    """Return what a file looks like that is no recording, and what could be read instead."""
    return f"looks like {_appearance_of(head, outline)}; {_EXPECTED}"


def _appearance_of(head: bytes, outline: Outline) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return foreign_name(outline) or _description(outline) or _of_text(head)


def foreign_name(outline: Outline) -> str:
    """Return the name of a format that is known, but not read; "" for any other."""
    match outline:
        case Outline("json lines", [Mapping() as value, *_]):
            return _CHATS if is_chat_log(value) else _name_of(value)
        case Outline(_, Mapping() as value):
            return _name_of(value)
        case Outline(_, [Mapping() as value, *_]):
            if "scope" in value and {"path", "method"} & value.keys():
                return "a fixture of nock"
            return _CHATS if _is_chat(value) or _is_pair(value) else ""
        case _:
            return ""


def is_chat_log(line: Mapping[str, Any]) -> bool:
    """Return whether one of many lines is of chat completions, or holds a request or an answer of theirs."""
    nested = (inner for inner in line.values() if isinstance(inner, Mapping))
    return any(_is_chat(part, is_line=True) for part in (line, *nested))


def _name_of(value: Mapping[str, Any]) -> str:
    info = value.get("info")
    if isinstance(info, Mapping) and ("_postman_id" in info or "getpostman" in str(info.get("schema", ""))):
        return "a Postman collection"
    if _is_chat(value) or _is_pair(value):
        return _CHATS
    if value.get("object") == "response":
        return _RESPONSES
    if _is_stub(value.get("request")):
        return "a WireMock mapping"
    return next((name for fields, name in _FIELDS if fields <= value.keys()), "")


def _is_pair(value: Mapping[str, Any]) -> bool:
    """Return whether an object holds a request for a chat completion, or the answer to one."""
    return any(isinstance(part, Mapping) and _is_chat(part) for part in (value.get("request"), value.get("response")))


def _is_stub(request: Any) -> bool:
    return isinstance(request, Mapping) and bool(
        {"urlPattern", "urlPath", "urlPathPattern", "urlPathTemplate", "bodyPatterns"} & request.keys()
    )


def _is_chat(value: Mapping[str, Any], *, is_line: bool = False) -> bool:
    """Return whether an object is of the API of chat completions, or of its logs and data sets.

    is_line: whether it is one of many lines: conversations without ids are training data there.
    """
    if "choices" in value or str(value.get("object", "")).startswith("chat.completion"):
        return True
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages or not all(map(is_bare_message, messages)):
        return False
    if not {"thread", "thread_id", "threadId", "id"}.isdisjoint(value):
        return False
    roles = {message.get("role") for message in messages}
    return is_line or "model" in value or not roles.isdisjoint({"system", "developer", "tool", "function"})


def _description(outline: Outline) -> str:
    match outline:
        case Outline(_, Mapping() as value):
            return f"an object with the fields {_fields(value)}" if value else "an empty object"
        case Outline(syntax, [Mapping() as value, *_]):
            return f"{'lines' if syntax == 'json lines' else 'a list'} of objects with the fields {_fields(value)}"
        case Outline(_, list() as value):
            return "a list of something else" if value else "an empty list"
        case _:
            return ""


def _fields(value: Mapping[str, Any]) -> str:
    return ", ".join(str(name)[:30] for name in list(value)[:5])


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
    columns = _columns_of(start)
    return f"a table (CSV) with the columns {columns}: write each row as a line of JSON" if columns else "plain text"


def _columns_of(text: bytes) -> str:
    """Return the names in the first line of a table, whose other lines have as many cells; "" for what is none."""
    lines = text.decode("utf-8", "replace").splitlines()[:_MOST_LINES]
    for mark in (",", ";", "\t", "|"):
        try:
            names, *rows = csv.reader(lines, delimiter=mark)
        except (csv.Error, ValueError):
            continue
        whole = rows[:-1] or rows  # the last one may be cut
        if len(names) > 1 and whole and all(len(row) == len(names) for row in whole) and all(map(_is_name, names)):
            return ", ".join(names[:_MOST_COLUMNS]) + (", …" if len(names) > _MOST_COLUMNS else "")
    return ""


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[\w .-]{1,40}", text) is not None
