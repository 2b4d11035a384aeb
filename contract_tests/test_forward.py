"""Forwards: what a server was started with goes to another one, as it was sent and as it is answered; all else stays here."""

import gzip
import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import openai
import pytest

from contract_tests.upstreams import Upstream
from emulator import LiveServer, Settings
from emulator.domain.forwards import ForwardError

SECRET = "sk-proj-q7Zx9Lw2Vb"
HEADERS = {"Authorization": f"Bearer {SECRET}"}
PATH = "/v1/embeddings"


@pytest.fixture
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture
def server(upstream):
    forward = {PATH: upstream.url, "/openai/deployments/*/embeddings": upstream.url}
    with LiveServer(Settings(forward=forward)) as running:
        make_namespace(running)
        yield running


@contextmanager
def forwarding(path, url, **more):
    with LiveServer(Settings(forward={path: url}, **more)) as running:
        make_namespace(running)
        yield running


def make_namespace(server):
    """Make the namespace: until its first success it has no log to read."""
    httpx.put(f"{server.control_url}/ns/default", json={}, trust_env=False, timeout=60)


def requests(http, server, namespace="default"):
    return http.get(f"{server.control_url}/ns/{namespace}/requests").json()["requests"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


# --- what is passed on ----------------------------------------------------------------------------------------------


def test_the_official_client_gets_the_answer_of_the_other_server(server, upstream):
    embedding = {"object": "embedding", "index": 0, "embedding": [0.5]}
    answer = {"object": "list", "model": "m", "data": [embedding], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    upstream.answer = lambda handler: handler.reply(json.dumps(answer).encode(), headers=[("x-own", "1")])
    transport = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(api_key=SECRET, base_url=server.base_url, http_client=transport) as client:
        assert client.embeddings.create(model="m", input="tide", encoding_format="float").data[0].embedding == [0.5]
    ((method, path, headers, body),) = upstream.asked
    assert (method, path, json.loads(body)["input"]) == ("POST", PATH, "tide")
    assert dict(headers)["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_method_path_query_headers_and_body_are_passed_on(http, server, upstream, method):
    upstream.answer = lambda handler: handler.reply(b"made", 203, [("X-Own", "a")])
    url = f"{server.url}/ns/x{PATH}/a%20b/%C3%A4?n=1&n=%2F&m="
    content = None if method in ("GET", "HEAD") else b"\x00body"
    answer = http.request(method, url, headers={**HEADERS, "x-note": "n", "Content-Type": "a/b"}, content=content)
    assert (answer.status_code, answer.content) == (203, b"" if method == "HEAD" else b"made")
    assert (answer.headers["x-own"], answer.headers["content-length"]) == ("a", "4")
    assert answer.headers["x-request-id"] == requests(http, server, "x")[0]["id"]
    ((sent_method, path, headers, body),) = upstream.asked
    assert (sent_method, path, body) == (method, f"{PATH}/a%20b/%C3%A4?n=1&n=%2F&m=", content or b"")
    named = {name.lower(): value for name, value in headers}
    assert (named["x-note"], named["content-type"]) == ("n", "a/b")
    assert named["host"] == upstream.url.removeprefix("http://")


@pytest.mark.parametrize("path", ["/v1/embeddings", "/ns/x/v1/embeddings", "/openai/deployments/d/embeddings"])
def test_a_forward_is_one_of_every_namespace(http, server, upstream, path):
    assert http.post(f"{server.url}{path}", headers=HEADERS).status_code == 200
    assert upstream.asked[0][1] == path.removeprefix("/ns/x")


@pytest.mark.parametrize(
    "path",
    ["/v1/embeddingsx", "/v1/embed", "/v1/x/embeddings", "/openai/embeddings", "/embeddings", "/v1/EMBEDDINGS"],
)
def test_other_paths_are_not_passed_on(http, server, upstream, path):
    assert http.post(f"{server.url}{path}", headers=HEADERS).status_code == 404
    assert upstream.asked == []


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/embeddings/../threads",
        b"/v1/embeddings/%2e%2e/admin",
        b"/v1/embeddings/..%2fadmin",
        b"/v1/embeddings/./x",
        b"/v1/embeddings/..\\..\\admin",
        b"/v1/embeddings/%5c..%5cadmin",
        b"/v1/embeddings/..",
    ],
)
def test_no_path_leads_out_of_what_was_chosen(server, upstream, path):
    head = b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n" % path
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as sock:
        sock.sendall(head)
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert upstream.asked == []


@pytest.mark.parametrize("target", [b"http://evil.example/v1/embeddings", b"/v1/embeddings@evil.example:80/"])
def test_a_request_never_chooses_the_server(server, upstream, target):
    host = b"localhost" if target.startswith(b"/") else b"evil.example"
    head = b"GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n" % (target, host)
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as sock:
        sock.sendall(head)
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 404 "))
    assert upstream.asked == []


def test_headers_of_the_connection_stay_on_it(http, server, upstream):
    own = [
        ("Connection", "x-hop, keep-alive"),
        ("X-Hop", "1"),
        ("Keep-Alive", "timeout=1"),
        ("Proxy-Authenticate", "a"),
    ]
    upstream.answer = lambda handler: handler.reply(b"{}", headers=own)
    sent = {"Connection": "x-mine, keep-alive", "X-Mine": "1", "TE": "trailers", "Proxy-Authorization": "p"}
    answer = http.post(f"{server.url}{PATH}", headers={**HEADERS, **sent})
    assert not {"x-hop", "keep-alive", "proxy-authenticate", "connection"} & set(answer.headers)
    names = {name.lower() for name, _ in upstream.asked[0][2]}
    assert not {"x-mine", "te", "proxy-authorization"} & names


def test_nothing_is_followed_kept_or_unpacked(http, server, upstream):
    packed = gzip.compress(b"tide")
    upstream.answer = lambda handler: handler.reply(
        packed, headers=[("Content-Encoding", "gzip"), ("Set-Cookie", "a=b")]
    )
    with http.stream("GET", f"{server.url}{PATH}", headers=HEADERS) as answer:
        assert b"".join(answer.iter_raw()) == packed
    http.cookies.clear()
    upstream.answer = lambda handler: handler.reply(b"", 302, [("Location", "http://evil.example/")])
    moved = http.get(f"{server.url}{PATH}", headers=HEADERS, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (302, "http://evil.example/")
    assert "cookie" not in {name.lower() for name, _ in upstream.asked[1][2]}


def test_no_proxy_of_the_environment_comes_between(http, upstream, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with forwarding(PATH, upstream.url) as server:
        assert http.get(f"{server.url}{PATH}", headers=HEADERS).status_code == 200


def test_the_path_goes_behind_that_of_the_upstream(http, upstream):
    with forwarding("/v1/audio/", f"{upstream.url}/base/") as server:
        http.get(f"{server.url}/v1/audio/speech", headers=HEADERS)
    assert upstream.asked[0][1] == "/base/v1/audio/speech"


def test_the_longest_path_wins(http, upstream):
    with LiveServer(
        Settings(forward={"/v1/chat": "http://127.0.0.1:9", "/v1/chat/completions": upstream.url})
    ) as server:
        assert http.get(f"{server.url}/v1/chat/completions", headers=HEADERS).status_code == 200


# --- streams --------------------------------------------------------------------------------------------------------


def test_a_stream_is_passed_on_as_it_comes(http, server, upstream):
    go_on = threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for data in (b"data: 1\n\n", b"data: 2\n\n", b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            if data.startswith(b"data: 1"):
                assert go_on.wait(60)

    upstream.answer = answer
    with http.stream("POST", f"{server.url}{PATH}", headers=HEADERS) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"data: 1\n\n"
        go_on.set()
        assert b"".join(pieces) == b"data: 2\n\n"
    assert response.headers["content-type"] == "text/event-stream"


def _watch(handler, *, begins):
    if begins:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"1\r\nx\r\n")
    handler.close_connection = True
    if handler.connection.recv(1) == b"":
        handler.server.left.set()


@pytest.mark.parametrize("begins", [True, False])
def test_where_the_client_goes_the_request_to_the_other_server_ends(http, server, upstream, begins):
    upstream.answer = lambda handler: _watch(handler, begins=begins)
    head = (
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n\r\n" % PATH.encode()
    )
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as sock:
        sock.sendall(head)
        if begins:
            assert sock.recv(1)
        else:
            assert upstream.was_asked.wait(60)
    assert upstream.left.wait(60)
    while not (logged := requests(http, server)):
        pass
    assert logged[0]["status"] == (200 if begins else 499)


def test_an_answer_that_breaks_off_breaks_off_for_the_client(http, server, upstream):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    upstream.answer = answer
    with pytest.raises(httpx.RemoteProtocolError):
        http.get(f"{server.url}{PATH}", headers=HEADERS)
    assert http.get(f"{server.base_url}/models", headers=HEADERS).status_code == 200


# --- where it fails -------------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_a_502_of_the_api(http):
    with forwarding(PATH, f"http://127.0.0.1:{free_port()}") as server:
        answer = http.post(f"{server.url}{PATH}", headers=HEADERS)
        assert answer.status_code == 502
        error = answer.json()["error"]
        assert (list(error), error["type"], error["code"]) == (
            ["message", "type", "param", "code"],
            "server_error",
            "upstream_failed",
        )
        assert PATH in error["message"]
        (entry,) = requests(http, server, "default")
        assert (entry["status"], answer.headers["x-request-id"]) == (502, entry["id"])


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_none_is_a_502(http, server, upstream, sent):
    def answer(handler):
        handler.wfile.write(sent)
        handler.close_connection = True

    upstream.answer = answer
    assert http.post(f"{server.url}{PATH}", headers=HEADERS).status_code == 502


def test_a_url_that_cannot_be_passed_on_is_a_502(http, server, upstream):
    answer = http.get(f"{server.url}{PATH}/{'%FF' * 15_000}", headers=HEADERS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_failed")
    assert upstream.asked == []


def test_a_body_over_the_limit_is_not_passed_on(http, upstream):
    with forwarding(PATH, upstream.url, max_body=1_000) as server:
        assert http.post(f"{server.url}{PATH}", headers=HEADERS, content=b"x" * 1_001).status_code == 413
        assert http.post(f"{server.url}{PATH}", headers=HEADERS, content=iter([b"x" * 600] * 2)).status_code == 413
    assert upstream.asked == []


def test_a_forward_that_leads_back_to_its_server_ends(http):
    port = free_port()
    with LiveServer(Settings(forward={PATH: f"http://127.0.0.1:{port}"}), port=port) as server:
        make_namespace(server)
        answer = http.post(f"{server.url}{PATH}", headers=HEADERS)
        assert answer.status_code == 502
        assert "leads back" in answer.json()["error"]["message"]
        assert len(requests(http, server)) == 2


# --- access and logs ------------------------------------------------------------------------------------------------


def test_a_key_is_needed_and_pages_are_checked(http, upstream):
    with forwarding(PATH, upstream.url, api_keys=frozenset({"sk-emu-good"})) as server:
        assert http.post(f"{server.url}{PATH}").status_code == 401
        assert http.post(f"{server.url}{PATH}", headers=HEADERS).status_code == 401
        good = {"Authorization": "Bearer sk-emu-good"}
        assert http.post(f"{server.url}{PATH}", headers={**good, "Origin": "https://evil.example"}).status_code == 403
        assert http.post(f"{server.url}{PATH}", headers={**good, "Host": "evil.example"}).status_code == 403
        assert upstream.asked == []
        page = http.post(f"{server.url}{PATH}", headers={**good, "Origin": "http://localhost:3000"})
        assert page.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_keys_stand_in_no_log(http, server, upstream, caplog):
    caplog.set_level("DEBUG")
    upstream.answer = lambda handler: handler.reply(b"{}", 401)
    http.post(f"{server.url}{PATH}?api-key={SECRET}", headers={**HEADERS, "api-key": SECRET})
    (entry,) = requests(http, server)
    assert (entry["path"], entry["status"]) == ("/embeddings", 401)
    assert SECRET not in str(entry)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert SECRET not in "".join(ours)


def test_a_stub_wins_and_a_fault_hits(http, server, upstream):
    control = f"{server.control_url}/ns/default"
    stub = {"path": "/embeddings", "json": "stubbed", "times": 1}
    assert http.post(f"{control}/stubs", json=stub).status_code == 201
    assert http.post(f"{server.url}{PATH}", headers=HEADERS).json() == "stubbed"
    fault = {"match": {"path": "/embeddings/x"}, "do": {"status": 503}, "times": 1}
    assert http.post(f"{control}/faults", json=fault).status_code == 201
    assert [http.post(f"{server.url}{PATH}/x", headers=HEADERS).status_code for _ in range(2)] == [503, 200]
    assert len(upstream.asked) == 1


# --- the start ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/v1/threads",
        "/v1/threads/x/nothing",
        "/v1",
        "/",
        "/openai",
        "/openai/v1",
        "/openai/deployments",
        "/openai/deployments/d",
        "/openai/deployments/*/files",
        "/openai/models",
        "/api",
        "/api/projects/p",
        "/api/projects/p/assistants",
        "/v1/*",
        "/*/files",
        "/v1/thread?",
        "/ns/x/v1/embeddings",
        "embeddings",
        "",
        "/v1//embeddings",
        "/v1/**",
    ],
)
def test_a_path_that_is_not_a_neighbor_s_is_refused_at_the_start(path):
    with pytest.raises(ForwardError) as refused:
        LiveServer(Settings(forward={path: "http://127.0.0.1:9"})).start()
    assert str(refused.value).startswith(f"forward {path}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.0.7:9999",
        "https://api.example",
        "http://0.0.0.0:9",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://2130706433:9",
        "http://[::2]:9",
        "",
        "127.0.0.1:9",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:9/?a=b",
        "http://127.0.0.1:9/#a",
        f"http://u:{SECRET}@127.0.0.1:9",
        "http://127.0.0.1:9/\r\nx",
        "http://[::1",
    ],
)
def test_an_upstream_that_is_none_or_elsewhere_is_refused_at_the_start(url):
    with pytest.raises(ForwardError) as refused:
        LiveServer(Settings(forward={PATH: url})).start()
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "https://localhost:9", "http://[::1]:9/base", "http://127.9.9.9"]
)
def test_an_upstream_on_this_machine_is_taken(url):
    with LiveServer(Settings(forward={PATH: url})):
        pass


def test_an_upstream_elsewhere_needs_an_option_of_its_own():
    with LiveServer(Settings(forward={PATH: "https://api.example"}, forward_anywhere=True)):
        pass


def test_the_command_refuses_in_one_line():
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--forward", "/v1/threads=http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: forward /v1/threads: it would take /v1/threads, a path of the Assistants API"
    ]


def test_without_its_library_a_forward_is_refused_at_the_start(monkeypatch):
    monkeypatch.setattr("emulator.app.find_spec", lambda name: None)
    with pytest.raises(ForwardError, match="httpx"):
        LiveServer(Settings(forward={PATH: "http://127.0.0.1:9"})).start()
    with LiveServer(Settings()):
        pass


def test_the_server_says_what_it_forwards(http, server, upstream):
    assert http.get(f"{server.control_url}/info").json()["forward"][PATH] == upstream.url
