"""HAR 1.2 files, as browsers and proxies write them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.recording.exchange import Body, Exchange, Part
from emulator.recording.formats.bodies import body_of, bytes_of_text, form_parts, from_base64, without_files
from emulator.recording.formats.headers import bare_type, headers_of, time_of
from emulator.recording.formats.json_items import json_items
from emulator.recording.formats.source import Source
from emulator.recording.formats.statuses import status_of

KIND: Final = "har"
_NO_UPLOADS: Final = "the bytes of an upload are unknown: browsers do not write them"


def exchanges(source: Source) -> Iterator[Exchange | None]:
    """Yield the entries of a log; None for those that have no answer, or are with another API."""
    for item in json_items(source, ("log", "entries")):
        match item.value:
            case {"request": {"url": str(), **_request}, **_entry}:
                yield _exchange_of(item.value, source, item.line)
            case _:
                raise source.broken(item.line, "an entry has to hold a request with its url")


def _exchange_of(entry: Mapping[str, Any], source: Source, line: int) -> Exchange | None:
    request, response = entry["request"], entry.get("response")
    method = str(request.get("method") or "GET").upper()
    if source.leaves_out(method, request["url"]):
        return None
    if not isinstance(response, Mapping) or (status := status_of(response.get("status"))) is None:
        source.note("a request without an answer is left out")
        return None
    sent = headers_of(request.get("headers"), source)
    received = headers_of(response.get("headers"), source)
    body, parts = _request(request, sent, source, line)
    answer, complete = _answer(response, received, source, line)
    return Exchange(
        method=source.same(method),
        url=source.same(request["url"]),
        status=status,
        request=body,
        response=answer,
        request_headers=sent,
        response_headers=received,
        parts=parts,
        at=time_of(entry.get("startedDateTime")) or time_of(received.get("date")),
        line=line,
        complete=complete,
    )


def _request(
    request: Mapping[str, Any], headers: Mapping[str, str], source: Source, line: int
) -> tuple[Body, tuple[Part, ...]]:
    posted = request.get("postData")
    if not isinstance(posted, Mapping):
        size = request.get("bodySize")
        if isinstance(size, int) and size > 0:
            source.note("the body of a request is unknown: the file does not hold it")
            return Body(None, bare_type(headers.get("content-type", ""))), ()
        return Body(b"", bare_type(headers.get("content-type", ""))), ()
    typed = headers if "content-type" in headers else {**headers, "content-type": str(posted.get("mimeType") or "")}
    text = posted.get("text")
    if isinstance(text, str) and text:
        data = _posted(text, posted, request.get("bodySize"), source, line)
        body, _ = body_of(data, typed, source, line, whose="request")
        return _with_known_files(body, form_parts(body, typed), source)
    parts = tuple(_parts(posted.get("params")))
    if any(part.data is None for part in parts):
        source.note(_NO_UPLOADS)
    return Body(None if parts else b"", bare_type(typed["content-type"])), parts


def _with_known_files(body: Body, parts: tuple[Part, ...], source: Source) -> tuple[Body, tuple[Part, ...]]:
    """Return an upload; browsers write its form with empty files."""
    if all(part.filename is None or part.data for part in parts):
        return body, parts
    source.note(_NO_UPLOADS)
    return Body(None, body.media_type), without_files(parts)


def _posted(text: str, posted: Mapping[str, Any], size: Any, source: Source, line: int) -> bytes:
    """Return the bytes of a text that may be base64, or bytes that were each taken for a character."""
    if "base64" in {posted.get("encoding"), posted.get("_encoding")}:
        return from_base64(text, source, line)
    if not text.isascii() and size == len(text):
        return bytes_of_text(text, "iso-8859-1")
    return bytes_of_text(text)


def _parts(params: Any) -> Iterator[Part]:
    for param in params if isinstance(params, list) else ():
        match param:
            case {"name": str(name), "fileName": str(filename), "value": str(value)} if value:
                yield Part(name, filename, bytes_of_text(value))
            case {"name": str(name), "fileName": str(filename)}:
                yield Part(name, filename)
            case {"name": str(name)}:
                yield Part(name, None, bytes_of_text(str(param.get("value") or "")))


def _answer(response: Mapping[str, Any], headers: dict[str, str], source: Source, line: int) -> tuple[Body, bool]:
    content = response.get("content")
    content = content if isinstance(content, Mapping) else {}
    typed = headers if "content-type" in headers else {**headers, "content-type": str(content.get("mimeType") or "")}
    text = content.get("text")
    if not isinstance(text, str) or not text:
        size = content.get("size")
        if "_file" in content or "_sha1" in content:
            source.note(
                "the body of an answer is unknown: it was written to a file of its own; save it with content embedded"
            )
        elif isinstance(size, int) and size > 0:
            source.note("the body of an answer is unknown: the file was saved without content")
        else:
            return Body(b"", bare_type(typed["content-type"])), True
        return Body(None, bare_type(typed["content-type"])), True
    data = from_base64(text, source, line) if content.get("encoding") == "base64" else bytes_of_text(text)
    # The text of a HAR is decoded, but some proxies keep gzip; of other codings the bytes would not show it.
    coding = "gzip" if "gzip" in typed.get("content-encoding", "") else ""
    return body_of(data, {**typed, "content-encoding": coding}, source, line, whose="answer")
