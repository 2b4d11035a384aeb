"""How late a server answers `/_emulator/health` while it does something else, asked by a process of its own.

``python -m contract_tests.benchmarks.lateness PORT [PID|FILE]`` asks until its input ends, and prints what it has seen as
JSON. The time in which this process, or that of the server, was ready to go on and had no processor does not count: it
says how busy the machine is.
"""

import contextlib
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from contract_tests.benchmarks.servers import ROOT, environment

EVERY = 0.02
_PATIENCE = 120.0
_REQUEST = b"GET /_emulator/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(slots=True)
class Lateness:
    """What was seen, in seconds. longest: for one answer. own: the most that the asking process itself was late."""

    longest: float = 0.0
    own: float = 0.0
    asked: int = 0
    unanswered: int = 0


@contextlib.contextmanager
def watched(port: int, pid: int | Path | None = None) -> Iterator[Lateness]:
    """Ask a server all the while; what was seen is known at the end. It may be away for a time.

    pid: of the server; or a file with it, where one server follows the other.
    """
    seen = Lateness()
    command = [sys.executable, "-m", __name__, str(port), *([str(pid)] if pid is not None else [])]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield seen
        finally:
            output, _ = process.communicate()
            for name, value in json.loads(output).items():
                setattr(seen, name, value)


def _watch(port: int, pids: Sequence[str]) -> Lateness:
    seen, connection = Lateness(), None
    due = time.perf_counter()
    while not select.select([sys.stdin], [], [], max(0.0, due - time.perf_counter()))[0]:
        seen.own = max(seen.own, time.perf_counter() - due)
        try:
            if connection is None:  # the first answer of a server that is just starting says how long that takes
                connection = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
                _ask(connection, pids)
            seen.longest = max(seen.longest, _ask(connection, pids))
            seen.asked += 1
        except OSError:  # between two servers there is none
            seen.unanswered += 1
            if connection is not None:
                connection.close()
                connection = None
        due = max(due + EVERY, time.perf_counter())
    return seen


def _ask(connection: socket.socket, pids: Sequence[str]) -> float:
    """Return how long an answer took, less what the processes had to wait for a processor."""
    waited, started = _waited(pids), time.perf_counter()
    connection.sendall(_REQUEST)
    if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
        raise ConnectionError("no answer")
    return time.perf_counter() - started - (_waited(pids) - waited)


def _waited(pids: Sequence[str]) -> float:
    """Return how long processes have waited for a processor so far; 0 where the system does not count it."""
    try:
        found = [Path(pid).read_text() if "/" in pid else pid for pid in pids]
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) for pid in found) / 1e9
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    print(json.dumps(asdict(_watch(int(sys.argv[1]), ["self", *sys.argv[2:]]))))
