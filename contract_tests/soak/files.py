"""A vector store with many files: its list, its first search, and a search after one more file."""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from contract_tests.benchmarks import deletes, filling, material
from contract_tests.benchmarks.servers import emulator
from contract_tests.soak.report import Report
from contract_tests.soak.watch import watched

_PATIENCE = 300.0
# Of the first search over ten times as many files, over that of ten times less.
_MOST_RATIO = 12


def run(report: Report, folder: Path, sizes: Sequence[int]) -> None:
    """Search stores of so many files for the first time, each with a server of its own; the last one is the largest."""
    script = material.scenario(folder)
    times: dict[int, float] = {}
    for size in sizes:
        file = folder / f"files-{size}.sqlite"
        with emulator(db=file, script=script) as server, material.client(server) as http:
            store = deletes.make_store(http)
        filling.add_files(file, store, list(deletes.texts(size - 1)))
        with (
            watched(report, db=file, script=script, log=folder / "files.log") as server,
            material.client(server) as http,
        ):
            if size == sizes[-1]:
                _list(report, http, store, size)
            try:
                times[size] = _search(report, http, store, f"first search over {size:,} files", size - 2)
            except httpx.ReadTimeout:
                report.figure(f"first search over {size:,} files: not over after", _PATIENCE, "s", 0)
                break
            _search(report, http, store, f"next search over {size:,} files", size // 2)
            if size == sizes[-1]:
                _search_one_more(report, http, store)
                _take_apart(report, http, store)
    for before, size in itertools.pairwise(times):
        aim = _MOST_RATIO * size / before / 10
        report.figure(f"first search: {size:,} files over {before:,}", times[size] / times[before], "times", aim)
    report.first_search = ", ".join(
        f"{size:,} files {times[size]:.2f} s" if size in times else f"{size:,} files not measured" for size in sizes
    )


def _list(report: Report, http: httpx.Client, store: str, size: int) -> None:
    """Walk through the whole list of a store, and measure its pages."""
    seen, slowest, after = set[str](), 0.0, ""
    while True:
        started = time.perf_counter()
        page = http.get(f"/v1/vector_stores/{store}/files?limit=100{after}").raise_for_status().json()
        slowest = max(slowest, time.perf_counter() - started)
        seen |= {one["id"] for one in page["data"]}
        if not page["has_more"]:
            break
        after = f"&after={page['last_id']}"
    report.figure(f"a page of 100 of {size:,} files in a store, the slowest", slowest * 1e3, "ms")
    report.count("lost", abs(size - len(seen)), f"{size} files, listed {len(seen)}")
    started = time.perf_counter()
    http.get("/v1/files?limit=100").raise_for_status()
    report.figure(f"a page of 100 of {size:,} files", (time.perf_counter() - started) * 1e3, "ms")


def _search(report: Report, http: httpx.Client, store: str, what: str, number: int) -> float:
    """Search for a word that one file has, and report how long it took."""
    started = time.perf_counter()
    body = {"query": f"lighthouse{number}", "max_num_results": 3}
    found = (
        http.post(f"/v1/vector_stores/{store}/search", json=body, timeout=_PATIENCE).raise_for_status().json()["data"]
    )
    took = time.perf_counter() - started
    report.figure(what, took, "s")
    text = found[0]["content"][0]["text"] if found else ""
    report.count("lost", f"lighthouse{number}" not in text, f"the file of lighthouse{number} was not found")
    return took


def _search_one_more(report: Report, http: httpx.Client, store: str) -> None:
    upload = {"file": ("new.txt", b"A report about lighthouse999999.", "text/plain")}
    file = http.post("/v1/files", files=upload, data={"purpose": "assistants"}).raise_for_status().json()["id"]
    http.post(f"/v1/vector_stores/{store}/files", json={"file_id": file}).raise_for_status()
    _search(report, http, store, "search after one more file", 999_999)


def _take_apart(report: Report, http: httpx.Client, store: str) -> None:
    """Delete one of the files, and then the store."""
    file = http.get(f"/v1/vector_stores/{store}/files?limit=1").raise_for_status().json()["data"][0]["id"]
    started = time.perf_counter()
    http.delete(f"/v1/files/{file}").raise_for_status()
    report.figure("delete of a file that the store has", (time.perf_counter() - started) * 1e3, "ms")
    started = time.perf_counter()
    http.delete(f"/v1/vector_stores/{store}").raise_for_status()
    report.figure("delete of the store", (time.perf_counter() - started) * 1e3, "ms")
    is_there = http.get(f"/v1/vector_stores/{store}/files").status_code != 404
    report.count("doubled", is_there, "a deleted store is there")
