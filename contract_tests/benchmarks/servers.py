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
_NOT_INHERITED = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")


@dataclass(frozen=True, slots=True)
class Version:
    """A checkout of the emulator, and the interpreter of its own environment."""

    root: Path
    python: Path

    @classmethod
    def at(cls, root: Path) -> "Version":
        """Return the version in a folder; raise FileNotFoundError unless `make setup` was run there."""
        # Not resolved: an environment is found through the path of its interpreter.
        root = root.absolute()
        python = root / ".venv" / "bin" / "python"
        if not (root / "emulator").is_dir() or not python.exists():
            raise FileNotFoundError(f"{root} is no checkout with an environment: run `make -C {root} setup`")
        return cls(root, python)

    def launch(self, *arguments: str, log: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start its interpreter at the root of its checkout. log: a file to which its output is added."""
        with contextlib.ExitStack() as stack:
            output = subprocess.DEVNULL if log is None else stack.enter_context(log.open("ab"))
            return subprocess.Popen(
                [self.python, *arguments], cwd=self.root, env=environment(), stdout=output, stderr=output
            )

    def describe(self) -> str:
        """Return the commit that is checked out, or the folder's name."""
        commit = self._git("rev-parse", "--short", "HEAD")
        if commit is None:
            return self.root.name
        return commit if self._git("diff", "--quiet", "HEAD") is not None else f"{commit} with changes"

    def _git(self, *command: str) -> str | None:
        """Return what git prints, None if it fails. It only reads, and takes no lock on the index."""
        with contextlib.suppress(OSError):
            done = subprocess.run(
                ["git", "--no-optional-locks", "-C", str(self.root), *command],
                capture_output=True,
                text=True,
                check=False,
            )
            return None if done.returncode else done.stdout.strip()
        return None


THIS_VERSION = Version(ROOT, Path(sys.executable))


def environment() -> dict[str, str]:
    """Return an environment in which each version imports its own code, and caches bytecode as it does for a user."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def memory(self) -> float | None:
        """Return how many megabytes the process holds, None on systems without /proc."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return None
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found.group(1)) / 1024 if found else None

    def processor_time(self) -> float | None:
        """Return how many seconds its threads have run, None where the system does not count them.

        From /proc/PID/task/TID/schedstat, which counts nanoseconds where /proc/PID/stat counts hundredths of a second.
        """
        try:
            threads = [file.read_text() for file in Path(f"/proc/{self.pid}/task").glob("*/schedstat")]
        except OSError:
            return None
        return sum(int(thread.split()[0]) for thread in threads) / 1e9 if threads else None


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_for_200(port: int, request: bytes, process: "subprocess.Popen[bytes]") -> None:
    """Send a request as soon as the port is open, and return once it is answered with 200."""
    deadline = time.perf_counter() + _PATIENCE
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as sock:
            sock.sendall(request)
            if sock.recv(64).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.002)
    raise TimeoutError(f"no answer on port {port}")


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def emulator(
    version: Version = THIS_VERSION, *, db: Path | None = None, script: Path | None = None, log: Path | None = None
) -> Iterator[Server]:
    """Run a version of the emulator as a user starts it. db: a SQLite file; in memory without one."""
    command = ["-m", "emulator", "serve"]
    command += ["--db", str(db)] if db else []
    command += ["--script", str(script)] if script else []
    with _served(version, command, "/_emulator/health", log) as server:
        yield server


@contextlib.contextmanager
def canned(answers: Sequence[Mapping[str, Any]], file: Path) -> Iterator[Server]:
    """Run a server that only repeats these answers, which are handed over in ``file``."""
    file.write_text(json.dumps(list(answers)))
    with _served(THIS_VERSION, ["-m", "contract_tests.benchmarks.canned", str(file)], "/health") as server:
        yield server


@contextlib.contextmanager
def _served(version: Version, command: Sequence[str], health: str, log: Path | None = None) -> Iterator[Server]:
    port = free_port()
    process = version.launch(*command, "--port", str(port), log=log)
    try:
        request = f"GET {health} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        wait_for_200(port, request.encode(), process)
        yield Server(port, process.pid)
    finally:
        end(process)
