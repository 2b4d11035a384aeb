"""Bytes that no HTTP client sends, written to a socket."""

import json
import logging
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

HEADERS = b"Host: 127.0.0.1\r\nAuthorization: Bearer sk-emu-default\r\nOpenAI-Beta: assistants=v2\r\n"
POST = b"POST /v1/threads HTTP/1.1\r\n" + HEADERS
READ = b"GET /v1/models/gpt-4o HTTP/1.1\r\n" + HEADERS + b"\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def open_socket(server):
    created = []

    def connect():
        at = urlsplit(server.url)
        created.append(socket.create_connection((at.hostname, at.port), timeout=10))
        return created[-1]

    yield connect
    for sock in created:
        sock.close()


@pytest.fixture
def send_bytes(open_socket):
    """Return a function that sends bytes and returns the responses: as many as expected, or all until the server closes."""

    def send(data, count=1, pause=0.0):
        sock = open_socket()
        for piece in [data[at : at + 1] for at in range(len(data))] if pause else [data]:
            sock.sendall(piece)
            time.sleep(pause)
        received = b""
        while len(complete(received)) < count and (more := sock.recv(65536)):
            received += more
        return complete(received)

    return send


def complete(data):
    """Return the (status, headers, body) of every complete response."""
    responses = []
    while b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            break
        responses.append((int(status.split()[1]), headers, rest[:size]))
        data = rest[size:]
    return responses


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
def test_malformed_http_is_refused_in_one_line(send_bytes, data):
    [(status, headers, body)] = send_bytes(data)
    assert status == 400
    assert headers["connection"] == "close"
    assert json.loads(body)["error"]["message"] == "Invalid HTTP request received."


@pytest.mark.parametrize(
    "data",
    [b"", POST[:20], POST + b"Content-Length: 10\r\n\r\n{}", CHUNKED + b"2\r\n{}\r\n"],
    ids=["nothing", "half a head", "a body shorter than announced", "chunks without an end"],
)
def test_an_unfinished_request_delays_nobody_and_logs_no_traceback(open_socket, send_bytes, caplog, data):
    unfinished = open_socket()
    unfinished.sendall(data)
    with caplog.at_level(logging.WARNING):
        assert send_bytes(READ)[0][0] == 200
        unfinished.close()
        assert send_bytes(READ)[0][0] == 200
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_an_aborted_request_is_logged_as_such(open_socket, send_bytes, ns):
    unfinished = open_socket()
    unfinished.sendall(POST.replace(b"sk-emu-default", ns.key.encode()) + b"Content-Length: 10\r\n\r\n{}")
    send_bytes(READ)
    unfinished.close()
    deadline = time.monotonic() + 10
    while not (entries := ns.control("GET", "/requests")["requests"]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [entry["status"] for entry in entries] == [499]


def test_pipelined_requests_are_answered_in_order(send_bytes):
    body = b"Content-Length: 2\r\n\r\n{}"
    received = send_bytes(POST + body + READ + POST.replace(b"threads", b"not_found") + body + READ, count=4)
    assert [status for status, _, _ in received] == [200, 200, 404, 200]


def test_an_early_refusal_does_not_affect_the_next_request(send_bytes):
    early = b"POST /v1/threads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello"
    assert [status for status, _, _ in send_bytes(early + READ, count=2)] == [401, 200]


def test_a_body_sent_byte_by_byte_is_accepted(send_bytes):
    [(status, _, _)] = send_bytes(POST + b"Content-Length: 2\r\n\r\n{}", pause=0.001)
    assert status == 200


def test_a_body_that_is_too_large_is_refused_by_its_announced_length(send_bytes):
    [(status, headers, body)] = send_bytes(POST + b"Content-Length: 999999999999\r\n\r\n")
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
def test_unusual_paths_and_queries_are_refused_with_the_error_envelope(raw, path):
    response = raw.get(path)
    assert response.status_code in (400, 404)
    assert list(response.json()["error"]) == ["message", "type", "param", "code"]


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
def test_json_that_the_service_does_not_parse_is_refused(raw, body):
    response = raw.post("/assistants", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


def test_nested_json_within_the_limit_comes_back(raw):
    parameters = {"type": "object"}
    for _ in range(40):
        parameters = {"type": "object", "properties": {"a": parameters}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    created = raw.post("/assistants", json={"model": "m", "instructions": "Help.", "tools": [tool]})
    assert created.json()["tools"][0]["function"]["parameters"] == parameters
    body = {"assistant_id": created.json()["id"], "stream": True, "thread": {}}
    assert raw.post("/threads/runs", json=body).text.endswith("event: done\ndata: [DONE]\n\n")


@pytest.mark.parametrize("seconds", ["²", "٣٦٠٠", "9" * 5000, "1e4", " 3600", "-3600"])
def test_seconds_that_are_not_a_number_are_refused(raw, seconds):
    form = {"purpose": "user_data", "expires_after[anchor]": "created_at", "expires_after[seconds]": seconds}
    response = raw.post("/files", files={"file": ("a.txt", b"a")}, data=form)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "expires_after.seconds"


@pytest.mark.parametrize(
    "content_type,status",
    [("multipart/form-data", 400), ("multipart/form-data; boundary=", 400), ("text/plain", 415), ("x", 415)],
)
def test_a_form_without_a_boundary_is_refused(raw, content_type, status):
    response = raw.post("/files", content=b"--x\r\n", headers={"Content-Type": content_type})
    assert response.status_code == status
    assert "error" in response.json()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "OPTIONS"])
@pytest.mark.parametrize(
    "path,allowed",
    [("/assistants", "GET, HEAD, POST"), ("/assistants/asst_1", "DELETE, GET, HEAD, POST"), ("/uploads", "POST")],
)
def test_a_refused_method_is_answered_with_the_allowed_ones(raw, method, path, allowed):
    response = raw.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed


def test_head_is_get_without_the_body(raw):
    received, head = raw.get("/models"), raw.head("/models")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(received.content))


def test_the_openapi_document_needs_no_key(server):
    with httpx.Client(trust_env=False) as client:
        received = client.get(f"{server.url}/openapi.json", headers={"Origin": "http://localhost:3000"})
    assert received.json()["openapi"] == "3.1.0"
    assert received.headers["access-control-allow-origin"] == "http://localhost:3000"


# --- tricks with heads ------------------------------------------------------------------------------------------------

BARE = b"Authorization: Bearer sk-emu-default\r\nOpenAI-Beta: assistants=v2\r\n"
LOCAL = b"Host: 127.0.0.1\r\n"


def get(target, hosts=LOCAL, version=b"1.1", more=b""):
    return b"GET %s HTTP/%s\r\n%s%s%s\r\n" % (target, version, hosts, BARE, more)


@pytest.mark.parametrize("path", [b"/v1/models", b"/_emulator/info"])
@pytest.mark.parametrize(
    "hosts, status",
    [
        (b"", 400),
        (LOCAL + b"Host: evil.example\r\n", 400),
        (b"Host: evil.example\r\n" + LOCAL, 400),
        (LOCAL + LOCAL, 400),
        (LOCAL + b"Origin: http://localhost\r\nOrigin: https://evil.example\r\n", 400),
        (b"Host: [\r\n", 403),
        (b"Host: \xff\r\n", 403),
        (b"HOST: evil.example\r\n", 403),
        (b"Host:127.0.0.1\t\r\n", 200),
    ],
)
def test_a_request_has_one_host_which_is_the_servers(send_bytes, path, hosts, status):
    received = send_bytes(get(path, hosts) + get(path), count=2)
    assert [answer[0] for answer in received] == [status, 200]
    if status != 200:
        assert "error" in json.loads(received[0][2])


@pytest.mark.parametrize("path", [b"/v1/models", b"/_emulator/info"])
def test_a_whole_url_names_the_host_whatever_the_header_says(send_bytes, path):
    """RFC 9112, 3.2.2."""
    local, foreign = b"http://127.0.0.1:9" + path, b"http://evil.example" + path
    answers = send_bytes(get(foreign) + get(local, b"Host: evil.example\r\n") + get(local), count=3)
    assert [status for status, _, _ in answers] == [403, 200, 200]
    assert send_bytes(get(b"http://127.0.0.1@evil.example" + path))[0][0] == 403


def test_a_client_that_is_older_than_hosts_needs_none(send_bytes):
    assert send_bytes(get(b"/_emulator/health", b"", b"1.0"))[0][0] == 200
    assert send_bytes(get(b"/_emulator/health", b"Host: evil.example\r\n", b"1.0"))[0][0] == 403


@pytest.mark.parametrize("head", [b"x: " + b"a" * 200_000, b"\r\n".join(b"x-%d: a" % i for i in range(20_000))])
def test_a_head_without_end_is_refused(open_socket, send_bytes, head):
    sock = open_socket()
    sock.sendall(b"GET /v1/models HTTP/1.1\r\n" + LOCAL + head)
    [(status, headers, body)] = complete(read_all(sock))
    assert (status, headers["connection"]) == (431, "close")
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert send_bytes(READ)[0][0] == 200


def read_all(sock):
    received = b""
    while more := sock.recv(65536):
        received += more
    return received


def test_headers_behind_a_body_count_for_nothing(send_bytes):
    head = b"POST /v1/threads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
    body = b"\r\n2\r\n{}\r\n0\r\n" + BARE + b"\r\n"
    [(status, _, _)] = send_bytes(head + LOCAL + body)
    assert status == 401
    [(status, _, _)] = send_bytes(head + LOCAL + BARE + body.replace(BARE, b"Host: evil.example\r\n"))
    assert status == 200


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_an_offer_of_another_protocol_is_answered_in_this_one(send_bytes, caplog, protocol):
    offer = get(b"/v1/models", more=b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n")
    assert send_bytes(offer)[0][0] == 200
    assert caplog.records == []


OFFER = POST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
BODY = b'{"metadata":{"a":"b"}}'
SIZED = b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (BODY[:5], len(BODY) - 5, BODY[5:])


@pytest.mark.parametrize("body", [SIZED, IN_CHUNKS], ids=["sized", "in chunks"])
@pytest.mark.parametrize("ahead", [None, 0, 7])
def test_an_offer_of_another_protocol_keeps_its_body(open_socket, body, ahead):
    """ahead: how much of the body comes with the head; None: all, and the next request."""
    sock, whole = open_socket(), OFFER + body + READ
    at = len(whole) if ahead is None else len(OFFER) + body.index(b"\r\n\r\n") + 4 + ahead
    for piece in (whole[:at], whole[at:]):
        sock.sendall(piece)
        time.sleep(0.02)
    received = b""
    while len(complete(received)) < 2:
        received += sock.recv(65536)
    (status, _, thread), (other, _, _) = complete(received)
    assert (status, json.loads(thread)["metadata"], other) == (200, {"a": "b"}, 200)


def test_several_offers_on_one_connection_are_all_answered(send_bytes):
    offer = READ[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    answers = send_bytes(offer + OFFER + SIZED + READ + offer + OFFER + IN_CHUNKS + READ, count=6)
    assert [status for status, _, _ in answers] == [200] * 6


def test_what_is_no_request_is_refused_behind_the_answers_before_it(send_bytes, caplog):
    for junk in (b"\x16junk\r\n\r\n", CHUNKED + b"zz\r\n", READ + CHUNKED + b"zz\r\n"):
        answers = send_bytes(READ + POST + SIZED + junk, count=9)
        expected = [200, 200, *([200] if junk.startswith(READ) else []), 400]
        assert [status for status, _, _ in answers] == expected
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_many_requests_in_one_piece_are_no_large_head(send_bytes):
    answers = send_bytes(READ * 1_000, count=1_000)
    assert {status for status, _, _ in answers} == {200}
    large = json.dumps({"metadata": {}, "messages": [{"role": "user", "content": "x" * 100_000}]}).encode()
    sized = POST + b"Content-Length: %d\r\n\r\n%s" % (len(large), large)
    answers = send_bytes(sized + READ[:30] + READ[30:], count=2)
    assert [status for status, _, _ in answers] == [200, 200]


def test_a_large_head_in_one_piece_is_refused_behind_the_answers_before_it(send_bytes):
    large = READ[:-2] + b"x: " + b"a" * 70_000 + b"\r\n\r\n"
    assert [status for status, _, _ in send_bytes(READ + large + READ, count=9)] == [200, 431]


@pytest.mark.parametrize(
    "target, status",
    [
        (b"/ns/../v1/models", 400),
        (b"/ns/%2e%2e/v1/models", 400),
        (b"/ns/./v1/models", 400),
        (b"/ns/" + b"a" * 65 + b"/v1/models", 400),
        (b"/ns/%00/v1/models", 400),
        (b"/ns//v1/models", 404),
        (b"/v1/../_emulator/ns", 404),
        (b"/%2e%2e/v1/models", 404),
        (b"//_emulator/ns", 404),
        (b"/_emulator/../v1/models", 404),
        (b"/_emulator/ns/..", 400),
        (b"/_emulator/ns/%2e%2e%2f", 404),
        (b"/_emulator/ns/" + b"a" * 65, 400),
        (b"/_emulator/ns/%00", 400),
        (b"*", 404),
    ],
)
def test_tricks_with_paths_lead_nowhere(send_bytes, target, status):
    [(found, headers, body)] = send_bytes(get(target))
    assert (found, headers["content-type"]) == (status, "application/json")
    assert "error" in json.loads(body)


def test_the_names_of_keys_and_pages_are_not_mixed_up(send_bytes):
    """A page cannot hide behind the name of a header in another case."""
    [(status, _, _)] = send_bytes(get(b"/v1/models", more=b"ORIGIN: https://evil.example\r\n"))
    assert status == 403
