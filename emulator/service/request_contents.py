"""What a request and its answer said, as they said it: their bodies as text, as values and as events, without keys."""

import codecs
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from emulator.domain.redaction import shown_text, shown_value
from emulator.domain.request_log import Headers, LoggedRequest
from emulator.wire import layout

Kind = Literal["none", "json", "text", "form", "events", "binary", "given up"]
# Of answers; whatever else they are, such as files, is not shown.
_TEXTS: Final = (b"application/json", b"text/")
_EVENTS: Final = b"text/event-stream"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """A server-sent event. data: a JSON value, or a text. text: the data as it was sent. is_whole: it is all there."""

    name: str
    data: Any
    text: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Contents:
    """A body. value: of JSON and of forms. text: as it was sent; without keys, both.

    is_rewritten: the text is not what was sent letter by letter, because keys in it are masked. missing: how many bytes
    of it are not kept, of size bytes.
    """

    kind: Kind
    value: Any = None
    text: str = ""
    events: Sequence[SentEvent] = ()
    size: int = 0
    missing: int = 0
    is_rewritten: bool = False


def sent(request: LoggedRequest) -> Contents:
    """Return the body of a request."""
    if request.form is not None:
        return Contents("form", shown_value(dict(request.form)), size=request.body_bytes)
    if not request.has_contents and request.body_bytes:
        return Contents("given up", size=request.body_bytes, missing=request.body_bytes)
    return _contents(request.body or b"", request.body_bytes, is_text=True)


def answered(request: LoggedRequest) -> Contents:
    """Return the body of an answer; of a stream its events."""
    if not request.has_contents and request.answer_bytes:
        return Contents("given up", size=request.answer_bytes, missing=request.answer_bytes)
    kind = _type(request.answer_headers)
    if kind.startswith(_EVENTS) and (text := _decoded(request.answer)) is not None:
        events = events_of(text)
        missing = request.answer_bytes - len(request.answer)
        text = shown_text(text)
        return Contents("events", None, text, events, request.answer_bytes, missing)
    return _contents(request.answer, request.answer_bytes, is_text=kind.startswith(_TEXTS))


def _type(headers: Headers) -> bytes:
    return next((value for name, value in headers if name == b"content-type"), b"")


def _contents(data: bytes, size: int, *, is_text: bool) -> Contents:
    missing = max(0, size - len(data))
    if not data:
        return Contents("none", size=size, missing=missing)
    if not is_text or (text := _decoded(data)) is None:
        return Contents("binary", size=size, missing=missing)
    try:
        value = layout.parse(data)
    except ValueError:
        shown = shown_text(text)
        return Contents("text", None, shown, (), size, missing, shown != text)
    shown_as_value = shown_value(value)
    if shown_as_value == value and not _names_twice(text):
        return Contents("json", value, text, (), size, missing)
    return Contents("json", shown_as_value, _masked(text, shown_as_value), (), size, missing, is_rewritten=True)


def _masked(text: str, value: Any) -> str:
    """Return the text of a JSON value that holds keys: as it was sent if they can be masked there, or written anew."""
    masked = shown_text(text)
    try:
        is_same = layout.parse(masked.encode()) == value
    except ValueError:
        is_same = False
    return masked if is_same else json.dumps(value, ensure_ascii=False)


def _names_twice(text: str) -> bool:
    """Return whether an object names a field twice: its value has only the last one, and the text has both."""
    is_twice = False

    def pairs(found: list[tuple[str, Any]]) -> None:
        nonlocal is_twice
        is_twice = is_twice or len({name for name, _ in found}) < len(found)

    json.loads(text, object_pairs_hook=pairs)
    return is_twice


def _decoded(data: bytes) -> str | None:
    """Return bytes as a text, which may end within a character; None for what is none."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None


def events_of(text: str) -> list[SentEvent]:
    """Return the events of a stream, without keys; the last one may be cut off."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    events = [_event(block, is_whole=place + 1 < len(blocks)) for place, block in enumerate(blocks)]
    return [one for one in events if one is not None]


def _event(block: str, *, is_whole: bool) -> SentEvent | None:
    name, data = "message", []
    for line in block.split("\n"):
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "event":
            name = value
        elif key == "data":
            data.append(value)
    if not data and name == "message":
        return None
    text = "\n".join(data)
    try:
        value = shown_value(layout.parse(text.encode()))
    except ValueError:
        value = shown_text(text)
    return SentEvent(shown_text(name), value, shown_text(text), is_whole)


# --- for a search ---------------------------------------------------------------------------------------------------


def request_text(request: LoggedRequest) -> str:
    """Return what can be read of a body, as one text."""
    return _text(sent(request))


def answer_text(request: LoggedRequest) -> str:
    """Return the same of the body of an answer."""
    return _text(answered(request))


def _text(contents: Contents) -> str:
    match contents.kind:
        case "json" | "form":
            return f"{contents.text}\n{_line(contents.value)}"
        case "events":
            return "\n".join(f"{one.name} {_line(one.data)}" for one in contents.events)
        case _:
            return contents.text


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, Mapping | list) else str(value)
