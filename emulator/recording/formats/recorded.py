"""What the recorder of this package writes: one exchange a line, in JSON."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from emulator.recording.exchange import Body, Exchange, Part
from emulator.recording.formats.codings import MAX_BODY
from emulator.recording.formats.headers import headers_of, media_type_of, time_of
from emulator.recording.formats.json_items import json_lines
from emulator.recording.formats.multipart import body_of, boundary_of
from emulator.recording.formats.source import Source
from emulator.recording.formats.statuses import status_of
from emulator.recording.recorder.layouts import Layout, dumped

KIND: Final = "recorded"
VERSION: Final = 1


def exchanges(source: Source) -> Iterator[Exchange | None]:
    """Yield the lines; None for a last one that was not written to its end."""
    for number, line, is_last in json_lines(source):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            if is_last and not source.data.endswith(b"\n"):
                source.note("the last line is incomplete and left out: the recorder was ended while it wrote")
                yield None
                return
            raise source.broken(number, f"not JSON: {error}") from None
        yield _exchange_of(value, source, number)


def _exchange_of(value: Any, source: Source, line: int) -> Exchange:
    try:
        match value:
            case {"recording": int(version)} if version != VERSION:
                raise source.broken(line, f"a recording of format {version}; this version reads format {VERSION}")
            case {
                "recording": _,
                "request": {"method": str(method), "url": str(url), **request},
                "response": {"status": int(status), **response},
            } if status_of(status) is not None:
                pass
            case _:
                raise source.broken(line, "no exchange: a line holds recording, request and response")
        sent, received = headers_of(request.get("headers"), source), headers_of(response.get("headers"), source)
        body, parts = _request(request.get("body"), sent, source)
        return Exchange(
            method=source.same(method.upper()),
            url=source.same(url),
            status=status,
            request=body,
            response=Body(_data(response.get("body"), source), source.same(media_type_of(received))),
            request_headers=sent,
            response_headers=received,
            parts=parts,
            at=time_of(value.get("at")) or time_of(received.get("date")),
            line=line,
            chunks=tuple((float(seconds), int(size)) for seconds, size in value.get("chunks") or ()),
            complete=value.get("complete") is not False,
        )
    except (TypeError, ValueError, KeyError, LookupError) as error:
        raise source.broken(line, f"no exchange: {error}") from None


def _request(body: Any, headers: Mapping[str, str], source: Source) -> tuple[Body, tuple[Part, ...]]:
    media_type = source.same(media_type_of(headers))
    match body:
        case {"multipart": [*values]}:
            parts = tuple(_part(value, source) for value in values)
            boundary = boundary_of(headers)
            types = [str(value.get("content_type") or "") for value in values]
            return Body(body_of(parts, types, boundary) if boundary else None, media_type), parts
        case _:
            return Body(_data(body, source), media_type), ()


def _part(value: Any, source: Source) -> Part:
    match value:
        case {"name": str(name), "filename": str(filename), **rest}:
            return Part(name, filename, _data(rest, source))
        case {"name": str(name), "value": str(text)}:
            return Part(name, None, text.encode("utf-8", "surrogateescape"))
        case {"name": str(name), **rest}:
            return Part(name, None, _data(rest, source))
        case _:
            raise ValueError("a part of a form has a name")


def _data(body: Any, source: Source) -> bytes | None:
    match body:
        case None:
            return b""
        case {"json": value, **about}:
            name: Any = about.get("layout", "compact")
            layout = Layout(name, bool(about.get("ascii")), bool(about.get("newline")))
            return dumped(value, layout).encode("utf-8", "surrogatepass")
        case {"text": str(text)}:
            return text.encode("utf-8", "surrogatepass")
        case {"base64": str(text)}:
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error as error:
                raise ValueError(f"broken base64: {error}") from None
        case {"file": str(name)}:
            return _beside(name, body.get("sha256"), source)
        case _:
            raise ValueError("a body is json, text, base64, file or multipart")


def _beside(name: str, sha256: Any, source: Source) -> bytes | None:
    """Return a file of the folder beside the recording."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or "\\" in name or ":" in name:
        raise ValueError(f"{name[:80]!r} does not lie beside the recording")
    path = source.path.parent / relative
    try:
        if not path.resolve().is_relative_to(source.path.parent.resolve()):
            raise ValueError(f"{name[:80]!r} does not lie beside the recording")
        if path.stat().st_size > MAX_BODY:
            source.note(f"the bytes of a body are not read: {name} is larger than {MAX_BODY >> 20} MB")
            return None
        data = path.read_bytes()
    except OSError:
        source.note(f"the bytes of a body are unknown: {name} is missing beside the recording")
        return None
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        source.note(f"the bytes of a body are unknown: {name} has changed since it was recorded")
        return None
    return data
