"""Files that are made to be costly cost little, and are refused in one line."""

import base64
import gzip
import json
import zlib

import brotli
import pytest

from emulator.recording.formats import codings
from emulator.recording.formats.codings import MissingDecoderError, UndecodableError, decoded
from emulator.recording.formats.source import MAX_DECOMPRESSED
from emulator.recording.recognition import kind_of, read
from emulator.recording.recordings import UnreadableRecordingError

URL = "https://api.openai.com/v1/threads"
HEAD = "interactions:\n- request:\n    method: GET\n    uri: https://api.openai.com/v1/threads\n    body: null\n    headers: {}\n  response:\n    status: 200\n    headers: {}\n"
BOMB = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10) if n else 'x'}]\n" for n in range(12))
LONG = f"  a: &a {'x' * 100_000}\n  b: [{', '.join(['*a'] * 5000)}]\n"


def refused(tmp_path, text, problem):
    path = tmp_path / "cassette.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UnreadableRecordingError, match=problem) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("text, problem", [
    (HEAD + BOMB, r":16: aliases that stand for too much"),
    (HEAD + LONG, r":11: aliases that stand for too much"),
    ("x:\n" + BOMB + HEAD, r": aliases that stand for too much"),
    (HEAD + "    body: &a [*a]\n", r":10: alias \*a has no anchor"),
    (HEAD + "    body: *nothing\n", r":10: alias \*nothing has no anchor"),
    (HEAD + "    body: " + "[" * 100_000, r":10: nested deeper than 64 levels"),
    (HEAD + "    body: " + "{a: " * 100_000, r":10: nested deeper than 64 levels"),
    (HEAD + "    body: " + "- " * 100_000, r":10: "),
    (HEAD + "    ? {a: b}\n    : c\n", r":10: a key has to be text"),
    ('{"interactions": [' + "[" * 1_000_000, "looks like|nested deeper|interaction"),
    ('{"a":' * 100_000, "looks like"),
    ("[" * 1_000_000, "looks like"),
    ("- " * 100_000, "looks like"),
    (HEAD + "    a\tb\x07\n", "not YAML"),
])  # fmt: skip
def test_a_costly_file_is_refused(tmp_path, text, problem):
    refused(tmp_path, text, problem)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + BOMB,
        "[" * 1_000_000,
        '{"a":' * 100_000,
        "- " * 100_000,
        "\0" * 1000,
        "{" * 10,
        HEAD.replace("interactions", "turns"),
    ],
)
def test_what_it_is_is_seen_of_any_file(tmp_path, text):
    path = tmp_path / "file"
    path.write_text(text)
    assert kind_of(path) in {None, "vcrpy"}


def cassette(tmp_path, bodies, coding):
    path = tmp_path / "recording.json"
    entries = [
        {
            "startedDateTime": "2024-03-05T10:00:00Z",
            "request": {"method": "GET", "url": URL},
            "response": {
                "status": 200,
                "headers": [{"name": "content-encoding", "value": coding}],
                "content": {"text": body, "encoding": "base64"},
            },
        }
        for body in bodies
    ]
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


@pytest.mark.parametrize("compress, coding", [
    (lambda data: gzip.compress(data, 9), "gzip"),
    (lambda data: zlib.compress(data, 9), "deflate"),
    (brotli.compress, "br"),
    (lambda data: gzip.compress(gzip.compress(data, 9), 9), "gzip, gzip"),
])  # fmt: skip
def test_a_body_that_grows_beyond_measure_is_unknown(monkeypatch, compress, coding):
    monkeypatch.setattr(codings, "MAX_BODY", 1_000_000)
    small, large = b"a" * 1_000_000, b"a" * 1_000_001
    assert decoded(compress(small), coding) == (small, True)
    with pytest.raises(UndecodableError, match="when decompressed"):
        decoded(compress(large), coding)


def test_many_members_of_gzip_are_refused():
    member = gzip.compress(b"")
    assert decoded(member * 50 + gzip.compress(b"end"), "gzip") == (b"end", True)
    with pytest.raises(UndecodableError, match="too many pieces"):
        decoded(member * 100_000, "gzip")


def test_all_bodies_together_are_bounded(tmp_path, monkeypatch):
    from emulator.recording.formats import bodies

    body = base64.b64encode(gzip.compress(b"a" * 1000)).decode()
    path = cassette(tmp_path, [body] * 5, "gzip")
    assert len(read(path).exchanges) == 5
    monkeypatch.setattr(bodies, "MAX_DECOMPRESSED", 4000)
    with pytest.raises(UnreadableRecordingError, match=r":1: the bodies take more than 0 MB when decompressed"):
        read(path)
    assert MAX_DECOMPRESSED == 2**30


@pytest.mark.parametrize("data, coding", [(b"\x1f\x8b" + b"\xff" * 20, "gzip"), (b"\xff" * 20, "br")])
def test_a_damaged_body_is_no_data(data, coding):
    with pytest.raises(UndecodableError, match="damaged"):
        decoded(data, coding)


def test_a_damaged_body_is_unknown_and_the_rest_is_read(tmp_path):
    text = (
        HEAD.replace("headers: {}\n", "headers: {content-encoding: br}\n") + '    body: !!binary "/////////////w=="\n'
    )
    path = tmp_path / "cassette.yaml"
    path.write_text(text)
    found = read(path)
    assert found.exchanges[0].response.data is None
    assert (
        found.notes == ("the body of a compressed answer is unknown: it is damaged (brotli: decoder failed)",)
        or "damaged" in found.notes[0]
    )


@pytest.mark.parametrize(
    "name, coding, install", [("brotli", "br", r"assistants-emulator\[replay\]"), ("zstandard", "zstd", "zstandard")]
)
def test_a_coding_without_its_package_says_what_to_install(tmp_path, monkeypatch, name, coding, install):
    monkeypatch.setattr(codings, "_installed", lambda *_names: None)
    data = brotli.compress(b"a") if coding == "br" else b"\x28\xb5\x2f\xfd\0"
    with pytest.raises(MissingDecoderError, match=install):
        decoded(data, coding)
    assert decoded(b"{}", coding) == (b"{}", True)
    text = (
        HEAD.replace("headers: {}\n", f"headers: {{content-encoding: {coding}}}\n")
        + f"    body: !!binary {base64.b64encode(data).decode()}\n"
    )
    refused(tmp_path, text, f"cassette.yaml:2: the answer is compressed with .*: install {install}")


def test_larger_files_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "cassette.yaml"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(UnreadableRecordingError, match="larger than 1024 MB: split it"):
        read(path)


def test_half_a_character_becomes_the_sign_for_one_that_is_unknown(tmp_path):
    path = tmp_path / "cassette.yaml"
    path.write_text(HEAD + '    body: "a\\uD800"\n')
    assert read(path).exchanges[0].response.data == "a\ufffd".encode()
