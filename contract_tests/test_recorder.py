"""The recorder: what it passes on is what was sent, and what it has passed on is written."""

import gzip
import json
import os
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from contract_tests.recorders import LONGEST, Certificates, ended, lines_of, recording
from contract_tests.upstreams import Upstream
from emulator import LiveServer, Settings

KEY = "fake-token-q7Zx9Lw2Vb31"
HEADERS = {"Authorization": f"Bearer {KEY}"}
PROJECT = "/api/projects/harbour"
EVENT = b'event: thread.message.delta\ndata: {"n":%d}\n\n'
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def emulator(certificates):
    """Another emulator, over TLS."""
    with LiveServer(Settings(), certfile=certificates.own) as server:
        yield server


@pytest.fixture(scope="module")
def service():
    with Upstream() as running:
        yield running


@pytest.fixture
def upstream(service):
    service.forget()
    return service


@pytest.fixture(scope="module")
def shared(service, tmp_path_factory):
    with recording(service.url + PROJECT, tmp_path_factory.mktemp("shared") / "r.jsonl") as running:
        yield running


@pytest.fixture
def recorder(upstream, shared):
    """A recorder that others have used before; its lines are those of this test."""
    shared.forget()
    return shared


@pytest.fixture
def own(upstream, tmp_path):
    """A recorder that may be stopped."""
    with recording(upstream.url + PROJECT, tmp_path / "r.jsonl") as running:
        yield running


@pytest.fixture
def client():
    with httpx.Client(headers=HEADERS, trust_env=False, timeout=LONGEST) as client:
        yield client


# --- in front of another emulator, over TLS -------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["", PROJECT])
def test_a_foundry_project_is_recorded_below_either_base(client, emulator, certificates, tmp_path, base):
    url, file = f"{emulator.url}{PROJECT}", tmp_path / "r.jsonl"
    with recording(url, file, "--ca-file", certificates.authority) as recorder:
        answer = client.post(f"{recorder.url}{base}/assistants?api-version=v1", json={"model": "gpt-4o"})
        assert answer.status_code == 200
        (line,) = recorder.lines()
        assert line["request"]["url"] == f"{url}/assistants?api-version=v1"
        assert line["request"]["body"]["json"] == {"model": "gpt-4o"}
        assert line["response"]["body"]["json"] == answer.json()
        assert line["complete"] is True
        assert KEY not in file.read_text()
        code, said, warned = recorder.stop()
    assert (code, warned) == (0, "")
    assert f"endpoint of the Foundry project: {recorder.url}{PROJECT}" in said
    assert said.endswith(f"1 recorded in {file}, 0 left out\n")


@pytest.mark.parametrize("base", ["", "/v1"])
def test_the_official_client_talks_through_the_recorder(emulator, certificates, tmp_path, base):
    with recording(f"{emulator.url}/v1", tmp_path / "r.jsonl", "--ca-file", certificates.authority) as recorder:
        transport = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(api_key=KEY, base_url=recorder.url + base, http_client=transport) as client:
            beta = client.beta
            assistant = beta.assistants.create(model="gpt-4o")
            thread = beta.threads.create(messages=[{"role": "user", "content": "When is high water?"}])
            polled = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            with beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
                stream.until_done()
            file = client.files.create(file=("tide.txt", b"at nine"), purpose="assistants")
        assert polled.status == "completed"
        lines = recorder.lines()
        assert [line["request"]["method"] for line in lines[:3]] == ["POST"] * 3
        upload = lines[-1]
        parts = {part["name"]: part for part in upload["request"]["body"]["multipart"]}
        assert (parts["purpose"]["value"], parts["file"]["filename"]) == ("assistants", "tide.txt")
        assert (recorder.file.parent / parts["file"]["file"]).read_bytes() == b"at nine"
        assert upload["response"]["body"]["json"]["id"] == file.id
        (streamed,) = [line for line in lines if "chunks" in line]
        assert sum(size for _, size in streamed["chunks"]) == len(streamed["response"]["body"]["text"].encode())
        assert KEY not in recorder.file.read_text()


def test_a_server_whose_certificate_nobody_knows_is_not_recorded(client, emulator, tmp_path):
    with recording(emulator.url, tmp_path / "r.jsonl") as recorder:
        answer = client.get(f"{recorder.url}/v1/assistants")
        assert answer.status_code == 502
        assert answer.json()["error"]["code"] == "upstream_failed"
        assert answer.json()["error"]["message"].endswith("; --ca-file trusts a certificate of your own)")
        assert recorder.lines() == []


def test_ssl_cert_file_names_what_is_trusted(client, emulator, certificates, tmp_path):
    with recording(emulator.url, tmp_path / "r.jsonl", SSL_CERT_FILE=str(certificates.authority)) as recorder:
        headers = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer sk-emu-default"}
        assert client.get(f"{recorder.url}/v1/assistants", headers=headers).status_code == 200


def test_the_recorder_speaks_tls_itself(emulator, certificates, tmp_path):
    options = ("--ca-file", certificates.authority, "--certfile", certificates.own)
    with recording(emulator.url + PROJECT, tmp_path / "r.jsonl", *options) as recorder:
        with httpx.Client(verify=certificates.context(), trust_env=False, headers=HEADERS, timeout=60) as client:
            assert client.get(f"{recorder.url}/assistants?api-version=v1").status_code == 200
        assert recorder.url.startswith("https:")
        assert len(recorder.lines()) == 1


# --- what is passed on ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_method_path_query_headers_and_body_are_passed_on(client, recorder, upstream, method):
    upstream.answer = lambda handler: handler.reply(b"made", 203, [("X-Own", "a"), ("X-Own", "b")])
    content = None if method in ("GET", "HEAD") else b"\x00body"
    path = "/threads/a%20b/%C3%A4%2f?n=1&n=%2F&m=&api-version=v1"
    answer = client.request(
        method, recorder.url + path, headers={"x-note": "n", "Content-Type": "a/b"}, content=content
    )
    assert (answer.status_code, answer.content) == (203, b"" if method == "HEAD" else b"made")
    assert (answer.headers["x-own"], answer.headers["content-length"]) == ("a, b", "4")
    ((sent_method, sent_path, headers, body),) = upstream.asked
    assert (sent_method, sent_path, body) == (method, PROJECT + path, content or b"")
    named = {name.lower(): value for name, value in headers}
    assert (named["x-note"], named["content-type"], named["authorization"]) == ("n", "a/b", f"Bearer {KEY}")
    assert named["host"] == upstream.url.removeprefix("http://")
    (line,) = recorder.lines()
    assert (line["request"]["method"], line["request"]["url"]) == (method, upstream.url + PROJECT + path)


def test_a_request_in_chunks_is_passed_on_in_chunks(client, recorder, upstream):
    client.post(
        f"{recorder.url}/threads", content=iter([b'{"a":', b"1}"]), headers={"Content-Type": "application/json"}
    )
    ((_, _, headers, body),) = upstream.asked
    assert ({name.lower(): value for name, value in headers}["transfer-encoding"], body) == ("chunked", b'{"a":1}')
    assert recorder.lines()[0]["request"]["body"]["json"] == {"a": 1}


def test_a_client_that_waits_for_a_go_ahead_gets_one(recorder, upstream):
    host, port = recorder.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), LONGEST) as sock:
        sock.sendall(b"POST /threads HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"{}")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert "expect" not in dict(upstream.asked[0][2])


def test_headers_of_one_connection_stay_there(client, recorder, upstream):
    upstream.answer = lambda handler: handler.reply(
        b"{}", headers=[("X-Hop", "1"), ("Connection", "x-hop"), ("X-End", "2")]
    )
    answer = client.get(f"{recorder.url}/threads", headers={"x-mine": "1", "connection": "x-mine", "te": "trailers"})
    sent = {name.lower() for name, _ in upstream.asked[0][2]}
    assert not {"x-mine", "te"} & sent
    assert "x-hop" not in answer.headers
    assert answer.headers["x-end"] == "2"


def test_redirects_are_passed_through(client, recorder, upstream):
    upstream.answer = lambda handler: handler.reply(b"", 307, [("Location", f"/elsewhere?sig={KEY}")])
    answer = client.get(f"{recorder.url}/threads")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/elsewhere?sig={KEY}")
    assert len(upstream.asked) == 1
    assert recorder.lines()[0]["response"]["headers"]["location"] == "/elsewhere?sig=***"


def test_connections_are_used_again(client, recorder, upstream):
    answers = iter([(b"{}", 200), (b"", 204), (b"", 200), (b"{}", 404), (b"{}", 200)])
    upstream.answer = lambda handler: handler.reply(*next(answers))
    for method in ("GET", "DELETE", "POST", "HEAD", "GET"):
        client.request(method, f"{recorder.url}/threads")
    assert len(upstream.asked) == 5
    assert upstream.connections <= 1


def test_cookies_of_one_answer_are_not_sent_with_another_request(client, recorder, upstream):
    upstream.answer = lambda handler: handler.reply(b"{}", headers=[("Set-Cookie", "__cf_bm=abc; path=/")])
    client.get(f"{recorder.url}/threads")
    client.cookies.clear()
    client.get(f"{recorder.url}/threads")
    assert [("cookie" in {name.lower() for name, _ in headers}) for _, _, headers, _ in upstream.asked] == [
        False,
        False,
    ]


def test_a_compressed_answer_passes_as_it_is_and_is_written_as_what_it_says(client, recorder, upstream):
    packed = gzip.compress(b'{"object": "list"}') + gzip.compress(b"\n")
    upstream.answer = lambda handler: handler.reply(
        packed, headers=[("Content-Encoding", "gzip"), ("Content-Type", "application/json")]
    )
    with client.stream("GET", f"{recorder.url}/threads") as answer:
        assert b"".join(answer.iter_raw()) == packed
    (line,) = recorder.lines()
    assert line["response"]["body"] == {"json": {"object": "list"}, "layout": "spaced", "ascii": True, "newline": True}
    assert not {"content-encoding", "content-length"} & line["response"]["headers"].keys()


def test_no_coding_is_asked_for_that_could_not_be_searched(client, recorder, upstream):
    client.get(f"{recorder.url}/threads", headers={"accept-encoding": "gzip;q=0.5, zstd, unknown"})
    client.get(f"{recorder.url}/threads", headers={"accept-encoding": "zstd"})
    sent = [{name.lower(): value for name, value in headers} for _, _, headers, _ in upstream.asked]
    assert [headers["accept-encoding"] for headers in sent] == ["gzip;q=0.5", "identity"]


def test_an_answer_in_an_unknown_coding_passes_and_is_left_out(client, own, upstream):
    upstream.answer = lambda handler: handler.reply(b"\x28\xb5\x2f\xfd", headers=[("Content-Encoding", "zstd")])
    with client.stream("GET", f"{own.url}/threads/x") as answer:
        assert b"".join(answer.iter_raw()) == b"\x28\xb5\x2f\xfd"
    assert own.lines() == []
    code, _, warned = own.stop()
    assert code == 1
    assert warned.startswith(
        f"warning: GET {PROJECT}/threads/x is left out of the recording: the answer cannot be searched"
    )
    assert warned.count("\n") == 1


# --- streams --------------------------------------------------------------------------------------------------------


def test_each_chunk_arrives_before_the_next_is_sent(client, recorder, upstream):
    arrived = [threading.Event() for _ in range(3)]

    def answer(handler):
        handler.begin_stream()
        for number, event in enumerate(arrived):
            handler.send_chunk(EVENT % number)
            assert event.wait(LONGEST)
        handler.send_chunk()

    upstream.answer = answer
    with client.stream("POST", f"{recorder.url}/threads/runs", json={"stream": True}) as response:
        pieces = response.iter_raw()
        for number, event in enumerate(arrived):
            assert next(pieces) == EVENT % number
            event.set()
        assert list(pieces) == []
    (line,) = recorder.lines()
    assert [size for _, size in line["chunks"]] == [len(EVENT % number) for number in range(3)]
    assert [moment for moment, _ in line["chunks"]] == sorted(moment for moment, _ in line["chunks"])
    assert line["response"]["body"]["text"] == "".join((EVENT % number).decode() for number in range(3))
    assert line["complete"] is True


def test_a_client_that_leaves_ends_the_stream_and_what_came_is_written(client, own, upstream):
    left, wrote = threading.Event(), threading.Event()

    def answer(handler):
        handler.begin_stream()
        handler.send_chunk(EVENT % 0)
        try:
            while not wrote.wait(0.02):
                handler.send_chunk(b": waiting\n\n")
        except OSError:
            left.set()

    upstream.answer = answer
    with client.stream("POST", f"{own.url}/threads/runs", json={}) as response:
        assert next(response.iter_raw()).startswith(EVENT % 0)
    assert left.wait(LONGEST)
    own.stop()
    wrote.set()
    (line,) = own.lines()
    assert line["complete"] is False
    assert line["response"]["body"]["text"].startswith((EVENT % 0).decode())


@pytest.mark.parametrize("is_stream", [True, False])
def test_an_answer_that_breaks_off_breaks_off_for_the_client_too(client, own, upstream, is_stream):
    def answer(handler):
        if is_stream:
            handler.begin_stream()
            handler.send_chunk(EVENT % 0)
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        handler.close_connection = True

    upstream.answer = answer
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(f"{own.url}/threads")
    own.stop()
    (line,) = own.lines()
    assert (line["complete"], line["response"]["status"]) == (False, 200)
    assert line["response"]["body"] == {"text": (EVENT % 0).decode() if is_stream else "half"}


def test_fifty_streams_pass_at_the_same_time(recorder, upstream):
    everyone = threading.Barrier(50, timeout=LONGEST)

    def answer(handler):
        handler.begin_stream()
        handler.send_chunk(EVENT % 0)
        everyone.wait()  # nobody goes on before all have begun
        handler.send_chunk(EVENT % 1)
        handler.send_chunk()

    upstream.answer = answer

    def ask(number):
        return httpx.post(f"{recorder.url}/threads/{number}/runs", json={}, trust_env=False, timeout=LONGEST).text

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(50))) == {(EVENT % 0 + EVENT % 1).decode()}
    lines = recorder.lines()
    assert len({line["request"]["url"] for line in lines}) == 50
    assert all(line["complete"] and len(line["chunks"]) == 2 for line in lines)


def test_a_client_that_is_gone_before_any_answer_leaves_no_line(own, upstream):
    goes_on = threading.Event()
    upstream.answer = lambda handler: goes_on.wait(LONGEST)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{own.url}/threads", trust_env=False, timeout=0.5)
    goes_on.set()
    assert own.stop()[0] == 0
    assert own.lines() == []


def test_a_client_that_leaves_in_the_middle_of_its_request_leaves_no_line(client, own, upstream):
    host, port = own.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), LONGEST) as sock:
        sock.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    assert client.get(f"{own.url}/threads").status_code == 200
    code, _, warned = own.stop()
    assert (code, warned) == (0, "")
    assert len(own.lines()) == 1


# --- large bodies ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read as on Linux")
def test_a_large_upload_takes_no_memory(own, upstream):
    size = 96 * 1024 * 1024
    taken = []

    def read_all(handler):
        rest = int(handler.headers["content-length"])
        while rest:
            rest -= len(handler.rfile.read(min(rest, 1 << 20)))
        taken.append(int(handler.headers["content-length"]))
        handler.reply(b"{}")

    upstream.take = read_all  # the body is not kept here, either
    httpx.get(f"{own.url}/threads", trust_env=False, timeout=LONGEST)
    before = _peak(own.process.pid)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    body = [head, *[bytes(1 << 20)] * (size >> 20), b"\r\n--b--\r\n"]
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(sum(map(len, body)))}
    answer = httpx.post(f"{own.url}/files", content=iter(body), headers=headers, trust_env=False, timeout=LONGEST)
    assert (answer.status_code, taken) == (200, [sum(map(len, body))])
    assert _peak(own.process.pid) - before < 32 * 1024
    (part,) = own.lines()[-1]["request"]["body"]["multipart"]
    assert (part["bytes"], (own.file.parent / part["file"]).stat().st_size) == (size, size)


def _peak(pid):
    """Return the most memory that a process has had, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


@pytest.mark.parametrize(
    "data, written",
    [
        (b"", None),
        (b"plain", {"text": "plain"}),
        (b"\x00\xff", {"base64": "AP8="}),
        ('{"a": "ä"}'.encode(), {"json": {"a": "ä"}, "layout": "spaced", "ascii": False, "newline": False}),
        (b'{"a":"\\u00e4"}\n', {"json": {"a": "ä"}, "layout": "compact", "ascii": True, "newline": True}),
        (b'{\n  "a": []\n}', {"json": {"a": []}, "layout": "indent2", "ascii": True, "newline": False}),
        (b'{"a":1.50}', {"text": '{"a":1.50}'}),
        (b'{"a":1,"a":2}', {"text": '{"a":1,"a":2}'}),
        (b'{"a":NaN}', {"text": '{"a":NaN}'}),
        (b'{"a":"\\ud800"}', {"json": {"a": "\ud800"}, "layout": "compact", "ascii": True, "newline": False}),
        (b"[" * 5000, {"text": "[" * 5000}),
    ],
)
def test_a_body_is_written_so_that_its_bytes_can_be_made_again(client, recorder, upstream, data, written):
    upstream.answer = lambda handler: handler.reply(data, headers=[("Content-Type", "application/json")])
    assert client.get(f"{recorder.url}/threads").content == data
    assert recorder.lines()[0]["response"]["body"] == written


@pytest.mark.parametrize("data", [os.urandom(9_000), b"text \n" * 300_000])
def test_a_large_answer_lies_beside_the_recording(client, recorder, upstream, data):
    upstream.answer = lambda handler: handler.reply(data)
    client.get(f"{recorder.url}/files/file-1/content")
    body = recorder.lines()[0]["response"]["body"]
    assert body["file"] == f"r.jsonl.files/{body['sha256']}"
    assert body["bytes"] == len(data)
    assert (recorder.file.parent / body["file"]).read_bytes() == data


# --- which requests are written -------------------------------------------------------------------------------------


def test_neighbors_of_the_api_pass_and_are_recorded_only_on_demand(client, upstream, tmp_path):
    paths = ["/v1/chat/completions", "/v1/embeddings", "/v1/threads", "/v1/files/file-1", "/v1/vector_stores"]
    with recording(upstream.url, tmp_path / "own.jsonl") as recorder:
        assert [client.get(recorder.url + path).status_code for path in paths] == [200] * 5
        assert [line["request"]["url"] for line in recorder.lines()] == [upstream.url + path for path in paths[2:]]
    with recording(upstream.url, tmp_path / "all.jsonl", "--include-neighbors") as recorder:
        for path in paths:
            client.get(recorder.url + path)
        assert len(recorder.lines()) == 5


@pytest.mark.parametrize("mount", ["/openai", "/openai/v1", "/openai/deployments/d", "/team/gateway", "/ns/x/v1", ""])
def test_the_api_is_recorded_below_every_mount_and_below_the_path_of_a_gateway(client, upstream, tmp_path, mount):
    with recording(upstream.url + mount, tmp_path / "r.jsonl") as recorder:
        client.get(f"{recorder.url}/threads/thread_1?api-version=2024-05-01-preview")
        client.get(f"{recorder.url}{mount}/threads/thread_2")
        client.get(f"{recorder.url}/embeddings")
        urls = [line["request"]["url"].removeprefix(upstream.url) for line in recorder.lines()]
    assert urls == [f"{mount}/threads/thread_1?api-version=2024-05-01-preview", f"{mount}/threads/thread_2"]


# --- upstreams ------------------------------------------------------------------------------------------------------


def test_an_upstream_that_does_not_answer_is_an_error_of_the_api_marked_as_ours(client, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    with recording(url, tmp_path / "r.jsonl") as recorder:
        answer = client.get(f"{recorder.url}/v1/threads")
        assert answer.status_code == 502
        assert answer.json()["error"]["message"].startswith("[emulator] ")
        assert recorder.stop()[0] == 0
        assert recorder.lines() == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x",
        "x",
        "https://user:pw@x.example",
        "http://x.example/v1?api-version=1",
        "http://x.example#a",
        "http://ä.example",
    ],
)
def test_a_url_that_is_no_upstream_is_refused_in_one_line(tmp_path, url):
    refused = ended(url, tmp_path / "r.jsonl")
    assert (refused.returncode, refused.stderr.count("\n"), refused.stdout) == (2, 1, "")
    assert "upstream is a URL" in refused.stderr
    assert not (tmp_path / "r.jsonl").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_recorder_of_itself_is_refused(tmp_path, host):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    refused = ended(f"http://{host}:{port}", tmp_path / "r.jsonl", "--port", port)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_two_recorders_in_a_circle_answer_with_an_error(client, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with (
        recording(f"http://127.0.0.1:{port}", tmp_path / "a.jsonl") as first,
        recording(first.url, tmp_path / "b.jsonl", "--port", port),
    ):
        assert client.get(f"{first.url}/v1/threads").status_code == 502


def test_the_proxy_of_the_environment_leads_to_the_service(certificates, client, tmp_path):
    asked = []

    def tunnel(handler):
        """Connect to the upstream, whatever host is asked for."""
        asked.append(handler.path)
        with socket.create_connection(("127.0.0.1", service.server_address[1])) as sock:
            handler.send_response(200)
            handler.end_headers()
            there = threading.Thread(target=_copy, args=(handler.connection, sock), daemon=True)
            there.start()
            _copy(sock, handler.connection)
        handler.close_connection = True

    with Upstream(certificates.own) as service, Upstream() as proxy:
        proxy.answer = tunnel
        options = ("--ca-file", certificates.authority)
        upstream = f"https://foundry.example{PROJECT}"
        with recording(upstream, tmp_path / "r.jsonl", *options, HTTPS_PROXY=proxy.url) as recorder:
            assert client.get(f"{recorder.url}/threads").status_code == 200
            assert asked == ["foundry.example:443"]
            assert service.asked[0][1] == f"{PROJECT}/threads"
            assert recorder.lines()[0]["request"]["url"] == f"{upstream}/threads"


def _copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass


def test_without_httpx_the_command_says_what_to_install(tmp_path):
    (tmp_path / "httpx.py").write_text("raise ImportError('no httpx')\n")
    refused = ended("http://127.0.0.1:9", tmp_path / "r.jsonl", "--port", "0", PYTHONPATH=str(tmp_path))
    assert refused.returncode == 2
    assert refused.stderr == "error: recording needs httpx: install it, or the extra 'record'\n"


# --- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_recorder_with_what_it_has_written(client, own, number):
    client.get(f"{own.url}/threads")
    code, said, warned = own.stop(number)
    assert (code, warned) == (0, "")
    assert "1 recorded" in said


def test_what_a_client_has_as_a_whole_is_in_the_file_after_a_kill(client, upstream, tmp_path):
    file = tmp_path / "r.jsonl"
    for count in range(1, 4):
        with recording(upstream.url, file) as recorder:
            client.get(f"{recorder.url}/v1/threads/{count}")
            recorder.process.kill()
            recorder.process.wait(LONGEST)
        assert [line["request"]["url"][-1] for line in lines_of(file)] == [str(one) for one in range(1, count + 1)]


def test_exchanges_under_way_are_all_that_a_kill_loses(client, own, upstream):
    def answer(handler):
        if handler.path.endswith("/slow"):
            handler.begin_stream()
            handler.send_chunk(EVENT % 0)
            threading.Event().wait(LONGEST)
        else:
            handler.reply(b"{}")

    upstream.answer = answer
    with client.stream("GET", f"{own.url}/threads/slow") as slow:
        pieces = slow.iter_raw()
        next(pieces)
        for number in range(20):
            client.get(f"{own.url}/threads/{number}")
        own.process.kill()
        own.process.wait(LONGEST)
    assert [line["request"]["url"].rpartition("/")[2] for line in own.lines()] == [str(one) for one in range(20)]


def test_a_signal_ends_streams_under_way_and_what_came_of_them_is_written(own, upstream):
    ended = threading.Event()

    def answer(handler):
        handler.begin_stream()
        handler.send_chunk(EVENT % 0)
        ended.wait(LONGEST)

    upstream.answer = answer
    with (
        httpx.Client(trust_env=False, timeout=LONGEST) as client,
        client.stream("GET", f"{own.url}/threads") as response,
    ):
        pieces = response.iter_raw()
        assert next(pieces) == EVENT % 0
        code, said, warned = own.stop()
    ended.set()
    assert (code, warned) == (0, "")
    assert "1 recorded" in said
    (line,) = own.lines()
    assert (line["complete"], line["response"]["body"]["text"]) == (False, (EVENT % 0).decode())


@pytest.mark.parametrize("after", [1, 37, 90])
def test_a_kill_among_many_requests_loses_none_that_was_answered(own, upstream, after):
    upstream.answer = lambda handler: handler.reply(b'{"a": "%s"}' % (b"tide " * 2_000))
    answered, enough = [], threading.Event()

    def ask(worker):
        with httpx.Client(trust_env=False, timeout=LONGEST) as client:
            for number in range(1_000):
                name = f"{worker}-{number}"
                try:
                    client.post(f"{own.url}/files/{name}", files={"file": (f"{name}.txt", name.encode() * 500)})
                except httpx.HTTPError:
                    return
                answered.append(name)
                if len(answered) >= after:
                    enough.set()

    with ThreadPoolExecutor(6) as pool:
        working = [pool.submit(ask, worker) for worker in range(6)]
        assert enough.wait(LONGEST)
        own.process.kill()
        for one in working:
            one.result(LONGEST)
    data = own.file.read_bytes()
    assert data.endswith(b"\n")
    written = {line["request"]["url"].rpartition("/")[2]: line for line in own.lines()}
    assert set(answered) <= written.keys()
    for name, line in written.items():
        (part,) = line["request"]["body"]["multipart"]
        assert (own.file.parent / part["file"]).read_bytes() == name.encode() * 500


def test_a_torn_last_line_is_removed_at_the_next_start(client, upstream, tmp_path):
    file = tmp_path / "r.jsonl"
    with recording(upstream.url, file) as recorder:
        client.get(f"{recorder.url}/v1/threads")
        recorder.stop()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:100])
    with recording(upstream.url, file) as recorder:
        client.get(f"{recorder.url}/v1/threads")
        _, _, warned = recorder.stop()
    assert "was not whole" in warned
    assert len(lines_of(file)) == 2


def test_a_whole_last_line_without_its_end_is_kept(client, upstream, tmp_path):
    file = tmp_path / "r.jsonl"
    with recording(upstream.url, file) as recorder:
        client.get(f"{recorder.url}/v1/threads")
        recorder.stop()
    file.write_bytes(file.read_bytes().removesuffix(b"\n"))
    with recording(upstream.url, file) as recorder:
        client.get(f"{recorder.url}/v1/threads")
        assert recorder.stop()[2] == ""
    assert len(lines_of(file)) == 2


def test_a_file_belongs_to_one_recorder_at_a_time(recorder, upstream):
    refused = ended(upstream.url, recorder.file, "--port", "0")
    assert (refused.returncode, refused.stderr) == (2, f"error: another process records to {recorder.file}\n")


@pytest.mark.parametrize("content", ["interactions: []\n", '{"id": "thread_1"}\n', "no line end"])
def test_a_file_of_another_kind_is_not_appended_to(tmp_path, content):
    file = tmp_path / "r.jsonl"
    file.write_text(content)
    refused = ended("http://127.0.0.1:9", file, "--port", "0")
    assert (refused.returncode, refused.stderr.count("\n"), file.read_text()) == (2, 1, content)


def test_a_folder_that_is_not_there_is_refused_in_one_line(tmp_path):
    refused = ended("http://127.0.0.1:9", tmp_path / "none" / "r.jsonl", "--port", "0")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_a_file_that_is_removed_meanwhile_is_missed(client, own):
    client.get(f"{own.url}/threads")
    own.file.unlink()
    assert client.get(f"{own.url}/threads").status_code == 200
    code, _, warned = own.stop()
    assert code == 1
    assert "was removed or replaced" in warned


@pytest.mark.skipif(sys.platform == "win32", reason="rights are POSIX's")
def test_only_their_owner_reads_recordings(client, own):
    client.post(f"{own.url}/files", files={"file": ("a.txt", b"a")})
    (folder,) = [one for one in own.file.parent.iterdir() if one.is_dir()]
    for one in (own.file, *folder.iterdir()):
        assert one.stat().st_mode & 0o077 == 0
    assert json.loads(own.file.read_text())["recording"] == 1
