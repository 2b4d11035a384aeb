"""Deletes of much data: how soon they are answered, when their work is over, and how long others wait meanwhile."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from contract_tests.benchmarks import filling, material
from contract_tests.benchmarks.figures import Figure
from contract_tests.benchmarks.lateness import watched
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server, emulator

# Seconds that a server has to be quiet, and what it may run meanwhile: it is asked for its health.
_QUIET = 1.5
_MOST_USED = 0.04


@dataclass(frozen=True, slots=True)
class Delete:
    """What came of one delete. seconds: until its answer; until_quiet: until its work is over. sizes: MB of the files."""

    seconds: float
    until_quiet: float
    longest: float
    sizes: tuple[float, float]


def deletes(inputs: Material, large: int) -> list[Figure]:
    """Delete a namespace, a thread and a vector store, and reset a namespace; large: messages of the greatest."""
    fill: dict[str, Callable[[Path], tuple[str, str]]] = {
        f"namespace of {large:,} messages": lambda file: _namespace(file, large),
        f"reset of {large // 10:,} conversations": lambda file: _conversations(file, large // 10),
        f"thread of {large // 2:,} messages": lambda file: _thread(file, large // 2),
        f"vector store of {large // 20:,} files": lambda file: _store(file, inputs.script, large // 20),
    }
    figures = []
    for number, (what, prepare) in enumerate(fill.items()):
        file = inputs.folder / f"delete-{number}.sqlite"
        filling.begin(file, inputs.script)
        method, path = prepare(file)
        with emulator(db=file, script=inputs.script) as server:
            found = delete(server, method, path, file)
        figures += [
            Figure(f"{what}: until the answer", "ms", found.seconds * 1e3),
            Figure(f"{what}: until all is gone", "s", found.until_quiet),
            Figure(f"{what}: longest wait of others", "ms", found.longest * 1e3, aim="≤ 50 ms"),
            Figure(f"{what}: file before", "MB", found.sizes[0]),
            Figure(f"{what}: file after", "MB", found.sizes[1]),
        ]
    return [*figures, *_small(inputs, large // 200)]


def delete(server: Server, method: str, path: str, file: Path | None = None) -> Delete:
    """Send a request that deletes much, and wait until the server has nothing left to do."""
    with material.client(server) as http:
        http.get("/_emulator/ns").raise_for_status()
        before = size_of(file)
        with watched(server.port, server.pid) as seen:
            time.sleep(0.3)  # so that it is asked when the delete begins
            started = time.perf_counter()
            http.request(method, path, timeout=600).raise_for_status()
            answered = time.perf_counter()
            until = wait_until_quiet(server)
        return Delete(answered - started, until - started, seen.longest, (before, size_of(file)))


def size_of(file: Path | None) -> float:
    """Return the megabytes of a database and what lies beside it."""
    if file is None:
        return 0.0
    sizes = [one.stat().st_size for one in file.parent.glob(f"{file.name}*") if one.is_file()]
    return sum(sizes) / 1e6


def wait_until_quiet(server: Server) -> float:
    """Wait until the server has hardly run for a while; return when that began."""
    since, used = time.perf_counter(), server.processor_time() or 0.0
    while time.perf_counter() - since < _QUIET:
        time.sleep(0.05)
        if (now := server.processor_time() or 0.0) - used > _MOST_USED:
            since, used = time.perf_counter(), now
    return since


def _namespace(file: Path, size: int) -> tuple[str, str]:
    filling.add_messages(file, size)
    return "DELETE", "/_emulator/ns/default"


def _conversations(file: Path, size: int) -> tuple[str, str]:
    filling.add_conversations(file, size)
    return "POST", "/_emulator/ns/default/reset"


def _thread(file: Path, size: int) -> tuple[str, str]:
    return "DELETE", filling.add_messages(file, size)


def _store(file: Path, script: Path, size: int) -> tuple[str, str]:
    with emulator(db=file, script=script) as server, material.client(server) as http:
        store_id = make_store(http)
    filling.add_files(file, store_id, list(texts(size)))
    return "DELETE", f"/v1/vector_stores/{store_id}"


def make_store(http: httpx.Client) -> str:
    """Make a vector store with one file that has been read."""
    upload = {"file": ("berths.txt", b"A berth for each of the ships.", "text/plain")}
    file = http.post("/v1/files", files=upload, data={"purpose": "assistants"}).raise_for_status().json()["id"]
    store: str = http.post("/v1/vector_stores", json={"file_ids": [file]}).raise_for_status().json()["id"]
    if http.get(f"/v1/vector_stores/{store}").json()["file_counts"]["completed"] != 1:
        raise RuntimeError("the file of the store was not read")
    return store


def texts(size: int) -> Iterator[str]:
    """Yield texts of some kilobytes, each with words of its own."""
    for number in range(size):
        words = (f"word{(number * 31 + place * 7) % 5_000}" for place in range(300))
        yield f"Report {number} about lighthouse{number}. {' '.join(words)}"


def _small(inputs: Material, count: int) -> list[Figure]:
    file = inputs.folder / "small.sqlite"
    filling.begin(file, inputs.script)
    names = filling.add_namespaces(file, count)
    with emulator(db=file, script=inputs.script) as server, material.client(server) as http:
        http.get("/_emulator/ns/default").raise_for_status()
        times = []
        with watched(server.port, server.pid) as seen:
            for name in names:
                started = time.perf_counter()
                http.delete(f"/_emulator/ns/{name}").raise_for_status()
                times.append(time.perf_counter() - started)
    what = f"one of {count:,} namespaces with a conversation"
    return [
        Figure(f"{what}: median", "ms", sorted(times)[count // 2] * 1e3, aim="≤ 5 ms"),
        Figure(f"{what}: longest", "ms", max(times) * 1e3),
        Figure(f"{what}: longest wait of others", "ms", seen.longest * 1e3, aim="≤ 50 ms"),
    ]
