"""Files that are much work: how long does another client wait meanwhile, and how much memory does it take?

``python -m contract_tests.benchmarks.slow_files [--beside DIR] [WORD …]``: beside each file, another client asks for
the health of the server over and over, and writes messages. WORD: only files with that word in their title.
"""

import argparse
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from contract_tests.benchmarks import bombs, material
from contract_tests.benchmarks.options import add_beside
from contract_tests.benchmarks.servers import THIS_VERSION, Server, Version, emulator


@dataclass
class Beside:
    """What another client saw: seconds of its requests; megabytes of the server, and of it with its children."""

    health: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    server: float = 0
    whole: float = 0


@contextmanager
def another_client(server: Server) -> Iterator[Beside]:
    seen, is_over = Beside(), threading.Event()

    def ask() -> None:
        with material.client(server) as http:
            thread = f"/v1/threads/{http.post('/v1/threads', json={}).json()['id']}/messages"
            while not is_over.wait(0.005):
                for series, request in (
                    (seen.health, lambda: http.get("/_emulator/health")),
                    (seen.writes, lambda: http.post(thread, json={"role": "user", "content": "x"})),
                ):
                    begun = time.perf_counter()
                    request()
                    series.append(time.perf_counter() - begun)
                seen.server = max(seen.server, _memory(server.pid))
                seen.whole = max(seen.whole, sum(map(_memory, [server.pid, *_children(server.pid)])))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield seen
    finally:
        is_over.set()
        asking.join()


def measure(version: Version, name: str, data: bytes) -> tuple[Beside, str]:
    """Upload a file, let it be read, and search it; return what went on meanwhile, and what became of the file."""
    with emulator(version) as server, material.client(server) as http, another_client(server) as seen:
        http.timeout = httpx.Timeout(600)
        begun = time.perf_counter()
        file = http.post("/v1/files", files={"file": (name, data)}, data={"purpose": "assistants"}).json()["id"]
        store = http.post("/v1/vector_stores", json={"file_ids": [file]}).json()["id"]
        (read,) = http.get(f"/v1/vector_stores/{store}/files").json()["data"]
        between = time.perf_counter()
        http.post(f"/v1/vector_stores/{store}/search", json={"query": "alpha beta"}).raise_for_status()
        searched = time.perf_counter() - between
    return seen, f"{read['status']}, read {between - begun:.1f} s, first search {searched:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks.slow_files", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD")
    add_beside(parser)
    arguments = parser.parse_args()
    print("longest wait of health / of a write; peak memory of the server / with its children")
    for title, name, data in bombs.named(arguments.words):
        for version in (THIS_VERSION, arguments.beside):
            if version is not None:
                seen, outcome = measure(version, name, data)
                print(
                    f"  {title:30} {version.describe():22} {max(seen.health) * 1e3:7.0f} / {max(seen.writes) * 1e3:7.0f} ms"
                    f"  {seen.server:5.0f} / {seen.whole:5.0f} MB  {outcome}",
                    flush=True,
                )


def _memory(pid: int) -> float:
    """Return the largest size of a process so far, in megabytes; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
        ]
    except OSError:
        return []


if __name__ == "__main__":
    main()
