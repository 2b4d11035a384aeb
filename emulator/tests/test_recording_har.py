"""HAR files of browsers and proxies."""

import base64
import gzip
import json

import pytest

from emulator.recording.exchange import Part
from emulator.recording.recognition import read
from emulator.recording.recordings import UnreadableRecordingError

URL = "https://api.openai.com/v1/threads/thread_1/messages?limit=2"
BINARY = bytes(range(256))
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' + BINARY + b"\r\n--b--\r\n"


def entry(url=URL, *, request=None, response=None, content=None, **fields):
    request = {
        "method": "GET",
        "url": url,
        "httpVersion": "HTTP/2",
        "headers": [{"name": ":authority", "value": "api.openai.com"}, {"name": "Accept", "value": "*/*"}],
        **(request or {}),
    }
    content = {"size": 2, "mimeType": "application/json; charset=utf-8", "text": "{}"} if content is None else content
    response = {
        "status": 200,
        "statusText": "",
        "headers": [{"name": "x-a", "value": "1"}, {"name": "X-A", "value": "2"}],
        "content": content,
        **(response or {}),
    }
    return {
        "startedDateTime": "2024-03-05T11:00:00.250+01:00",
        "time": 3,
        "request": request,
        "response": response,
        **fields,
    }


def recording(tmp_path, *entries, indent=None):
    path = tmp_path / "trace.har"
    log = {"version": "1.2", "creator": {"name": "proxy", "version": "1"}, "pages": [], "entries": list(entries)}
    path.write_text(json.dumps({"log": log}, indent=indent))
    return read(path)


def test_an_entry_is_read_whole(tmp_path):
    found = recording(tmp_path, entry(), indent=1)
    (exchange,) = found.exchanges
    assert (exchange.method, exchange.url, exchange.status) == ("GET", URL, 200)
    assert exchange.at == 1_709_632_800.25
    assert exchange.request_headers == {"accept": "*/*"}
    assert exchange.response_headers == {"x-a": "1, 2"}
    assert (exchange.response.data, exchange.response.media_type) == (b"{}", "application/json")
    assert found.path.read_text().split("\n")[exchange.line - 1] == "   {"
    assert found.notes == ()


def test_entries_of_other_hosts_are_left_out(tmp_path):
    found = recording(
        tmp_path,
        entry("https://cdn.example/app.js"),
        entry(),
        entry("https://user:secret@example.org/"),
        entry("wss://[broken"),
        entry("data:text/plain,x"),
    )
    assert [exchange.url for exchange in found.exchanges] == [URL]
    assert found.notes == (
        "4 requests to other APIs left out: GET https://cdn.example/app.js, GET https://example.org/, GET wss://[broken, …",
    )


@pytest.mark.parametrize("content, data", [
    ({"text": base64.b64encode(BINARY).decode(), "encoding": "base64", "size": 256}, BINARY),
    ({"text": "größe", "size": 7}, "größe".encode()),
    ({"text": "", "size": 0}, b""),
    ({"size": 0}, b""),
    ({}, b""),
    ({"text": base64.b64encode(gzip.compress(b"{}")).decode(), "encoding": "base64"}, b"{}"),
    ({"text": "{}", "size": 2, "compression": -20}, b"{}"),
])  # fmt: skip
def test_an_answer_is_read_in_every_notation(tmp_path, content, data):
    gzipped = {"headers": [{"name": "content-encoding", "value": "gzip"}]}
    (exchange,) = recording(tmp_path, entry(content=content, response=gzipped)).exchanges
    assert exchange.response.data == data


def test_bytes_that_a_browser_has_decoded_are_taken_as_they_are(tmp_path):
    content = {"text": base64.b64encode(BINARY).decode(), "encoding": "base64"}
    brotli = {"headers": [{"name": "content-encoding", "value": "br"}]}
    found = recording(tmp_path, entry(content=content, response=brotli))
    assert found.exchanges[0].response.data == BINARY
    assert found.notes == ()


@pytest.mark.parametrize("content, words", [
    ({"size": 12}, "saved without content"),
    ({"size": 12, "text": ""}, "saved without content"),
    ({"size": 12, "_file": "abc.json"}, "save it with content embedded"),
])  # fmt: skip
def test_an_answer_that_is_not_in_the_file_is_unknown(tmp_path, content, words):
    found = recording(tmp_path, entry(content=content), entry(content=content))
    assert [exchange.response.data for exchange in found.exchanges] == [None, None]
    assert words in found.notes[0]
    assert found.notes[0].endswith("(2 times)")


@pytest.mark.parametrize("posted, data", [
    ({"mimeType": "application/json", "text": '{"a": "größe"}'}, '{"a": "größe"}'.encode()),
    ({"mimeType": "application/json", "text": "eyJhIjogMX0=", "encoding": "base64"}, b'{"a": 1}'),
    ({"mimeType": "application/json", "text": ""}, b""),
    (None, b""),
])  # fmt: skip
def test_a_request_is_read_in_every_notation(tmp_path, posted, data):
    (exchange,) = recording(tmp_path, entry(request={"method": "post", "postData": posted})).exchanges
    assert (exchange.method, exchange.request.data) == ("POST", data)


def test_an_upload_of_which_each_byte_became_a_character_is_read(tmp_path):
    posted = {"mimeType": "multipart/form-data; boundary=b", "params": [], "text": FORM.decode("latin-1")}
    (exchange,) = recording(
        tmp_path, entry(request={"method": "POST", "bodySize": len(FORM), "postData": posted})
    ).exchanges
    assert exchange.parts == (Part("file", "a.bin", BINARY),)
    assert exchange.request.data == FORM


def test_an_upload_without_its_bytes_is_unknown(tmp_path):
    text = FORM.replace(BINARY, b"").decode()
    params = [
        {"name": "purpose", "value": "assistants"},
        {"name": "file", "fileName": "a.bin", "contentType": "text/plain"},
    ]
    found = recording(
        tmp_path,
        entry(
            request={
                "method": "POST",
                "bodySize": 900,
                "postData": {"mimeType": "multipart/form-data; boundary=b", "text": text},
            }
        ),
        entry(
            request={
                "method": "POST",
                "bodySize": 900,
                "postData": {"mimeType": "multipart/form-data", "params": params},
            }
        ),
        entry(request={"method": "POST", "bodySize": 900}),
    )
    assert [exchange.request.data for exchange in found.exchanges] == [None, None, None]
    assert [exchange.parts for exchange in found.exchanges] == [
        (Part("file", "a.bin", None),),
        (Part("purpose", None, b"assistants"), Part("file", "a.bin", None)),
        (),
    ]
    assert found.notes == (
        "the bytes of an upload are unknown: browsers do not write them (2 times)",
        "the body of a request is unknown: the file does not hold it",
    )


@pytest.mark.parametrize("response", [{"status": 0}, {"status": -1}, {"status": None}])
def test_a_request_that_was_broken_off_is_left_out(tmp_path, response):
    found = recording(tmp_path, entry(), entry(response=response))
    assert len(found.exchanges) == 1
    assert found.notes == ("a request without an answer is left out",)


def test_the_line_is_that_of_the_entry(tmp_path):
    found = recording(tmp_path, *[entry(request={"postData": {"text": '"{[\\'}}) for _ in range(3)], indent=2)
    lines = found.path.read_text().split("\n")
    assert [exchange.line for exchange in found.exchanges] == [
        number for number, line in enumerate(lines, 1) if line == "      {"
    ]


@pytest.mark.parametrize("text, problem", [
    ('{"log": {"entries": [\n{}]}}', r":2: an entry has to hold a request"),
    ('{"log": {"entries": [\n"a"]}}', r":2: a text where an exchange should be"),
    ('{"log": {"entries": [\n\n{"request": {"url": "x"', r":3: the file ends in the middle"),
    ('{"log": {"entries": [\n{"request": {"url": "/v1/threads"},\n "response": {"status" 200}}]}}', r":3: not JSON"),
    ('{"log": {"entries": [\n' + '{"a":' * 300 + "1" + "}" * 300 + "]}}", r":2: nested deeper than 200 levels"),
    ('{"log": {"entries": []}}', "without any exchange"),
])  # fmt: skip
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, problem):
    path = tmp_path / "trace.har"
    path.write_text(text)
    with pytest.raises(UnreadableRecordingError, match=problem):
        read(path)
