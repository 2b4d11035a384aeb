"""Files that take long to read, over HTTP: what goes on beside them, and how the server ends."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from contract_tests.benchmarks.bombs import slow_pdf
from contract_tests.benchmarks.servers import environment, free_port, wait_for_200
from contract_tests.raw_api import TIDES_TEXT, raw_api

HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
HEALTH = b"GET /_emulator/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found by /proc")


class Running:
    """A server in a process of its own, with stores whose files are being read."""

    def __init__(self, process, port):
        self.process = process
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=110, trust_env=False)

    def post(self, path, body):
        response = self.http.post(f"/v1{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def store_of(self, name, data):
        file = self.http.post("/v1/files", files={"file": (name, data)}, data={"purpose": "assistants"}).json()["id"]
        return self.post("/vector_stores", {"file_ids": [file]})["id"]

    def children(self):
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for children in tasks for pid in children.read_text().split()]


@contextmanager
def serving(*options):
    port = free_port()
    command = [sys.executable, "-m", "emulator", "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    try:
        wait_for_200(port, HEALTH, process)
        running = Running(process, port)
        with running.http:
            yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(60)


def test_six_slow_files_hold_up_nothing_else():
    with serving() as server:
        bomb = slow_pdf()
        slow = [server.store_of("slow.pdf", bomb) for _ in range(6)]
        answers = []
        reading = threading.Thread(target=lambda: answers.append(server.http.get(f"/v1/vector_stores/{slow[0]}")))
        reading.start()
        for _ in range(20):
            assert server.http.get("/_emulator/health").status_code == 200
        small = server.store_of("tides.txt", TIDES_TEXT.encode())
        results = server.post(f"/vector_stores/{small}/search", {"query": "high water in Husum"})["data"]
        assert results[0]["filename"] == "tides.txt"
        assert answers == []  # all that went on while the first file was being read
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        reading.join(60)
        assert answers[0].json()["status"] == "in_progress"  # nor was that waited for


def test_what_a_server_did_not_read_to_the_end_is_read_by_the_next(tmp_path):
    options = ("--db", str(tmp_path / "a.sqlite"))
    with serving(*options) as server:
        slow = server.store_of("slow.pdf", slow_pdf(pages=3_000))
        server.process.terminate()
        assert server.process.wait(60) == 0
    with serving(*options) as server:
        store = server.http.get(f"/v1/vector_stores/{slow}").json()
        assert store["file_counts"]["completed"] == 1


@linux
def test_a_killed_server_leaves_no_process_behind():
    with serving() as server:
        server.store_of("slow.pdf", slow_pdf())
        while not (children := server.children()):
            time.sleep(0.01)
        server.process.kill()
        server.process.wait(60)
        deadline = time.monotonic() + 60
        while any(is_running(pid) for pid in children) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not any(is_running(pid) for pid in children)


def is_running(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"  # whoever inherits it may not have waited for it yet


def test_a_file_that_is_too_much_work_fails_as_one_that_is_too_large(ns):
    api = raw_api(ns)
    file = api.upload("long.html", b"<p>" * 1_000_001)
    store = api.post_json("/vector_stores", {"file_ids": [file["id"]]})["id"]
    (failed,) = api.get_json(f"/vector_stores/{store}/files")["data"]
    assert (failed["status"], failed["last_error"]) == (
        "failed",
        {"code": "invalid_file", "message": "The file could not be parsed because it is too large."},
    )
