"""One large upload, generated while it is sent: the memory of the server does not grow with it."""

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
    """A server in its own process: (URL, process id)."""
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    break
            else:
                pytest.fail("".join(lines))
            yield found[0], process.pid
        finally:
            process.terminate()


def peak_memory(pid):
    """Return the peak memory of a process in bytes."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024


def pieces():
    yield HEAD
    for _ in range(SIZE // len(PIECE)):
        yield PIECE
    yield TAIL


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc of Linux")
def test_half_a_gigabyte_is_uploaded_and_downloaded_in_little_memory(serving):
    url, pid = serving
    headers = {
        "Authorization": "Bearer sk-emu-large",
        "Content-Type": "multipart/form-data; boundary=sea",
        "Content-Length": str(len(HEAD) + SIZE + len(TAIL)),
    }
    with httpx.Client(
        base_url=f"{url}/v1", headers={"Authorization": "Bearer sk-emu-large"}, trust_env=False, timeout=100
    ) as client:
        assert client.get("/files").status_code == 200
        idle_memory = peak_memory(pid)
        file = client.post("/files", content=pieces(), headers=headers).json()
        assert (file["bytes"], file["filename"]) == (SIZE, "zeros.bin")
        with client.stream("GET", f"/files/{file['id']}/content") as response:
            assert sum(len(piece) for piece in response.iter_bytes(1 << 20)) == SIZE
        assert peak_memory(pid) - idle_memory < 200 * 1024 * 1024
        assert client.delete(f"/files/{file['id']}").json()["deleted"] is True
