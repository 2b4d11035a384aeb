"""What no HTTP client sends: bytes on a socket."""

import logging
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

HEADERS = b"Host: emulator\r\nAuthorization: Bearer sk-emu-default\r\nOpenAI-Beta: assistants=v2\r\n"
POST = b"POST /v1/threads HTTP/1.1\r\n" + HEADERS
READ = b"GET /v1/models/gpt-4o HTTP/1.1\r\n" + HEADERS + b"\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def line(server):
    made = []

    def connect():
        at = urlsplit(server.url)
        made.append(socket.create_connection((at.hostname, at.port), timeout=10))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def talk(line):
    """Send bytes and return what comes back: as many answers as are expected, or all until the server hangs up."""

    def send(data, answers=1, pause=0.0):
        one = line()
        for piece in [data[at : at + 1] for at in range(len(data))] if pause else [data]:
            one.sendall(piece)
            time.sleep(pause)
        got = b""
        while len(complete(got)) < answers and (more := one.recv(65536)):
            got += more
        return complete(got)

    return send


def complete(data):
    """Return the (status, headers, body) of every answer that is there as a whole."""
    answers = []
    while b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            break
        answers.append((int(status.split()[1]), headers, rest[:size]))
        data = rest[size:]
    return answers


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"5\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n{}",
        POST + b"Content-Length: two\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        READ.replace(b"sk-emu-default", b"sk-\x00"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /v1/models/\xff HTTP/1.1\r\n" + HEADERS + b"\r\n",
    ],
    ids=[
        "a chunk of no size",
        "a chunk of another size",
        "two ways to end a body",
        "a negative length",
        "a length in words",
        "two lengths",
        "a NUL in a header",
        "another protocol",
        "no path",
        "raw bytes in a path",
    ],
)
def test_what_is_no_http_is_refused_in_one_line(talk, data):
    [(status, headers, body)] = talk(data)
    assert status == 400
    assert headers["connection"] == "close"
    assert body == b"Invalid HTTP request received."


@pytest.mark.parametrize(
    "begun",
    [b"", POST[:20], POST + b"Content-Length: 10\r\n\r\n{}", CHUNKED + b"2\r\n{}\r\n"],
    ids=["nothing", "half a head", "a body shorter than announced", "chunks without an end"],
)
def test_who_does_not_finish_holds_nobody_up_and_leaves_no_trace(line, talk, caplog, begun):
    hanging = line()
    hanging.sendall(begun)
    with caplog.at_level(logging.WARNING):
        assert talk(READ)[0][0] == 200
        hanging.close()
        assert talk(READ)[0][0] == 200
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_a_request_that_breaks_off_is_noted_as_such(line, talk, ns):
    hanging = line()
    hanging.sendall(POST.replace(b"sk-emu-default", ns.key.encode()) + b"Content-Length: 10\r\n\r\n{}")
    talk(READ)
    hanging.close()
    deadline = time.monotonic() + 10
    while not (noted := ns.control("GET", "/requests")["requests"]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [one["status"] for one in noted] == [499]


def test_requests_that_come_together_are_answered_in_their_order(talk):
    body = b"Content-Length: 2\r\n\r\n{}"
    got = talk(POST + body + READ + POST.replace(b"threads", b"not_found") + body + READ, answers=4)
    assert [status for status, _, _ in got] == [200, 200, 404, 200]


def test_a_refusal_that_does_not_wait_for_the_body_leaves_the_next_request_alone(talk):
    refused = b"POST /v1/threads HTTP/1.1\r\nHost: emulator\r\nContent-Length: 5\r\n\r\nhello"
    assert [status for status, _, _ in talk(refused + READ, answers=2)] == [401, 200]


def test_a_body_that_comes_byte_by_byte_is_a_body(talk):
    [(status, _, _)] = talk(POST + b"Content-Length: 2\r\n\r\n{}", pause=0.001)
    assert status == 200


def test_more_than_fits_is_refused_before_it_is_sent(talk):
    [(status, headers, body)] = talk(POST + b"Content-Length: 999999999999\r\n\r\n")
    assert (status, headers["content-type"]) == (413, "application/json")
    assert b"Maximum content size limit" in body


@pytest.mark.parametrize(
    "path",
    [
        "threads/%00",
        "threads/%ed%a0%80",
        "threads/%ff%fe",
        "threads/%zz",
        "threads/" + "t" * 20_000,
        "assistants/asst_%0d%0ax:y",
        "files/..%2f..%2fetc%2fpasswd",
        "files/%2e%2e/content",
        "vector_stores/%20/files",
        "assistants/",
        "threads//messages",
        "threads/a%2Fb",
        "assistants?limit=-5",
        "assistants?limit=1_0",
        "assistants?limit=%D9%A3",
        "assistants?limit=%2010",
        "assistants?limit=" + "9" * 5000,
        "assistants?order=%00",
        "assistants?after=%ed%a0%80",
        "assistants?limit=1&limit=-1",
    ],
)
def test_odd_paths_and_queries_are_refused_in_the_envelope(raw, path):
    answer = raw.get(path)
    assert answer.status_code in (400, 404)
    assert list(answer.json()["error"]) == ["message", "type", "param", "code"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "m", "metadata": ' + b'{"a":' * 101 + b"1" + b"}" * 102,
        b"[" * 100_000,
        b'{"model": "\\ud800"}',
        b'{"model": "\xff"}',
        b'\xef\xbb\xbf{"model": "m"}',
        b'{"model": "m", "temperature": 1e400}',
        b'{"model": "m", "temperature": NaN}',
        b'{"model": "m"} {}',
        b"",
    ],
    ids=[
        "deep",
        "deeper",
        "a lone surrogate",
        "no UTF-8",
        "a byte order mark",
        "a number beyond all",
        "no number",
        "two values",
        "nothing",
    ],
)
def test_what_is_no_json_to_the_service_is_refused_as_such(raw, body):
    answer = raw.post("/assistants", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


def test_what_lies_deep_but_not_too_deep_comes_back(raw):
    parameters = {"type": "object"}
    for _ in range(40):
        parameters = {"type": "object", "properties": {"a": parameters}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    made = raw.post("/assistants", json={"model": "m", "instructions": "Help.", "tools": [tool]})
    assert made.json()["tools"][0]["function"]["parameters"] == parameters
    body = {"assistant_id": made.json()["id"], "stream": True, "thread": {}}
    assert raw.post("/threads/runs", json=body).text.endswith("event: done\ndata: [DONE]\n\n")


@pytest.mark.parametrize("seconds", ["²", "٣٦٠٠", "9" * 5000, "1e4", " 3600", "-3600"])
def test_seconds_that_are_no_number_are_refused(raw, seconds):
    form = {"purpose": "user_data", "expires_after[anchor]": "created_at", "expires_after[seconds]": seconds}
    answer = raw.post("/files", files={"file": ("a.txt", b"a")}, data=form)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "expires_after.seconds"


@pytest.mark.parametrize(
    "kind,status",
    [("multipart/form-data", 400), ("multipart/form-data; boundary=", 400), ("text/plain", 415), ("x", 415)],
)
def test_a_form_without_a_boundary_is_no_form(raw, kind, status):
    answer = raw.post("/files", content=b"--x\r\n", headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "error" in answer.json()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "OPTIONS"])
@pytest.mark.parametrize(
    "path,allowed",
    [("/assistants", "GET, HEAD, POST"), ("/assistants/asst_1", "DELETE, GET, HEAD, POST"), ("/uploads", "POST")],
)
def test_a_method_that_a_path_does_not_take_is_told_which_ones_it_takes(raw, method, path, allowed):
    answer = raw.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


def test_head_is_get_without_the_body(raw):
    got, head = raw.get("/models"), raw.head("/models")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))


def test_the_document_is_open_to_all(server):
    with httpx.Client(trust_env=False) as anybody:
        got = anybody.get(f"{server.url}/openapi.json", headers={"Origin": "https://example.com"})
    assert got.json()["openapi"] == "3.1.0"
    assert got.headers["access-control-allow-origin"] == "*"
