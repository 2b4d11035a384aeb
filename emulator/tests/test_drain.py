"""How a server stops: not ready first, still answering for a moment, then at its end, and at once on a second signal."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from emulator.domain.readiness import Readiness
from emulator.server import Server

LONGEST = 60
NEVER = 3600


class State:
    def __init__(self, *, elsewhere=False):
        self.readiness = Readiness()
        self.streams_end_elsewhere = elsewhere
        self.closed = threading.Event()

    def close_streams(self):
        self.closed.set()


class App:
    """Answers whether it is ready, and streams until it is let go."""

    def __init__(self, **options):
        self.state = State(**options)
        self.let_go = threading.Event()
        self.ended = threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self.ended.set()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await asyncio.to_thread(self.let_go.wait, LONGEST)
        await send({"type": "http.response.body", "body": b",".join(map(str.encode, self.state.readiness.reasons()))})


@pytest.fixture
def serve():
    """Return a function that serves an app on a thread and returns its server and a client."""
    opened = []

    def start(app, **options):
        ready, sock = threading.Event(), socket.create_server(("127.0.0.1", 0))
        server = Server(app, sock, ready=lambda _: ready.set(), **options)
        thread = threading.Thread(target=server.serve_here)
        thread.start()
        assert ready.wait(LONGEST)
        client = httpx.Client(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", trust_env=False, timeout=LONGEST)
        opened.append((app, server, thread, client))
        return server, client

    yield start
    for app, server, thread, client in opened:
        client.close()
        app.let_go.set()
        with contextlib.suppress(RuntimeError):  # its loop has ended already
            server.handle_exit(signal.SIGTERM, None)
            server.handle_exit(signal.SIGTERM, None)
        thread.join(LONGEST)
        assert not thread.is_alive()


def wait_until(holds):
    deadline = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_not_ready_at_once_and_still_answers_for_a_moment(serve):
    app = App()
    server, client = serve(app, grace=0, drain_delay=NEVER)
    assert client.get("/").text == ""
    server.handle_exit(signal.SIGTERM, None)
    wait_until(lambda: app.state.readiness.is_draining)
    answer = client.get("/")
    assert answer.text == "server: the server is stopping"
    assert answer.headers["connection"] == "close"
    assert not app.ended.is_set()


def test_a_second_signal_ends_the_moment_and_the_rest(serve):
    app = App()
    server, client = serve(app, grace=NEVER, drain_delay=NEVER)
    with client.stream("GET", "/stream") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"
        server.handle_exit(signal.SIGTERM, None)
        wait_until(lambda: app.state.readiness.is_draining)
        server.handle_exit(signal.SIGTERM, None)
        with pytest.raises(httpx.TransportError):
            next(pieces)


def test_a_stream_whose_run_goes_on_elsewhere_comes_to_its_own_end(serve):
    app = App(elsewhere=True)
    server, client = serve(app, grace=NEVER)
    with client.stream("GET", "/stream") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"
        server.stop()
        wait_until(lambda: app.state.readiness.is_draining)
        with pytest.raises(httpx.ConnectError):  # no other request is accepted
            wait_until(lambda: httpx.get(client.base_url, trust_env=False) is None)
        assert not app.state.closed.is_set()
        app.let_go.set()
        assert next(pieces) == b"server: the server is stopping"
    assert app.ended.wait(LONGEST)
    assert not app.state.closed.is_set()


def test_it_is_closed_once_the_grace_period_is_over(serve):
    app = App(elsewhere=True)
    server, client = serve(app, grace=0)
    with client.stream("GET", "/stream") as answer:
        assert next(answer.iter_raw()) == b"first"
        server.stop()
        assert app.state.closed.wait(LONGEST)


def test_where_there_is_one_server_streams_are_closed_at_once(serve):
    app = App()
    server, _ = serve(app, grace=NEVER)
    server.stop()
    assert app.state.closed.wait(LONGEST)
    assert app.ended.wait(LONGEST)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
def test_the_command_drains_and_ends_with_0(tmp_path):
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--ready-file", str(ready_file)]
    with subprocess.Popen([*command, "--drain-delay", str(NEVER)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        try:
            wait_until(ready_file.exists)
            url = json.loads(Path(ready_file).read_text())["control_url"]
            with httpx.Client(trust_env=False, timeout=LONGEST) as client:
                assert client.get(f"{url}/ready").status_code == 200
                os.kill(process.pid, signal.SIGTERM)
                wait_until(lambda: client.get(f"{url}/ready").status_code == 503)
                assert client.get(f"{url}/health").status_code == 200
            os.kill(process.pid, signal.SIGTERM)
            _, err = process.communicate(timeout=LONGEST)
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")
