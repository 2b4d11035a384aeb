"""Files of before, recognized by their content and read as what they hold, whatever they are called."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from emulator.recording.addresses import api_path
from emulator.recording.exchange import Exchange
from emulator.recording.formats import har, recorded, ruby_vcr, test_proxy, vcrpy
from emulator.recording.formats.exported import holds_exported, is_listing, is_message
from emulator.recording.formats.foreign import EXPECTED, appearance_of, foreign_name
from emulator.recording.formats.outline import Outline, outlines_of
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
            kind, outline = _recognized(without_mark(head, "ignore"))
            if kind is None and not is_whole and outline.syntax == "json":  # what says so may stand at the end
                kind, _ = _recognized(without_mark(head + file.read(MAX_BYTES), "ignore"))
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
    kind, outline = _recognized(plain[:_HEAD])
    if kind is None and outline.syntax == "json" and len(plain) > _HEAD:
        kind, outline = _recognized(plain)
    if kind is None:
        seen = appearance_of(plain[:_HEAD], outline)
        raise UnreadableRecordingError(f"{path}: {f'looks like {seen}' if seen else 'no recording'}; {EXPECTED}")
    if kind not in _READERS:
        # Most files are no exports.
        from emulator.recording.formats.exports import (  # type: ignore[import-not-found, unused-ignore] # noqa: PLC0415
            read_export,
        )

        export: Export = read_export(path, kind, data)
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


def _recognized(text: bytes) -> tuple[str | None, Outline]:
    """Return the kind, and what was seen of the text: of that which is none, the more exact view."""
    seen = None
    for outline in outlines_of(text):
        if (kind := _kind(outline)) is not None:
            return kind, outline
        seen = seen or outline
    return None, seen or Outline("other")


def _kind(outline: Outline) -> str | None:  # noqa: PLR0911 - one for each kind
    match outline:
        case Outline("json lines", [dict() as first, *_]) if _is_recorded(first):
            return recorded.KIND
        case Outline(_, dict() as value) if (kind := _kind_of_mapping(value)) is not None:
            return kind
        case Outline(_, [dict() as first, *_]) if _is_interaction(first):
            return ruby_vcr.KIND if "VCR::" in outline.tag else vcrpy.KIND
        case Outline("yaml" | "other"):
            return None
        case Outline(syntax, value) if not foreign_name(outline) and holds_exported(value):
            if syntax == "json lines":
                return "ndjson"
            return "messages-dump" if is_listing(value) or is_message(value) else "thread-export"
        case _:
            return None


def _kind_of_mapping(value: Mapping[str, Any]) -> str | None:  # noqa: PLR0911 - as above
    match value:
        case {"http_interactions": _}:
            return ruby_vcr.KIND
        case {"consumer": _} | {"emulator": _}:
            return None
        case {"interactions": list(found)} if not found or _is_interaction(found[0]):
            return vcrpy.KIND
        case {"interactions": None}:
            return vcrpy.KIND
        case {"log": {"entries": list()}}:
            return har.KIND
        case {"Entries": [{"RequestUri": _}, *_]} | {"Entries": []}:
            return test_proxy.KIND
        case _:
            return recorded.KIND if _is_recorded(value) else None


def _is_recorded(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("recording"), int) and not {"at", "request", "response"}.isdisjoint(value)


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
