"""One large upload, sent as it is made: what the server needs of memory does not grow with it."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

SIZE = 512 * 1024 * 1024
PIECE = bytes(1024 * 1024)
HEAD = (
    b'--sea\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
    b'--sea\r\nContent-Disposition: form-data; name="file"; filename="zeros.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n"
)
TAIL = b"\r\n--sea--\r\n"


@pytest.fixture
def serving():
    """A server in a process of its own: (URL, process id)."""
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said = []
            for told in process.stdout:
                said.append(told)
                if found := re.search(r"http://127\.0\.0\.1:\d+", told):
                    break
            else:
                pytest.fail("".join(said))
            yield found[0], process.pid
        finally:
            process.terminate()


def peak(pid):
    """Return the most memory that a process ever held, in bytes."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024


def pieces():
    yield HEAD
    for _ in range(SIZE // len(PIECE)):
        yield PIECE
    yield TAIL


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read where Linux tells it")
def test_half_a_gigabyte_is_taken_and_given_back_in_little_memory(serving):
    url, pid = serving
    headers = {
        "Authorization": "Bearer sk-emu-large",
        "Content-Type": "multipart/form-data; boundary=sea",
        "Content-Length": str(len(HEAD) + SIZE + len(TAIL)),
    }
    with httpx.Client(
        base_url=f"{url}/v1", headers={"Authorization": "Bearer sk-emu-large"}, trust_env=False, timeout=100
    ) as ask:
        assert ask.get("/files").status_code == 200
        idle = peak(pid)
        made = ask.post("/files", content=pieces(), headers=headers).json()
        assert (made["bytes"], made["filename"]) == (SIZE, "zeros.bin")
        with ask.stream("GET", f"/files/{made['id']}/content") as answer:
            assert sum(len(piece) for piece in answer.iter_bytes(1 << 20)) == SIZE
        assert peak(pid) - idle < 200 * 1024 * 1024
        assert ask.delete(f"/files/{made['id']}").json()["deleted"] is True
