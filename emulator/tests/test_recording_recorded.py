"""What the recorder of this package writes is read back to the byte."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.recording.exchange import Part
from emulator.recording.recognition import kind_of, read
from emulator.recording.recordings import UnreadableRecordingError

URL = "http://127.0.0.1:8000/ns/a/v1/threads"
LINE = {
    "recording": 1,
    "at": "2026-11-30T10:00:00.125Z",
    "request": {"method": "POST", "url": URL, "headers": {"Content-Type": "application/json"}, "body": {"text": "{}"}},
    "response": {
        "status": 200,
        "headers": {"content-type": "text/event-stream; charset=utf-8"},
        "body": {"text": "event: done\ndata: [DONE]\n\n"},
    },
    "chunks": [[0.25, 12], [0.5, 14]],
    "seconds": 0.5,
    "complete": False,
}
LAYOUTS = {"compact": {"separators": (",", ":")}, "spaced": {}, "indent2": {"indent": 2}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def with_body(body, headers=None, side="response"):
    line = json.loads(json.dumps(LINE))
    line[side]["body"] = body
    line[side]["headers"] = headers or {}
    return line


def recording(tmp_path, *lines, end="\n"):
    path = tmp_path / "recorded.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + end)
    return read(path)


def test_a_line_is_read_whole(tmp_path):
    found = recording(tmp_path, LINE, "", LINE)
    first, second = found.exchanges
    assert (first.method, first.url, first.status, first.complete) == ("POST", URL, 200, False)
    assert first.chunks == ((0.25, 12), (0.5, 14))
    assert first.at == 1_796_032_800.125
    assert (first.request.data, first.request.media_type) == (b"{}", "application/json")
    assert first.response.media_type == "text/event-stream"
    assert (first.line, second.line) == (1, 3)


@given(JSON, st.sampled_from(sorted(LAYOUTS)), st.booleans(), st.booleans())
def test_json_is_written_as_it_was(tmp_path_factory, value, layout, ascii_only, newline):
    sent = (json.dumps(value, ensure_ascii=ascii_only, **LAYOUTS[layout]) + "\n" * newline).encode(
        "utf-8", "surrogatepass"
    )
    body = {"json": value, "layout": layout, "ascii": ascii_only, "newline": newline}
    (exchange,) = recording(tmp_path_factory.mktemp("recorded"), with_body(body)).exchanges
    assert exchange.response.data == sent


@pytest.mark.parametrize(
    "body, data",
    [
        (None, b""),
        ({"text": "größe"}, "größe".encode()),
        ({"base64": base64.b64encode(b"\0\xff").decode()}, b"\0\xff"),
        ({"json": {}}, b"{}"),
    ],
)
def test_a_body_is_read_in_every_notation(tmp_path, body, data):
    (exchange,) = recording(tmp_path, with_body(body)).exchanges
    assert exchange.response.data == data


def test_a_body_beside_the_recording_is_read_while_it_is_the_same(tmp_path):
    name = hashlib.sha256(b"bytes").hexdigest()
    body = {"file": f"recorded.files/{name}", "sha256": name, "bytes": 5}
    assert recording(tmp_path, with_body(body)).notes == (
        f"the bytes of a body are unknown: recorded.files/{name} is missing beside the recording",
    )
    (tmp_path / "recorded.files").mkdir()
    (tmp_path / "recorded.files" / name).write_bytes(b"bytes")
    assert recording(tmp_path, with_body(body)).exchanges[0].response.data == b"bytes"
    (tmp_path / "recorded.files" / name).write_bytes(b"other")
    found = recording(tmp_path, with_body(body))
    assert found.exchanges[0].response.data is None
    assert "has changed" in found.notes[0]


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret", "a/../../secret", "c:\\secret", "link"])
def test_nothing_is_read_that_lies_elsewhere(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UnreadableRecordingError, match=r":1: no exchange: .* does not lie beside the recording"):
        recording(folder, with_body({"file": name}))


def test_an_upload_has_parts_and_a_body_again(tmp_path):
    name = hashlib.sha256(b"hello").hexdigest()
    (tmp_path / "recorded.files").mkdir()
    (tmp_path / "recorded.files" / name).write_bytes(b"hello")
    file = {
        "name": "file",
        "filename": 'a"b.txt',
        "content_type": "text/plain",
        "bytes": 5,
        "sha256": name,
        "file": f"recorded.files/{name}",
    }
    body = {"multipart": [{"name": "purpose", "value": "assistants"}, file]}
    (exchange,) = recording(
        tmp_path, with_body(body, {"content-type": "multipart/form-data; boundary=b"}, "request")
    ).exchanges
    assert exchange.parts == (Part("purpose", None, b"assistants"), Part("file", 'a"b.txt', b"hello"))
    assert exchange.request.data.count(b"--b") == 3
    assert b"Content-Type: text/plain\r\n\r\nhello\r\n" in exchange.request.data


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_last_line_that_was_not_written_to_its_end_is_left_out(tmp_path, cut):
    found = recording(tmp_path, LINE, json.dumps(LINE)[:cut], end="")
    assert len(found.exchanges) == 1
    assert found.notes == ("the last line is incomplete and left out: the recorder was ended while it wrote",)


@pytest.mark.parametrize("line, problem", [
    ("{", "not JSON"),
    ("nope", "not JSON"),
    ("[]", "no exchange"),
    ("{}", "no exchange"),
    (json.dumps({**LINE, "recording": 2}), "a recording of format 2; this version reads format 1"),
    (json.dumps({**LINE, "chunks": [1]}), "no exchange"),
    (json.dumps({**LINE, "request": {"method": "GET"}}), "no exchange"),
    (json.dumps(with_body({"json": 1, "layout": "wide"})), "no exchange"),
    (json.dumps(with_body({"base64": "a"})), "broken base64"),
    (json.dumps(with_body({"what": "a"})), "a body is json, text, base64, file or multipart"),
    ("[" * 100_000, "not JSON"),
])  # fmt: skip
def test_a_line_that_is_no_exchange_is_refused_with_its_number(tmp_path, line, problem):
    with pytest.raises(UnreadableRecordingError, match=f":2: .*{problem}"):
        recording(tmp_path, LINE, line, LINE)


def test_requests_to_other_apis_stay_so_that_they_can_be_exported(tmp_path):
    line = json.loads(json.dumps(LINE).replace("threads", "chat/completions"))
    found = recording(tmp_path, line)
    assert len(found.exchanges) == 1
    assert kind_of(found.path) == "recorded"
