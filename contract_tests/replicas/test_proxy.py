"""The proxy: each request to the next server, everything as it comes, and what breaks on one side breaks on the other."""

import contextlib
import socket
import socketserver
import struct
import threading

import httpx
import pytest

from contract_tests.postgres.cluster import free_port
from contract_tests.replicas.proxy import Proxy

PATIENCE = 20
ONE, TWO = (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + word for word in (b"one", b"two"))


class Answering(socketserver.ThreadingTCPServer):
    """A server that does with each connection what it is told to. requests: what it read, up to the end of the head."""

    allow_reuse_address, daemon_threads, block_on_close = True, True, False

    def __init__(self, answer):
        self.requests = []
        super().__init__(("127.0.0.1", 0), lambda sock, *_: self._serve(sock, answer))

    def _serve(self, sock, answer):
        with contextlib.suppress(OSError):
            read = b""
            while b"\r\n\r\n" not in read and (some := sock.recv(65_536)):
                read += some
            self.requests.append(read)
            answer(sock)

    @property
    def port(self):
        return self.server_address[1]


@pytest.fixture
def answering():
    """Return a function that starts a server: bytes that it sends, or what it does with a connection."""
    with contextlib.ExitStack() as stack:

        def start(answer):
            do = answer if callable(answer) else lambda sock: sock.sendall(answer)
            server = stack.enter_context(Answering(do))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server

        yield start


@pytest.fixture
def proxy():
    with Proxy() as proxy:
        yield proxy


@pytest.fixture
def http(proxy):
    with httpx.Client(base_url=proxy.url, trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def connection(proxy):
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as sock:
        yield sock


def test_each_request_goes_to_the_next_server_on_one_connection_too(proxy, answering, connection):
    proxy.targets = [answering(ONE).port, answering(TWO).port]
    with connection.makefile("rb") as answers:
        words = []
        for _ in range(4):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            head = [answers.readline() for _ in range(3)]
            assert head == [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 3\r\n", b"\r\n"]
            words.append(answers.read(3))
    assert words == [b"one", b"two", b"one", b"two"]


def test_requests_sent_at_once_are_answered_in_their_order(proxy, answering, connection):
    proxy.targets = [answering(ONE).port, answering(TWO).port]
    connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 3 + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    with connection.makefile("rb") as answers:
        assert [answers.read()[-3:], answers.read()] == [b"two", b""]


def test_where_nobody_listens_the_next_one_has_its_turn(proxy, answering, http):
    proxy.targets = [free_port(), answering(ONE).port, free_port()]
    assert [http.get("/").text for _ in range(5)] == ["one"] * 5


def test_where_nobody_listens_at_all_the_client_is_told(proxy, http):
    proxy.targets = [free_port()]
    assert http.get("/").status_code == 502


def test_a_body_is_passed_on_whole(proxy, answering, http):
    body, read = b"x" * 1_000_000, []

    def answer(sock):
        left = len(body) - len(server.requests[-1].partition(b"\r\n\r\n")[2])
        while left:
            some = sock.recv(65_536)
            read.append(some)
            left -= len(some)
        sock.sendall(ONE)

    server = answering(answer)
    proxy.targets = [server.port]
    assert http.post("/", content=body).text == "one"
    head, _, first = server.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Length: 1000000" in head
    assert first + b"".join(read) == body


def test_a_body_in_chunks_is_passed_on_in_chunks(proxy, answering, http):
    server = answering(ONE)
    proxy.targets = [server.port]
    assert http.post("/", content=iter([b"abc", b"defg"])).text == "one"
    assert b"Transfer-Encoding: chunked" in server.requests[0]


def test_what_comes_is_passed_on_as_soon_as_it_comes(proxy, answering, http):
    received = threading.Semaphore(0)

    def answer(sock):
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for word in (b"one", b"two"):
            sock.sendall(b"3\r\n" + word + b"\r\n")
            assert received.acquire(timeout=PATIENCE)  # the next one only comes once this one has arrived
        sock.sendall(b"0\r\n\r\n")

    proxy.targets = [answering(answer).port]
    with http.stream("GET", "/") as response:
        for word, expected in zip(response.iter_raw(), (b"one", b"two"), strict=True):
            assert word == expected
            received.release()


def test_a_client_waits_until_the_server_wants_its_body(proxy, answering, connection):
    def answer(sock):
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert sock.recv(3) == b"abc"
        sock.sendall(ONE)

    proxy.targets = [answering(answer).port]
    connection.sendall(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
    with connection.makefile("rb") as answers:
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        connection.sendall(b"abc")
        assert answers.read().endswith(b"one")


def test_an_answer_to_head_and_one_without_a_body_have_none(proxy, answering, http):
    proxy.targets = [answering(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").port]
    assert [http.head("/").headers["content-length"] for _ in range(2)] == ["3", "3"]
    proxy.targets = [answering(b"HTTP/1.1 204 No Content\r\n\r\n").port]
    assert [http.get("/").status_code for _ in range(2)] == [204, 204]


def test_a_body_that_ends_with_its_connection_ends(proxy, answering, http):
    proxy.targets = [answering(b"HTTP/1.1 200 OK\r\n\r\nto the end").port]
    assert http.get("/").text == "to the end"


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
def test_a_server_that_breaks_off_in_the_middle_breaks_the_clients_connection(proxy, answering, http, begun):
    def reset(sock):
        sock.sendall(begun)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    for answer, error in ((begun, httpx.RemoteProtocolError), (reset, httpx.ReadError)):
        proxy.targets = [answering(answer).port]
        with pytest.raises(error):
            http.get("/")


def test_a_request_that_was_under_way_is_sent_to_nobody_else(proxy, answering, http):
    broken, whole = answering(b""), answering(ONE)
    proxy.targets = [broken.port, whole.port]
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/", json={})
    assert (len(broken.requests), len(whole.requests)) == (1, 0)


def test_a_client_that_leaves_breaks_the_servers_connection(proxy, answering, http):
    left = threading.Event()

    def answer(sock):
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        with contextlib.suppress(OSError):
            sock.recv(1)
        left.set()

    proxy.targets = [answering(answer).port]
    with http.stream("GET", "/") as response:
        assert next(response.iter_raw()) == b"one"
    assert left.wait(PATIENCE)


def test_an_answer_that_comes_before_the_request_was_read_arrives(proxy, answering, connection):
    proxy.targets = [answering(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").port]
    connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n")
    with connection.makefile("rb") as answers:
        assert answers.read() == b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
