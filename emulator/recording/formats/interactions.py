"""Interactions as vcrpy and VCR keep them, and the many libraries that took the form over from VCR."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.recording.exchange import Body, Exchange, Part
from emulator.recording.formats.bodies import body_of, bytes_of_text, form_parts, from_base64, json_bytes, without_files
from emulator.recording.formats.headers import headers_of, time_of
from emulator.recording.formats.json_items import json_items
from emulator.recording.formats.source import Source
from emulator.recording.formats.statuses import status_of
from emulator.recording.formats.yaml_items import yaml_items

_JSON: Final = re.compile(rb"\s*([{\[])\s*[\"{}\]]")
_TEXT_TYPES: Final = re.compile(r"text/.*|.*[/+](json|xml)|application/(javascript|x-www-form-urlencoded)")
_CONTROLS: Final = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_NOT_ON_DISK: Final = (None, False, "", "no", "No")


def interactions(source: Source, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the interactions of a cassette, each with its line: below a key, or the elements of a list."""
    start = _JSON.match(source.data)
    items = yaml_items(source, key) if start is None else json_items(source, (key,) if start[1] == b"{" else ())
    for line, value in items:
        if not isinstance(value, Mapping) or not isinstance(value.get("request"), Mapping):
            raise source.broken(line, "an interaction has to hold a request and a response")
        yield line, value


def exchange_of(interaction: Mapping[str, Any], source: Source, line: int) -> Exchange | None:
    """Return an interaction as an exchange; None where it has no answer, or is one with another API."""
    request, response = interaction["request"], interaction.get("response")
    method, url = str(request.get("method") or "get").lstrip(":").upper(), _url(request)
    if url is None:
        source.note(f"a request without an address, in line {line}, is left out: does the file end in the middle?")
        return None
    if source.leaves_out(method, url):
        return None
    if not isinstance(response, Mapping):
        source.note("a request without an answer is left out")
        return None
    statuses = [response.get(name) for name in ("status", "status_code", "code")]
    status = next((found for one in statuses if (found := status_of(one)) is not None), None)
    if status is None:
        raise source.broken(line, f"a response without a status: {str(statuses[0])[:40]!r}")
    sent, received = headers_of(request.get("headers"), source), headers_of(response.get("headers"), source)
    body, parts = _request(_body(request, "body", "request_body"), sent, source, line)
    answer, complete = _answer(response, received, source, line)
    return Exchange(
        method=source.same(method),
        url=source.same(url),
        status=status,
        request=body,
        response=answer,
        request_headers=sent,
        response_headers=received,
        parts=parts,
        at=time_of(interaction.get("recorded_at") or interaction.get("recorded")) or time_of(received.get("date")),
        line=line,
        chunks=_chunks(interaction.get("chunks")),
        complete=complete and interaction.get("complete") is not False,
    )


def _body(message: Mapping[str, Any], *names: str) -> Any:
    """Return what was sent; serializers that show JSON as such put it beside the body, or in place of it."""
    return next((message[name] for name in (*names, "parsed_body") if message.get(name)), None)


def _chunks(value: Any) -> tuple[tuple[float, int], ...]:
    """Return how a stream came, as this package says it in the cassettes that it writes."""
    match value:
        case [[int() | float(), int()], *_]:
            pairs = [pair for pair in value if isinstance(pair, list) and len(pair) == 2]
            return tuple((float(moment), int(size)) for moment, size in pairs)
        case _:
            return ()


def _url(request: Mapping[str, Any]) -> str | None:
    if (url := request.get("uri") or request.get("url")) is not None:
        return str(url)
    if not (request.get("host") or request.get("path")):
        return None
    scheme, host, port = request.get("protocol") or "https", request.get("host") or "", request.get("port")
    return f"{scheme}://{host}{f':{port}' if port not in {None, 80, 443} else ''}{request.get('path') or '/'}"


def _request(value: Any, headers: Mapping[str, str], source: Source, line: int) -> tuple[Body, tuple[Part, ...]]:
    body, _ = body_of(_data(value, source, line), headers, source, line, whose="request")
    parts = form_parts(body, headers)
    length = headers.get("content-length", "")
    if isinstance(value, str) and parts and length.isdecimal() and int(length) != len(body.data or b""):
        source.note("the bytes of an upload are unknown: they were kept as text, without what is none")
        return Body(None, body.media_type), without_files(parts)
    return body, parts


def _answer(response: Mapping[str, Any], headers: Mapping[str, str], source: Source, line: int) -> tuple[Body, bool]:
    if "content" not in response or "body" in response:
        return body_of(_data(_body(response, "body"), source, line), headers, source, line, whose="answer")
    data = _data(response["content"], source, line)  # of httpx, by vcrpy 4 and 5
    body, complete = body_of(data, headers, source, line, whose="answer")
    if _is_mangled(response["content"], body, headers):
        source.note("the bytes of a binary answer are unknown: vcrpy 4 and 5 keep them as text, and drop what is none")
        return Body(None, body.media_type), complete
    return body, complete


def _is_mangled(content: Any, body: Body, headers: Mapping[str, str]) -> bool:
    """Return whether bytes were dropped when an answer was kept as text."""
    if not isinstance(content, str) or _TEXT_TYPES.fullmatch(body.media_type):
        return False
    length = headers.get("content-length", "")
    if length.isdecimal() and "content-encoding" not in headers:
        return int(length) != len(body.data or b"")
    return _CONTROLS.search(content) is not None


def _data(body: Any, source: Source, line: int) -> bytes | None:  # noqa: PLR0911 - one for each notation
    """Return the bytes of a body; None where they are lost."""
    match body:
        case dict():
            return _described_data(body, source, line)
        case None:
            return b""
        case bytes():
            return body
        case str():
            return bytes_of_text(body)
        case list() if all(isinstance(piece, str | bytes) for piece in body):  # an iterator, by vcrpy
            return b"".join(piece if isinstance(piece, bytes) else bytes_of_text(piece) for piece in body)
        case list():
            return json_bytes(body)
        case _:
            return str(body).encode()


def _described_data(body: Mapping[str, Any], source: Source, line: int) -> bytes | None:  # noqa: PLR0911 - as above
    match body:
        case {"base64_string": str(text)}:
            return from_base64(text, source, line)
        case {"base64_string": bytes(data)}:
            return data
        case {"encoding": _, "file": file} if file not in _NOT_ON_DISK:  # by R's vcr, which then names the file
            source.note("a body is unknown: it was written to a file of its own")
            return None
        case {"string": str(text)}:
            return bytes_of_text(text, str(body.get("encoding") or ""))
        case {"string": value} | {"str": value}:
            return _data(value, source, line)
        case {"state": [data, *_]} | {"args": [data, *_]}:  # a file or an iterator, by vcrpy
            return _data(data, source, line)
        case {"encoding": _, **rest} if not rest:
            return b""
        case _:
            return json_bytes(body)
