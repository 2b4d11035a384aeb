"""The servers that are measured, each in a process of its own."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def memory(self) -> float | None:
        """Return how many megabytes the process holds, None where the system does not tell."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return None
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found.group(1)) / 1024 if found else None

    def cpu(self) -> float | None:
        """Return how many seconds the process has worked, None where the system does not tell."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return None
        fields = status.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def launch(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a command that says nothing, at the root of the checkout."""
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
    )


def wait_until_answered(port: int, path: str, process: "subprocess.Popen[bytes]") -> None:
    """Return once GET ``path`` is answered with 200."""
    deadline = time.perf_counter() + _PATIENCE
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            sock.sendall(request)
            if sock.recv(64).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.002)
    raise TimeoutError(f"nobody answers on port {port}")


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def emulator(name: str, *, db: Path | None = None, script: Path | None = None) -> Iterator[Server]:
    """Run the emulator as a user starts it."""
    command = ["-m", "emulator", "serve"]
    command += ["--db", str(db)] if db else []
    command += ["--script", str(script)] if script else []
    with _served(name, command, "/_emulator/health") as server:
        yield server


@contextlib.contextmanager
def canned(name: str, answers: Sequence[Mapping[str, Any]], folder: Path) -> Iterator[Server]:
    """Run a server that knows nothing but these answers."""
    file = folder / f"{name.replace(' ', '-')}.json"
    file.write_text(json.dumps(list(answers)))
    with _served(name, ["-m", "contract_tests.benchmarks.canned", str(file)], "/health") as server:
        yield server


@contextlib.contextmanager
def _served(name: str, command: Sequence[str], health: str) -> Iterator[Server]:
    port = free_port()
    process = launch([*command, "--port", str(port)])
    try:
        wait_until_answered(port, health, process)
        yield Server(name, port, process.pid)
    finally:
        end(process)
