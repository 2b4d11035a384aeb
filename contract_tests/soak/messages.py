"""Many messages in a namespace: pages, and deletes of threads, of the namespace, and a reset."""

import time
from pathlib import Path

import httpx

from contract_tests.benchmarks import deletes, filling, material
from contract_tests.soak.report import Report
from contract_tests.soak.watch import watched

_PAGES = 200
_NS = "/_emulator/ns/default"


def run(report: Report, folder: Path, size: int) -> None:
    """Read pages of a thread of so many messages, delete it, and delete and reset namespaces of as many."""
    script = material.scenario(folder)
    for what in ("thread", "namespace", "reset"):
        file = folder / f"{what}.sqlite"
        filling.begin(file, script)
        if what == "reset":
            filling.add_conversations(file, size // 10)
        thread = filling.add_messages(file, size)
        method, path = {"thread": ("DELETE", thread), "namespace": ("DELETE", _NS)}.get(what, ("POST", f"{_NS}/reset"))
        with (
            watched(report, db=file, script=script, log=folder / "messages.log") as server,
            material.client(server) as http,
        ):
            http.get("/_emulator/ns").raise_for_status()  # at its first request the control API is imported
            if what == "thread":
                _pages(report, http, thread, size)
            about, before, started = f"{what} of {size:,} messages", deletes.size_of(file), time.perf_counter()
            http.request(method, path, timeout=600).raise_for_status()
            report.figure(f"{about}: until the answer", (time.perf_counter() - started) * 1e3, "ms")
            report.count("doubled", http.get(thread).status_code != 404, f"{thread} is there")
            http.post("/v1/threads", json={}).raise_for_status()
            report.figure(f"{about}: until its rows are gone", deletes.wait_until_quiet(server) - started, "s")
            after = deletes.size_of(file)
            report.figure(f"{about}: file of {before:.0f} MB afterwards", after, "MB", max(25, before / 2))


def _pages(report: Report, http: httpx.Client, thread: str, size: int) -> None:
    seen, times, after = set[str](), list[float](), ""
    for _ in range(_PAGES):
        started = time.perf_counter()
        page = http.get(f"{thread}/messages?limit=100&order=asc{after}").raise_for_status().json()
        times.append(time.perf_counter() - started)
        seen |= {one["id"] for one in page["data"]}
        if not page["has_more"]:
            break
        after = f"&after={page['last_id']}"
    report.figure(f"a page of 100 of {size:,} messages, median", sorted(times)[len(times) // 2] * 1e3, "ms")
    expected = min(size + 2, 100 * _PAGES)
    report.count("lost", abs(expected - len(seen)), f"{expected} messages, listed {len(seen)}")
