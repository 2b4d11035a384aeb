"""Files of before, recognized by their content and read as what they hold, whatever they are called."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from emulator.recording.addresses import api_path
from emulator.recording.exchange import Exchange
from emulator.recording.formats import har, recorded, ruby_vcr, test_proxy, vcrpy
from emulator.recording.formats.foreign import EXPECTED, appearance_of, is_chat_completions
from emulator.recording.formats.outline import Outline, outline_of
from emulator.recording.formats.source import Progress, Source, without_mark
from emulator.recording.recordings import AnyRecording, Export, HttpRecording, UnreadableRecordingError

# Larger files would not fit into memory with all that is made of them.
MAX_BYTES: Final = 1024 * 1024 * 1024
_HEAD: Final = 256 * 1024
_READERS: Final[Mapping[str, Callable[[Source], Iterator[Exchange | None]]]] = {
    vcrpy.KIND: vcrpy.exchanges,
    ruby_vcr.KIND: ruby_vcr.exchanges,
    har.KIND: har.exchanges,
    test_proxy.KIND: test_proxy.exchanges,
    recorded.KIND: recorded.exchanges,
}


def kind_of(path: Path) -> str | None:
    """Return the kind of a recording; None for a scenario, and for all that is no recording."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            is_whole = len(head) < _HEAD
            kind = _kind(_outline(head))
            if kind is None and not is_whole and head.lstrip()[:1] in {b"{", b"["}:
                kind = _kind(_outline(head + file.read(MAX_BYTES)))  # what says so may stand at the end
    except OSError:
        return None
    return kind


def read(path: Path, progress: Progress | None = None) -> AnyRecording:
    """Return what a file holds. progress: is given the bytes done, and all. Raises `UnreadableRecordingError`."""
    data = _bytes_of(path)
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        plain = without_mark(data)
    except UnicodeDecodeError:
        raise UnreadableRecordingError(f"{path}: not UTF-16, as its byte order mark says") from None
    outline = outline_of(plain[:_HEAD])
    kind = _kind(outline)
    if kind is None and outline.syntax == "json" and len(plain) > _HEAD:
        outline = outline_of(plain)
        kind = _kind(outline)
    if kind is None:
        seen = appearance_of(plain[:_HEAD], outline)
        raise UnreadableRecordingError(f"{path}: {f'looks like {seen}' if seen else 'no recording'}; {EXPECTED}")
    if kind not in _READERS:
        # Most files are no exports.
        from emulator.recording.formats.exports import (  # type: ignore[import-not-found, unused-ignore] # noqa: PLC0415
            read_export,
        )

        export: Export = read_export(path, kind, plain)
        return export
    del data
    return _http_recording(Source(path, plain, progress), kind, sha256)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableRecordingError(f"{path}: larger than {MAX_BYTES >> 20} MB: split it")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableRecordingError(f"{path}: cannot be read: {error.strerror or error}") from None


def _http_recording(source: Source, kind: str, sha256: str) -> HttpRecording:
    kept: list[Exchange] = []
    others: list[Exchange] = []
    for exchange in _READERS[kind](source):
        if exchange is None:
            continue
        # What was recorded here may be exported again, so it stays whole.
        if kind == recorded.KIND or api_path(exchange.url) is not None:
            kept.append(exchange)
        else:
            others.append(Exchange(exchange.method, exchange.url, exchange.status))
    if not kept and kind != recorded.KIND:
        raise source.broken(None, _nothing(kind, others))
    if others:
        requests = "1 request" if len(others) == 1 else f"{len(others)} requests"
        source.notes[f"{requests} to other APIs left out: {_examples(others)}"] = 1
    if source.progress is not None:
        source.progress(len(source.data), len(source.data))
    return HttpRecording(source.path, kind, sha256, kept, source.losses())


def _nothing(kind: str, others: list[Exchange]) -> str:
    if not others:
        return f"a recording ({kind}) without any exchange"
    return f"a recording ({kind}) without requests to the Assistants API; it holds {_examples(others)}"


def _examples(others: list[Exchange]) -> str:
    names = list(dict.fromkeys(f"{exchange.method} {exchange.url.partition('?')[0][:100]}" for exchange in others))
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _outline(head: bytes) -> Outline:
    try:
        return outline_of(without_mark(head))
    except UnicodeDecodeError:
        return Outline("other")


def _kind(outline: Outline) -> str | None:
    match outline:
        case Outline("json lines", dict() as first):
            return _kind_of_line(first)
        case Outline(_, dict() as value):
            return _kind_of_mapping(value, outline)
        case Outline(_, list() as value):
            return _kind_of_list(value, outline)
        case _:
            return None


def _kind_of_line(first: Mapping[str, Any]) -> str | None:
    if "recording" in first and {"request", "response"} & first.keys():
        return recorded.KIND
    if is_chat_completions(first) or (_is_bare_conversation(first)):
        return None
    return "ndjson" if _is_message(first) or _is_export(first) else None


def _kind_of_mapping(value: Mapping[str, Any], outline: Outline) -> str | None:  # noqa: PLR0911 - one for each kind
    if "http_interactions" in value:
        return ruby_vcr.KIND
    if "interactions" in value and "consumer" not in value and "emulator" not in value:
        interactions = value["interactions"]
        return vcrpy.KIND if not interactions or _is_interaction(interactions[0]) else None
    if outline.syntax == "yaml":
        return None
    match value:
        case {"log": {"entries": list()}} if "_id" not in value:
            return har.KIND
        case {"Entries": [{"RequestUri": _}, *_]} | {"Entries": []}:
            return test_proxy.KIND
        case {"recording": _, "request": dict(), "response": _}:
            return recorded.KIND
        case {"data": [first, *_]} if _is_message(first):
            return "messages-dump"
        case _ if is_chat_completions(value):
            return None
        case _ if _is_message(value):
            return "messages-dump"
        case _:
            return "thread-export" if _is_export(value) else None


def _kind_of_list(value: list[Any], outline: Outline) -> str | None:
    first = value[0] if value else None
    if not isinstance(first, dict):
        return None
    if "request" in first and _is_interaction(first):
        return ruby_vcr.KIND if "VCR::" in outline.tag else vcrpy.KIND
    if outline.syntax == "yaml" or is_chat_completions(first) or "scope" in first:
        return None
    if _is_message(first) or (isinstance(first.get("data"), list) and any(map(_is_message, first["data"]))):
        return "messages-dump"
    return "thread-export" if _is_export(first) else None


def _is_interaction(value: Any) -> bool:
    match value:
        case {"request": {"urlPath": _} | {"urlPattern": _} | {"urlPathPattern": _}}:
            return False
        case {"request": dict(request)}:
            return "path" not in request or "host" in request
        case {"request": _} | {"response": _}:
            return True
        case _:
            return False


def _is_message(value: Any) -> bool:
    """Return whether an object is a message, under one of the names that exports give its parts."""
    if not isinstance(value, dict):
        return False
    return value.get("object") == "thread.message" or (
        "role" in value and bool({"content", "text", "message", "body"} & value.keys())
    )


def _is_export(value: Mapping[str, Any]) -> bool:
    """Return whether an object holds threads, or what belongs to one."""
    if {"thread", "threads", "messages", "conversation", "conversations", "runs", "objects"} & value.keys():
        return True
    if str(value.get("object", "")) in {"thread", "thread.run", "thread.run.step", "assistant"}:
        return True
    data = value.get("data")
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return str(data[0].get("object", "")).startswith(("thread", "assistant"))
    return any(str(key).startswith("thread_") for key in value)


def _is_bare_conversation(value: Mapping[str, Any]) -> bool:
    """Return whether a line is nothing but messages, as training data is."""
    return "messages" in value and not {"thread", "thread_id", "threadId", "id", "object"} & value.keys()
