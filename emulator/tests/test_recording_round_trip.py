"""What passed is what is read back, to the byte, where it holds no secret."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emulator.recording.recognition import read
from emulator.recording.recorder.exchanges import PassingExchange
from emulator.recording.recorder.lines import write
from emulator.recording.recorder.recording_file import RecordingFile
from emulator.recording.secrets import Secrets

URL = "https://x.services.ai.azure.com/api/projects/harbour/threads?api-version=v1"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"indent": 4}])
TYPES = st.sampled_from(["application/json", "text/event-stream", "text/plain", "image/png", ""])
BODIES = (
    st.binary(max_size=200)
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.builds(lambda value, layout: json.dumps(value, **layout).encode("utf-8", "surrogatepass"), JSON, LAYOUTS)
    | st.lists(JSON).map(lambda values: "".join(f"event: a\ndata: {json.dumps(one)}\n\n" for one in values).encode())
)


def passed(sent, got, kind_sent="application/json", kind_got="application/json", cut=7):
    exchange = PassingExchange("POST", URL, [(b"content-type", kind_sent.encode())])
    exchange.status, exchange.response_headers = 200, [(b"Content-Type", kind_got.encode())]
    exchange.request.add(sent)
    for place in range(0, len(got), cut):
        exchange.response.add(got[place : place + cut], place / 100)
    exchange.end(complete=True)
    return exchange


def recorded(folder, *exchanges):
    file = RecordingFile(folder / "r.jsonl")
    try:
        for one in exchanges:
            write(one, file, Secrets())
            one.close()
    finally:
        file.close()
    return read(folder / "r.jsonl").exchanges


@given(sent=BODIES, got=BODIES, kinds=st.tuples(TYPES, TYPES))
def test_bodies_are_read_back_to_the_byte(tmp_path_factory, sent, got, kinds):
    assume(not any(Secrets().spans(body.decode("latin-1")) for body in (sent, got)))
    (found,) = recorded(tmp_path_factory.mktemp("any"), passed(sent, got, *kinds))
    assert (found.request.data, found.response.data) == (sent, got)
    assert (found.method, found.url, found.status, found.complete) == ("POST", URL, 200, True)
    if kinds[1] == "text/event-stream":
        assert sum(size for _, size in found.chunks) == len(got)


@given(
    parts=st.lists(
        st.tuples(st.sampled_from(["purpose", "file"]), st.none() | st.sampled_from(["a.txt", "ä b.pdf"]), st.binary()),
        min_size=1,
        max_size=4,
    )
)
def test_uploads_are_read_back_part_by_part(tmp_path_factory, parts):
    body = b""
    for name, filename, data in parts:
        more = "" if filename is None else f'; filename="{filename}"'
        content = data.hex().encode() if filename is None else data  # fields are texts
        head = f'--bound\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    exchange = passed(body + b"--bound--\r\n", b"{}", "multipart/form-data; boundary=bound")
    (found,) = recorded(tmp_path_factory.mktemp("form"), exchange)
    assert [(one.name, one.filename) for one in found.parts] == [(name, filename) for name, filename, _ in parts]
    assert [one.data for one in found.parts] == [data if file else data.hex().encode() for _, file, data in parts]


@pytest.mark.parametrize("end", [b"--bound--", b"--bound--\r\nepilogue", b""])
def test_a_form_that_is_not_whole_is_kept_as_its_bytes(tmp_path, end):
    body = b'--bound\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' + end
    (found,) = recorded(tmp_path, passed(body, b"{}", "multipart/form-data; boundary=bound"))
    if not end:
        assert found.request.data == body
    assert (found.parts != ()) or not end or found.request.data == body


def test_a_recording_is_continued(tmp_path):
    recorded(tmp_path, passed(b"{}", b"{}"))
    assert len(recorded(tmp_path, passed(b"[]", b"[]"))) == 2
