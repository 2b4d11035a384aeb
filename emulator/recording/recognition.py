"""Files of before, recognized by their content and read as what they hold, whatever they are called."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from emulator.recording.exchange import Exchange
from emulator.recording.formats import har, recorded, ruby_vcr, test_proxy, vcrpy
from emulator.recording.formats.foreign import foreign_name, unreadable
from emulator.recording.formats.kinds import kind_of_outline
from emulator.recording.formats.outline import Outline, outlines_of
from emulator.recording.formats.source import Progress, Source, without_mark
from emulator.recording.recordings import AnyRecording, HttpRecording, UnreadableRecordingError

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
            return _seen(file)[0]
    except OSError:
        return None


def problem_of(path: Path) -> str | None:
    """Return what a file looks like that nothing can be imported of; None for a recording, and as `problem_in`."""
    try:
        with path.open("rb") as file:
            return _problem(*_seen(file))
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def problem_in(text: bytes) -> str | None:
    """Return what a text looks like that is of another format; None for JSON of none, which may hold some objects."""
    return _problem(*_seen(io.BytesIO(text)))


def _seen(file: BinaryIO) -> tuple[str | None, Outline, bytes]:
    """Return the kind of a file, what was seen of it, and its beginning."""
    head = file.read(_HEAD)
    plain = without_mark(head, "ignore")
    kind, outline = _recognized(plain)
    if kind is None and len(head) == _HEAD and outline.syntax == "json":  # what says so may stand at the end
        kind, outline = _recognized(without_mark(head + file.read(MAX_BYTES), "ignore"))
    return kind, outline, plain


def _problem(kind: str | None, outline: Outline, head: bytes) -> str | None:
    may_hold_objects = head.lstrip().startswith((b"[", b"{")) and not foreign_name(outline)
    return None if kind is not None or may_hold_objects else unreadable(head, outline)


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
        raise UnreadableRecordingError(f"{path}: {unreadable(plain[:_HEAD], outline)}")
    if kind not in _READERS:
        from emulator.recording.formats.exports import read_export  # noqa: PLC0415 - most files are no exports

        return read_export(path, kind, data)
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
    kept = [exchange for exchange in _READERS[kind](source) if exchange is not None]
    if not kept and kind != recorded.KIND:
        raise source.broken(None, _nothing(kind, source))
    if source.others:
        number = source.others.total()
        requests = "1 request" if number == 1 else f"{number} requests"
        source.note(f"{requests} to other APIs left out: {_examples(source)}")
    if source.progress is not None:
        source.progress(len(source.data), len(source.data))
    return HttpRecording(source.path, kind, sha256, kept, source.losses())


def _nothing(kind: str, source: Source) -> str:
    if not source.others:
        return f"a recording ({kind}) without any exchange"
    return f"a recording ({kind}) without requests to the Assistants API; it holds {_examples(source)}"


def _examples(source: Source) -> str:
    return ", ".join(list(source.others)[:3]) + (", …" if len(source.others) > 3 else "")


def _recognized(text: bytes) -> tuple[str | None, Outline]:
    """Return the kind, and what was seen of the text: of that which is none, the more exact view."""
    seen = None
    for outline in outlines_of(text):
        if (kind := kind_of_outline(outline)) is not None:
            return kind, outline
        seen = seen or outline
    return None, seen or Outline("other")
