"""Cassettes of vcrpy, by its own serializers and by those of its older versions."""

import gzip
import json
import zlib

import brotli
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import jsonserializer, yamlserializer

from emulator.recording.exchange import Part
from emulator.recording.recognition import read
from emulator.recording.recordings import UnreadableRecordingError

URL = "https://api.openai.com/v1/threads"
BOUNDARY = "d41d8cd98f00"
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="größe.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
BINARY = bytes(range(256)) * 3


def written(pairs, serializer=yamlserializer):
    """What vcrpy writes for requests and responses."""
    return serialize({"requests": [pair[0] for pair in pairs], "responses": [pair[1] for pair in pairs]}, serializer)


def response(data, headers=None, status=200):
    return {"status": {"code": status, "message": "OK"}, "headers": headers or {}, "body": {"string": data}}


def exchanges(tmp_path, text, name="cassette.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path).exchanges


def notes(tmp_path, text):
    path = tmp_path / "cassette.yaml"
    path.write_text(text)
    return read(path).notes


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["- request:\n", "null", "true", "12", "~", "# a", "a: b", "'", "…\u2028\x85"]
)
BODIES = st.one_of(
    st.binary(max_size=60),
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: json.dumps({"text": text}, ensure_ascii=False).encode()),
)
NAMES = st.sampled_from(["Content-Type", "x-request-id", "Date", "openai-version", "X-Other"])
HEADERS = st.dictionaries(NAMES, st.lists(TEXTS, min_size=1, max_size=2), max_size=3)


@given(st.lists(st.tuples(BODIES, BODIES, HEADERS, st.integers(100, 599)), min_size=1, max_size=4))
def test_what_vcrpy_writes_is_read_back(tmp_path_factory, recorded):
    pairs = [
        (Request("POST", URL, sent, {"X-Any": "thing"}), response(got, headers, status))
        for sent, got, headers, status in recorded
    ]
    path = tmp_path_factory.mktemp("cassettes") / "cassette.yaml"
    path.write_text(written(pairs), encoding="utf8", newline="")
    for exchange, (sent, got, headers, status) in zip(read(path).exchanges, recorded, strict=True):
        assert (exchange.method, exchange.url, exchange.status) == ("POST", URL, status)
        assert exchange.request.data == sent
        assert exchange.response.data == got
        assert exchange.request_headers == {"x-any": "thing"}
        assert exchange.response_headers == {name.lower(): ", ".join(values) for name, values in headers.items()}


@given(TEXTS, TEXTS)
def test_what_vcrpy_writes_as_json_is_read_back(tmp_path_factory, sent, got):
    path = tmp_path_factory.mktemp("cassettes") / "cassette.json"
    path.write_text(written([(Request("POST", URL, sent, {}), response(got.encode()))], jsonserializer))
    (exchange,) = read(path).exchanges
    assert (exchange.request.data, exchange.response.data) == (sent.encode(), got.encode())


@pytest.mark.parametrize("coding, data", [
    pytest.param("gzip", gzip.compress(b'{"id": "thread_1"}'), id="gzip"),
    pytest.param("GZIP", gzip.compress(b'{"id": ') + gzip.compress(b'"thread_1"}'), id="several members"),
    pytest.param("x-gzip", gzip.compress(b'{"id": "thread_1"}'), id="x-gzip"),
    pytest.param("deflate", zlib.compress(b'{"id": "thread_1"}'), id="zlib"),
    pytest.param("deflate", zlib.compress(b'{"id": "thread_1"}', wbits=-15), id="raw deflate"),
    pytest.param("br", brotli.compress(b'{"id": "thread_1"}'), id="brotli"),
    pytest.param("gzip, br", brotli.compress(gzip.compress(b'{"id": "thread_1"}')), id="gzip within brotli"),
    pytest.param("identity", b'{"id": "thread_1"}', id="identity"),
    # Recorders decode a body and keep the header.
    pytest.param("gzip", b'{"id": "thread_1"}', id="gzip, decoded"),
    pytest.param("br", b'{"id": "thread_1"}', id="brotli, decoded"),
    pytest.param("deflate", b'{"id": "thread_1"}', id="deflate, decoded"),
    pytest.param("zstd", b'{"id": "thread_1"}', id="zstd, decoded"),
])  # fmt: skip
def test_bodies_are_decoded(tmp_path, coding, data):
    text = written([(Request("GET", URL, None, {}), response(data, {"Content-Encoding": [coding]}))])
    (exchange,) = exchanges(tmp_path, text)
    assert exchange.response.data == b'{"id": "thread_1"}'
    assert exchange.complete


@pytest.mark.parametrize(
    "coding, compress", [("gzip", gzip.compress), ("br", brotli.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_that_was_cut_gives_what_is_there(tmp_path, coding, compress):
    plain = b"".join(f"data: {n * n}\n\n".encode() for n in range(20_000))
    data = compress(plain)
    data = data[: len(data) * 3 // 4]
    text = written([(Request("GET", URL, None, {}), response(data, {"Content-Encoding": [coding]}))])
    (exchange,) = exchanges(tmp_path, text)
    assert plain.startswith(exchange.response.data)
    assert len(exchange.response.data) > 1000
    assert not exchange.complete
    assert notes(tmp_path, text) == ("the body of a compressed answer ends in the middle",)


def test_an_upload_has_parts(tmp_path):
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    body = FORM + BINARY + f"\r\n--{BOUNDARY}--\r\n".encode()
    (exchange,) = exchanges(tmp_path, written([(Request("POST", URL, body, headers), response(b"{}"))]))
    assert exchange.parts == (Part("purpose", None, b"assistants"), Part("file", "größe.bin", BINARY))
    assert exchange.request.media_type == "multipart/form-data"
    assert exchange.request.data == body


def test_an_upload_whose_boundary_was_changed_has_parts(tmp_path):
    body = b'--x\nContent-Disposition: form-data; name="file"; filename=a.txt\n\nfirst\n\nsecond\n--x--\n'
    request = Request("POST", URL, body, {"content-type": "multipart/form-data; boundary=other"})
    (exchange,) = exchanges(tmp_path, written([(request, response(b"{}"))]))
    assert exchange.parts == (Part("file", "a.txt", b"first\n\nsecond"),)


def test_the_bytes_of_an_upload_that_was_kept_as_text_are_unknown(tmp_path):
    body = FORM + BINARY + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "content-length": str(len(body))}
    text = written([(Request("POST", URL, body.decode(errors="ignore"), headers), response(b"{}"))])
    (exchange,) = exchanges(tmp_path, text)
    assert exchange.parts == (Part("purpose", None, b"assistants"), Part("file", "größe.bin", None))
    assert exchange.request.data is None
    assert "upload" in notes(tmp_path, text)[0]


OLD = """\
interactions:
- request:
    body: '{"assistant_id": "asst_1"}'
    headers:
      Host: [api.openai.com]
    method: POST
    uri: https://api.openai.com/v1/threads
  response:
    content: {content}
    headers:
      Content-Type: {type}
      {more}
      date: 'Tue, 05 Mar 2024 10:00:00 GMT'
    http_version: HTTP/1.1
    status_code: 201
version: 1
"""


def old(content, media_type, more="x: y"):
    return OLD.replace("{content}", json.dumps(content)).replace("{type}", media_type).replace("{more}", more)


@pytest.mark.parametrize("content, media_type, more, kept", [
    ('{"id": "größe"}', "application/json", "content-encoding: gzip", True),
    ("event: done\ndata: [DONE]\n\n", "text/event-stream; charset=utf-8", "x: y", True),
    ("a,b\n1,2\n", "application/octet-stream", "content-length: '8'", True),
    ("a,b\n1,2\n", "application/octet-stream", "content-length: '11'", False),
    ("a,b\n1,2\n", "application/octet-stream", "content-encoding: br", True),
    ("PNG\r\n\x1a\n\0IHDR", "image/png", "x: y", False),
])  # fmt: skip
def test_answers_of_httpx_by_vcrpy_4_and_5_are_read_unless_they_were_mangled(tmp_path, content, media_type, more, kept):
    (exchange,) = exchanges(tmp_path, old(content, media_type, more))
    assert exchange.status == 201
    assert exchange.at == 1_709_632_800
    assert exchange.response.data == (content.encode() if kept else None)
    assert bool(notes(tmp_path, old(content, media_type, more))) is not kept


BODY_NOTATIONS = {
    "null": b"",
    "''": b"",
    "plain text": b"plain text",
    "12": b"12",
    "{string: '{\"a\": 1}'}": b'{"a": 1}',
    "{string: null}": b"",
    "{encoding: utf-8, string: größe}": "größe".encode(),
    "{base64_string: eyJhIjogMX0=}": b'{"a": 1}',
    "{base64_string: !!binary eyJhIjogMX0=}": b'{"a": 1}',
    "!!binary eyJhIjogMX0=": b'{"a": 1}',
    "!binary eyJhIjogMX0=": b'{"a": 1}',
    "{string: !!binary eyJhIjogMX0=}": b'{"a": 1}',
    "{string: !!python/unicode 'a'}": b"a",
    "!!python/str 'a'": b"a",
    "!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary eyJhIjogMX0=, 0, null]}": b'{"a": 1}',
    "!!python/object/apply:builtins.iter {args: !!python/tuple [[!!binary eyJh, !!binary Ijog, 'MX0']]}": b'{"a": MX0',
    "{assistant_id: asst_1, n: 2, on: true, none: null}": b'{"assistant_id":"asst_1","n":2,"on":true,"none":null}',
    "[1, {a: 2024-03-05}]": b'[1,{"a":"2024-03-05"}]',
    "{file: file-1}": b'{"file":"file-1"}',
}


@pytest.mark.parametrize("notation, data", BODY_NOTATIONS.items())
@pytest.mark.parametrize("side", ["request", "response"])
def test_a_body_is_read_in_every_notation(tmp_path, notation, data, side):
    bodies = {"request": "null", "response": "null", side: notation}
    text = (
        f"interactions:\n- request: {{body: {bodies['request']}, headers: {{}}, method: GET, uri: '{URL}'}}\n"
        f"  response: {{body: {bodies['response']}, headers: {{}}, status: {{code: 200, message: OK}}}}\n"
    )
    (exchange,) = exchanges(tmp_path, text)
    assert getattr(exchange, side).data == data


@pytest.mark.parametrize("notation", [
    "{Content-Type: [text/plain], X-A: ['1', '2']}",
    "{content-type: text/plain, x-a: ['1', '2']}",
    "{CONTENT-TYPE: [[text/plain]], X-a: [['1'], '2']}",
    "{content-type: text/plain, x-a: [1, 2]}",
    '["content-type: text/plain\\r\\n", "X-A: 1\\r\\n", "x-a: 2\\r\\n"]',
    "[[content-type, text/plain], [x-a, ['1', '2']]]",
    "!!python/object/apply:__builtin__.frozenset [[!!python/tuple [content-type, text/plain], !!python/tuple [x-a, '1, 2']]]",
    "[{name: Content-Type, value: text/plain}, {name: X-A, value: '1'}, {name: x-a, value: '2'}, {name: ':status', value: '200'}]",
])  # fmt: skip
def test_headers_are_read_in_every_notation(tmp_path, notation):
    text = (
        f"interactions:\n- request: {{body: null, headers: {notation}, method: GET, uri: '{URL}'}}\n"
        f"  response: {{body: '', headers: {notation}, status: {{code: 200, message: OK}}}}\n"
    )
    (exchange,) = exchanges(tmp_path, text)
    assert exchange.request_headers == exchange.response_headers == {"content-type": "text/plain", "x-a": "1, 2"}
    assert exchange.response.media_type == "text/plain"


@pytest.mark.parametrize(
    "notation",
    [
        "{code: 404, message: Not Found}",
        "{code: '404'}",
        "404",
        "404 Not Found",
        "{status_code: 404}",
        "HTTP/1.1 404 Not Found",
    ],
)
def test_a_status_is_read_in_every_notation(tmp_path, notation):
    text = (
        f"interactions:\n- request: {{body: null, headers: {{}}, method: GET, uri: '{URL}'}}\n"
        f"  response: {{body: '', headers: {{}}, status: {notation}}}\n"
    )
    assert [exchange.status for exchange in exchanges(tmp_path, text)] == [404]


def test_a_cassette_of_before_version_1_is_read(tmp_path):
    text = """\
- request: !!python/object:vcr.request.Request
    body: '{"a": 1}'
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [accept, '*/*']
    host: api.openai.com
    method: POST
    path: /v1/threads
    port: 443
    protocol: https
  response:
    body: {string: !!python/unicode "{}"}
    headers: [!!python/unicode "content-type: application/json\\r\\n"]
    status: {code: 200, message: OK}
"""
    (exchange,) = exchanges(tmp_path, text)
    assert (exchange.url, exchange.request.data, exchange.line) == (URL, b'{"a": 1}', 1)
    assert exchange.response_headers == {"content-type": "application/json"}


def test_no_tag_makes_an_object(tmp_path):
    path = tmp_path / "made"
    text = written([(Request("GET", URL, None, {}), response(b"x"))]).replace(
        "body: null", f"body: !!python/object/apply:os.mkdir ['{path}']"
    )
    (exchange,) = exchanges(tmp_path, text)
    assert exchange.request.data == str(path).encode()
    assert not path.exists()


def test_the_line_is_that_of_the_interaction(tmp_path):
    pairs = [(Request("GET", f"{URL}/thread_{n}", None, {}), response(f"line\n{n}\n".encode())) for n in range(3)]
    for serializer, name in ((yamlserializer, "c.yaml"), (jsonserializer, "c.json")):
        text = written(pairs, serializer)
        lines = text.split("\n")
        begins = [number for number, line in enumerate(lines, 1) if line in {"- request:", "        {"}]
        assert [exchange.line for exchange in exchanges(tmp_path, text, name)] == begins


def test_several_documents_are_one_recording(tmp_path):
    text = written([(Request("GET", URL, None, {}), response(b"1"))])
    found = exchanges(tmp_path, f"---\n{text}...\n---\n# again\n{text.replace('threads', 'assistants')}")
    assert [exchange.url for exchange in found] == [URL, "https://api.openai.com/v1/assistants"]
    assert [exchange.line for exchange in found] == [3, text.count("\n") + 6]


def test_what_is_shared_by_anchors_is_read(tmp_path):
    headers = {"x-a": ["1"]}
    text = yaml.dump(
        {
            "interactions": [
                {
                    "request": {"method": "GET", "uri": URL, "body": None, "headers": headers},
                    "response": {"status": {"code": 200}, "headers": headers, "body": {"string": "x"}},
                }
            ]
        }
    )
    assert "&id001" in text
    (exchange,) = exchanges(tmp_path, text)
    assert exchange.request_headers == exchange.response_headers == {"x-a": "1"}


def test_an_interaction_without_an_answer_is_left_out(tmp_path):
    text = written([(Request("GET", URL, None, {}), response(b"x"))]).partition("version")[0]
    text += f"- request: {{body: null, headers: {{}}, method: GET, uri: '{URL}'}}\n  response: null\n"
    assert len(exchanges(tmp_path, text)) == 1
    assert notes(tmp_path, text) == ("a request without an answer is left out",)


def test_characters_that_are_escaped_in_two_halves_are_read(tmp_path):
    text = written(
        [(Request("GET", URL, None, {}), response(b"first")), (Request("GET", URL, None, {}), response(b"SECOND"))]
    )
    found = exchanges(tmp_path, text.replace("SECOND", '"\\uD83D\\uDE00"'))
    assert [exchange.response.data for exchange in found] == [b"first", "😀".encode()]


@pytest.mark.parametrize("text, problem", [
    ("interactions:\n- request: {method: GET\n", r":\d: not YAML"),
    ("interactions:\n- a: b\n- request: {}\n", "no recording|looks like"),
    ("interactions:\n- request: {method: GET, uri: /v1/threads}\n  response: {status: {code: 200}}\n- hello\n", r":4: an interaction has to hold"),
    ("interactions:\n- request: {method: GET, uri: /v1/threads}\n  response: {body: x}\n", r":2: a response without a status"),
    ("interactions:\n- request: {method: GET, uri: /v1/threads}\n  response:\n    body: !!binary 'a'\n", r":4: broken base64"),
    ("interactions:\n- request: {method: GET, uri: /v1/threads}\n  response: {status: 200, body: {base64_string: a}}\n", r":2: broken base64"),
    ('{"interactions": [\n{"request": {"uri": "/v1/threads"},\n"response": {"status": 200, "body": nope}}]}', r":3: not JSON"),
    ('{"interactions": [\n{"request": {"uri": "/v1/threads"},\n"response": {"status": 200,\n', r":3: the file ends in the middle"),
    (b"interactions:\n- request: {method: GET, uri: /v1/threads}\n  response: {status: 200, body: '\xff'}\n", r":3: not YAML"),
])  # fmt: skip
def test_a_broken_cassette_is_refused_with_its_line(tmp_path, text, problem):
    with pytest.raises(UnreadableRecordingError, match=problem) as caught:
        exchanges(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "cassette.yaml"))
    assert "\n" not in str(caught.value)


def test_progress_is_reported_up_to_the_end(tmp_path):
    path = tmp_path / "cassette.yaml"
    path.write_text(written([(Request("GET", URL, None, {}), response(b"x" * 100)) for _ in range(500)]))
    seen = []
    read(path, lambda done, whole: seen.append((done, whole)))
    assert seen == sorted(set(seen))
    assert {whole for _, whole in seen} == {path.stat().st_size}
    assert seen[-1][0] == path.stat().st_size
    assert 50 <= len(seen) <= 102


@pytest.mark.parametrize("text", [
    # of Go
    """\
---
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        content_length: 8
        host: api.openai.com
        body: '{"a": 1}'
        form: {}
        headers:
            Content-Type:
                - application/json
        url: https://api.openai.com/v1/threads
        method: POST
      response:
        body: '{"id": "thread_1"}'
        headers:
            Date:
                - Tue, 05 Mar 2024 10:00:00 GMT
        status: 200 OK
        code: 200
        duration: 812.5ms
""",
    # of PHP
    """\

-
    request:
        method: POST
        url: 'https://api.openai.com/v1/threads'
        headers:
            Host: api.openai.com
        body: '{"a": 1}'
    response:
        status:
            http_version: '1.1'
            code: '200'
            message: OK
        headers:
            Date: 'Tue, 05 Mar 2024 10:00:00 GMT'
        body: '{"id": "thread_1"}'
    index: 0
""",
    # of Elixir
    """\
[
  {
    "request": {"body": "", "request_body": "{\\"a\\": 1}", "headers": {}, "method": "post", "options": [], "url": "https://api.openai.com/v1/threads"},
    "response": {"binary": false, "body": "{\\"id\\": \\"thread_1\\"}", "headers": {"Date": "Tue, 05 Mar 2024 10:00:00 GMT"}, "status_code": 200, "type": "ok"}
  }
]
""",
    # of Groovy
    """\
!tape
name: threads
interactions:
- recorded: 2024-03-05T10:00:00.000Z
  request:
    method: POST
    uri: https://api.openai.com/v1/threads
    headers: {Accept: '*/*'}
    body: '{"a": 1}'
  response:
    status: 200
    headers: {Content-Type: application/json}
    body: !!binary |-
      eyJpZCI6ICJ0aHJlYWRfMSJ9
""",
])  # fmt: skip
def test_cassettes_of_others_who_took_the_form_over_are_read(tmp_path, text):
    (exchange,) = exchanges(tmp_path, text)
    assert (exchange.method, exchange.url, exchange.status) == ("POST", URL, 200)
    assert (exchange.request.data, exchange.response.data) == (b'{"a": 1}', b'{"id": "thread_1"}')
    assert exchange.at == 1_709_632_800


def test_without_libyaml_the_same_is_read(tmp_path, monkeypatch):
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    body = FORM + BINARY + f"\r\n--{BOUNDARY}--\r\n".encode()
    text = written([(Request("POST", URL, body, headers), response("größe\n😀".encode()))] * 3)
    fast = exchanges(tmp_path, text)
    monkeypatch.setattr("emulator.recording.formats.yaml_items._FAST", yaml.SafeLoader)
    monkeypatch.setattr("emulator.recording.formats.outline._LOADER", yaml.SafeLoader)
    assert exchanges(tmp_path, text) == fast
    with pytest.raises(UnreadableRecordingError, match=r":\d+: not YAML"):
        exchanges(tmp_path, text + "- [")
    with pytest.raises(UnreadableRecordingError, match=r":1: not YAML"):
        exchanges(tmp_path, b"interactions: [\xff\n")


# --- what programs changed in their cassettes -----------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"content-type": ["application/json"]}])
def test_a_compressed_answer_is_read_although_the_header_that_says_so_was_scrubbed(tmp_path, headers):
    packed = response(gzip.compress(b'{"id": "thread_1"}'), headers)
    [exchange] = exchanges(tmp_path, written([(Request("POST", URL, b"{}", {}), packed)]))
    assert exchange.response.data == b'{"id": "thread_1"}'


@pytest.mark.parametrize("headers", [{}, {"content-type": ["application/gzip"]}])
def test_a_file_in_gzip_stays_as_it_is(tmp_path, headers):
    data = gzip.compress(b"a,b\n1,2\n")
    address = "https://api.openai.com/v1/files/file-1/content"
    [exchange] = exchanges(tmp_path, written([(Request("GET", address, b"", {}), response(data, headers))]))
    assert exchange.response.data == data


def test_json_that_a_serializer_shows_as_such_is_the_body(tmp_path):
    request = {"method": "POST", "uri": URL, "headers": {}, "parsed_body": {"metadata": {"a": "1"}}}
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {}, "parsed_body": {"id": "thread_1"}}
    [exchange] = exchanges(tmp_path, yaml.safe_dump({"interactions": [{"request": request, "response": answer}]}))
    assert json.loads(exchange.request.data) == {"metadata": {"a": "1"}}
    assert json.loads(exchange.response.data) == {"id": "thread_1"}


def test_a_status_may_be_an_enumeration_of_python(tmp_path):
    text = written([(Request("POST", URL, b"{}", {}), response(b"{}"))])
    marked = text.replace("code: 200", "code: !!python/object/apply:http.HTTPStatus\n      - 200")
    assert marked != text
    assert [one.status for one in exchanges(tmp_path, marked)] == [200]
