"""Size: does a thread of a hundred thousand messages answer as soon as one of a thousand?"""

import contextlib
import sqlite3
from functools import partial
from pathlib import Path
from time import perf_counter

from httpx import Timeout

from contract_tests.benchmarks import material, searchable, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import THIS_VERSION, Server, Version, emulator

SMALL = 1_000


def scale(inputs: Material, large: int, *, rounds: int, times: int) -> list[Figure]:
    """Measure a page of messages and the look-up of a run through HTTP, in a large database and in a small one."""
    pages, runs = [], []
    with contextlib.ExitStack() as stack:
        for size in (large, SMALL):
            file = inputs.folder / f"size-{size}.sqlite"
            thread, run_ids = _fill(file, inputs.script, size)
            server = stack.enter_context(emulator(db=file, script=inputs.script))
            lookups = [wire.request("GET", f"{thread}/runs/{run_id}") for run_id in run_ids]
            pages.append(partial(_seconds, server, [wire.request("GET", f"{thread}/messages")], times))
            runs.append(partial(_seconds, server, lookups, times))
        page_times, run_times = in_turn(pages, rounds), in_turn(runs, rounds)
    page = f"page of 20, {large:,} messages over {SMALL:,}"
    run = f"run look-up, {large // 10:,} runs over {SMALL // 10:,}"
    return [
        compare(page, "µs", *page_times, aim="≤ 1.5", scale=1e6),
        compare(run, "µs", *run_times, aim="≤ 1.2", scale=1e6),
    ]


def first_search(inputs: Material, large: int, *, rounds: int) -> list[Figure]:
    """Measure the first search of a store through HTTP, in a store of many files and in a small one."""
    searches = []
    for size in (large, SMALL):
        file = inputs.folder / f"searchable-{size}.sqlite"
        searchable.fill(file, "vs_1", size)
        searches.append(partial(seconds_of_first_search, THIS_VERSION, file, size))
    what = f"first search, {large:,} files over {SMALL:,}"
    return [compare(what, "s", *in_turn(searches, rounds), aim="≤ 12")]


def seconds_of_first_search(version: Version, file: Path, size: int) -> float:
    """Return how long the first search takes after a start, in a store that `searchable.fill` has written."""
    with emulator(version, db=file) as server, material.client(server) as http:
        http.timeout = Timeout(600)
        begun = perf_counter()
        found = http.post("/v1/vector_stores/vs_1/search", json={"query": searchable.mark(size - 1)}).json()["data"]
        seconds = perf_counter() - begun
    if found[0]["filename"] != f"{size - 1}.txt":
        raise RuntimeError(f"the search found something else: {found[0]}")
    return seconds


def _seconds(server: Server, requests: list[bytes], times: int) -> float:
    """Return seconds per request over one connection."""
    return 1 / wire.run(wire.hammer(server.port, requests, times, 1))


def _fill(file: Path, script: Path, size: int) -> tuple[str, list[str]]:
    """Let a server make a conversation, then multiply it in its file; return its thread's path and some run ids."""
    with emulator(db=file, script=script) as server, material.client(server) as http:
        assistant = http.post("/v1/assistants", json=material.ASSISTANT).json()
        messages = [{"role": "user", "content": material.QUESTION}]
        thread = http.post("/v1/threads", json={"messages": messages}).json()["id"]
        path = f"/v1/threads/{thread}"
        run = http.post(f"{path}/runs", json={"assistant_id": assistant["id"]}).json()["id"]
        http.get(f"{path}/runs/{run}").raise_for_status()
        message = http.get(f"{path}/messages").json()["data"][0]["id"]
    with contextlib.closing(sqlite3.connect(file)) as connection:
        _multiply(connection, "messages", message, size)
        _multiply(connection, "runs", run, size // 10)
        connection.commit()
    run_ids = [f"run_{number:024}" for number in range(size // 10)]
    return path, run_ids[:: max(1, len(run_ids) // 500)]


def _multiply(connection: sqlite3.Connection, table: str, id: str, times: int) -> None:  # noqa: A002
    """Copy a row, with new ids in its column and in its document: those of the first have 24 zeros behind the prefix."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "seq"]
    new = f"'{id.partition('_')[0]}_' || printf('%024d', number)"
    values = {"id": new, "doc": f"json_set(doc, '$.id', {new})"}
    connection.execute(
        f"WITH RECURSIVE numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers LIMIT {times})"
        f" INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {', '.join(values.get(column, column) for column in columns)} FROM {table}, numbers WHERE id = ?",
        (id,),
    )
