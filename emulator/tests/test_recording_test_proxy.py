"""Recordings of the test proxy of Azure's SDKs."""

import base64
import json

import pytest

from emulator.recording.recognition import read
from emulator.recording.recordings import UnreadableRecordingError

URL = "https://Sanitized.openai.azure.com/openai/threads?api-version=2024-05-01-preview"
BINARY = bytes(range(256))
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'
STREAM = 'event: thread.run.created\ndata: {"id": "run_1"}\n\nevent: done\r\ndata: [DONE]\r\n\r\n'


def entry(request=None, response=None, *, sent="application/json", got="application/json; charset=utf-8", **fields):
    return {
        "RequestUri": URL,
        "RequestMethod": "POST",
        "RequestHeaders": {
            "api-key": "Sanitized",
            "Accept": ["application/json", "text/plain"],
            **({"Content-Type": sent} if sent else {}),
        },
        "RequestBody": request,
        "StatusCode": 200,
        "ResponseHeaders": {"Date": "Tue, 05 Mar 2024 10:00:00 GMT", **({"Content-Type": got} if got else {})},
        "ResponseBody": response,
        **fields,
    }


def recording(tmp_path, *entries):
    path = tmp_path / "recording.json"
    path.write_text(json.dumps({"Entries": list(entries), "Variables": {}}, indent=2))
    return read(path)


def test_an_entry_is_read_whole(tmp_path):
    found = recording(tmp_path, entry({"messages": []}, {"id": "thread_1"}))
    (exchange,) = found.exchanges
    assert (exchange.method, exchange.url, exchange.status, exchange.line) == ("POST", URL, 200, 3)
    assert exchange.request.data == b'{"messages":[]}'
    assert exchange.response.data == b'{"id":"thread_1"}'
    assert exchange.request_headers["accept"] == "application/json, text/plain"
    assert exchange.at == 1_709_632_800
    assert found.notes == ()


@pytest.mark.parametrize("value, media_type, data", [
    (STREAM.splitlines(keepends=True), "text/event-stream", STREAM.encode()),
    (["[1,\n", "2]"], "application/json", b"[1,\n2]"),
    ("a text", "text/plain", b"a text"),
    ("größe", "text/plain; charset=utf-8", "größe".encode()),
    ('{"a": 1}', "application/problem+json", b'{"a": 1}'),
    (base64.b64encode(BINARY).decode(), "application/octet-stream", BINARY),
    (base64.b64encode(BINARY).decode(), "image/png", BINARY),
    (base64.b64encode(b"data").decode(), None, b"data"),
    ("not base64!", None, b"not base64!"),
    ("abcd", "text/plain", b"abcd"),
    ([], "application/octet-stream", b""),
    ([], "application/json", b""),
    (None, None, b""),
    ({"n": 12345678901234567890123, "größe": 1.5}, "application/json", b'{"n":1.2345678901234568e+22,"gr\xc3\xb6\xc3\x9fe":1.5}'),
    ({"broken": "\ud83d"}, "application/json", b'{"broken": "\\ud83d"}'),
    ([1, 2], "application/json", b"[1,2]"),
])  # fmt: skip
def test_an_answer_is_read_in_every_notation(tmp_path, value, media_type, data):
    (exchange,) = recording(tmp_path, entry({}, value, got=media_type)).exchanges
    assert exchange.response.data == data


def test_an_upload_is_unknown_and_said_to_be(tmp_path):
    found = recording(
        tmp_path, entry(None, {"id": "file-1"}, sent="multipart/form-data; boundary=b"), entry(None, {}, sent=None)
    )
    assert [exchange.request.data for exchange in found.exchanges] == [None, b""]
    assert found.notes == ("the bytes of an upload are unknown: the test proxy does not keep them",)


def test_an_upload_that_was_kept_has_parts(tmp_path):
    (exchange,) = recording(
        tmp_path, entry(base64.b64encode(FORM).decode(), {}, sent="multipart/form-data; boundary=b")
    ).exchanges
    assert [(part.name, part.filename, part.data) for part in exchange.parts] == [("file", "a.txt", b"hello")]


def test_sanitized_ids_are_noted(tmp_path):
    found = recording(tmp_path, entry({}, {"id": "Sanitized", "object": "thread"}))
    assert found.notes == ("the id of an object was sanitized: what belongs together cannot be seen",)


def test_an_entry_that_is_none_is_refused_with_its_line(tmp_path):
    with pytest.raises(UnreadableRecordingError, match=r":22: an entry has to hold a RequestUri"):
        recording(tmp_path, entry(), {"RequestMethod": "GET"})
