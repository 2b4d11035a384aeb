"""Recordings of the test proxy of Azure's SDKs."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.recording.exchange import Body, Exchange
from emulator.recording.formats.bodies import body_of, bytes_of_text, form_parts, json_bytes
from emulator.recording.formats.headers import headers_of, media_type_of, time_of
from emulator.recording.formats.json_items import json_items
from emulator.recording.formats.source import Source
from emulator.recording.formats.statuses import status_of

KIND: Final = "test-proxy"
# What the proxy keeps as text; all else it keeps in base64.
_TEXT: Final = re.compile(r"text/.*|.*[/+](json|xml|jsonl|x-ndjson)|application/(javascript|x-www-form-urlencoded)")


def exchanges(source: Source) -> Iterator[Exchange | None]:
    """Yield the entries; None for those that have no answer, or are with another API."""
    for item in json_items(source, ("Entries",)):
        match item.value:
            case {"RequestUri": str(), **_entry}:
                yield _exchange_of(item.value, source, item.line)
            case _:
                raise source.broken(item.line, "an entry has to hold a RequestUri")


def _exchange_of(entry: Mapping[str, Any], source: Source, line: int) -> Exchange | None:
    method = str(entry.get("RequestMethod") or "GET").upper()
    if source.leaves_out(method, entry["RequestUri"]):
        return None
    if (status := status_of(entry.get("StatusCode"))) is None:
        source.note("a request without an answer is left out")
        return None
    sent, received = headers_of(entry.get("RequestHeaders"), source), headers_of(entry.get("ResponseHeaders"), source)
    body = _request(entry.get("RequestBody"), sent, source, line)
    if isinstance(value := entry.get("ResponseBody"), dict) and value.get("id") == "Sanitized":
        source.note("the id of an object was sanitized: what belongs together cannot be seen")
    answer, complete = body_of(_data(value, received), received, source, line, whose="answer")
    return Exchange(
        method=source.same(method),
        url=source.same(entry["RequestUri"]),
        status=status,
        request=body,
        response=answer,
        request_headers=sent,
        response_headers=received,
        parts=form_parts(body, sent),
        at=time_of(received.get("date")),
        line=line,
        complete=complete,
    )


def _request(value: Any, headers: Mapping[str, str], source: Source, line: int) -> Body:
    media_type = media_type_of(headers)
    if value is None and media_type.startswith("multipart/"):
        source.note("the bytes of an upload are unknown: the test proxy does not keep them")
        return Body(None, source.same(media_type))
    body, _ = body_of(_data(value, headers), headers, source, line, whose="request")
    return body


def _data(value: Any, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a body: JSON as it is, a text with line ends as the list of its lines, else base64."""
    match value:
        case None | []:
            return b""
        case str() if _TEXT.fullmatch(media_type_of(headers)):
            return bytes_of_text(value)
        case str():
            try:
                return base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                return bytes_of_text(value)
        case list() if all(isinstance(line, str) for line in value):
            return bytes_of_text("".join(value))
        case _:
            return json_bytes(value)
