"""Size: does a thread of a hundred thousand messages answer as soon as one of a thousand?"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare
from contract_tests.benchmarks.servers import Server, emulator
from emulator.store.database import open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.tables import Message, Run

SMALL = 1_000
_AT_ONCE = 10_000


def scale(folder: Path, script: Path, large: int, *, rounds: int, times: int) -> list[Figure]:
    """Measure a page of messages and the look-up of a run through HTTP, in a small database and in a large one."""
    files = {size: folder / f"size-{size}.sqlite" for size in (SMALL, large)}
    paths = {size: _fill(file, script, size) for size, file in files.items()}
    pages: dict[int, list[float]] = {size: [] for size in files}
    runs: dict[int, list[float]] = {size: [] for size in files}
    with contextlib.ExitStack() as stack:
        servers = {s: stack.enter_context(emulator(f"{s}", db=file, script=script)) for s, file in files.items()}
        for _ in range(rounds):
            for size, server in servers.items():
                thread, run_ids = paths[size]
                page = wire.request("GET", f"{thread}/messages")
                spread = [wire.request("GET", f"{thread}/runs/{run_id}") for run_id in run_ids]
                # Seconds per request, so that more is slower as in the other figures.
                pages[size].append(1 / _rate(server, [page], times))
                runs[size].append(1 / _rate(server, spread, times))
    return [
        compare(
            f"page of 20, {large:,} messages over {SMALL:,}", "µs", pages[large], pages[SMALL], aim="≤ 1.5", scale=1e6
        ),
        compare(
            f"run look-up, {large // 10:,} runs over {SMALL // 10:,}",
            "µs",
            runs[large],
            runs[SMALL],
            aim="≤ 1.2",
            scale=1e6,
        ),
    ]


def _rate(server: Server, requests: list[bytes], times: int) -> float:
    return wire.run(wire.hammer(server.port, requests, times, 1))


def _fill(file: Path, script: Path, size: int) -> tuple[str, list[str]]:
    """Let a server make a conversation, then multiply it in the store; return its thread's path and some run ids."""
    with emulator("fill", db=file, script=script) as server, material.client(server) as http:
        assistant = http.post("/assistants", json=material.ASSISTANT).json()
        thread = http.post("/threads", json={"messages": [{"role": "user", "content": material.QUESTION}]}).json()["id"]
        run = http.post(f"/threads/{thread}/runs", json={"assistant_id": assistant["id"]}).json()
        run = http.get(f"/threads/{thread}/runs/{run['id']}").json()
        message = http.get(f"/threads/{thread}/messages").json()["data"][0]
    documents = Documents(open_database(file), Journal())
    kept_run, kept_message = (
        documents.find(model, ns="default", id=made["id"]) for model, made in ((Run, run), (Message, message))
    )
    assert kept_run
    assert kept_message
    run_ids = [f"run_{number:024}" for number in range(size // 10)]
    for numbers in _blocks(size):
        unit = documents.unit("default")
        for number in numbers:
            new = f"msg_{number:024}"
            doc = {**kept_message["doc"], "id": new}
            unit.insert(Message, new, id=new, thread_id=thread, run_id=run["id"], doc=doc)
            if number < len(run_ids):
                new = run_ids[number]
                columns = {"status": "completed", "view": kept_run["view"], "play": kept_run["play"]}
                unit.insert(Run, new, id=new, thread_id=thread, doc={**kept_run["doc"], "id": new}, **columns)
        unit.commit()
    documents.connection.close()
    documents.connection.engine.dispose()
    return f"/v1/threads/{thread}", run_ids[:: max(1, len(run_ids) // 500)]


def _blocks(size: int) -> Iterable[range]:
    return (range(start, min(start + _AT_ONCE, size)) for start in range(0, size, _AT_ONCE))
