"""Many streams at once, each whole and as polling shows it, and readers that are slow."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from contract_tests.benchmarks import material, slow_readers, wire
from contract_tests.benchmarks.servers import Server
from contract_tests.properties.namespaces import complete_events
from contract_tests.soak.report import Report
from contract_tests.soak.watch import watched

# A run that is streamed goes through these, each once and in this order.
_STATUSES = ["created", "queued", "in_progress", "completed"]


def run(report: Report, folder: Path, *, crowd: int, readers: int, words: int, seconds: int) -> None:
    """Read so many streams at once, then let some readers be slow for some seconds with streams of so many words."""
    script = material.scenario(folder)
    with watched(report, db=folder / "streams.sqlite", script=script, log=folder / "streams.log") as server:
        wire.run(_crowd(report, server, crowd))
    script = slow_readers.scenario(folder, words)
    with watched(report, db=folder / "slow.sqlite", script=script, log=folder / "slow.log") as server:
        before, *_, reading, after = wire.run(slow_readers.measure(server, readers, seconds))
    if before is not None and reading is not None and after is not None:
        what = f"{readers} slow readers of {words:,} deltas each: memory"
        report.figure(f"{what} over that before", reading - before, "MB", 60)
        report.figure(f"{what} that is not given back", after - before, "MB", 60)


async def _crowd(report: Report, server: Server, size: int) -> None:
    connections = [await wire.Connection.open(server.port) for _ in range(size)]
    prepared = await asyncio.gather(*map(_prepare, connections))
    started = time.perf_counter()
    texts = await asyncio.gather(*(_read(c, r) for c, (_, r) in zip(connections, prepared, strict=True)))
    report.figure(f"{size} streams at once, to the end of the last", time.perf_counter() - started, "s")
    wrong = []
    for connection, (thread, _), text in zip(connections, prepared, texts, strict=True):
        wrong += await _compare(connection, thread, text)
        connection.close()
    report.figure("streams with an event lost, out of order, or not as polled", len(wrong), most=0)
    report.count("lost", len(wrong), "; ".join(wrong[:5]))


async def _prepare(connection: wire.Connection) -> tuple[str, bytes]:
    """Return a thread's path, and the request of a streamed run on it."""
    assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
    messages = [{"role": "user", "content": material.AT_LENGTH}]
    thread = f"/v1/threads/{(await connection.call('POST', '/v1/threads', {'messages': messages}))['id']}"
    body = {"assistant_id": assistant["id"], "stream": True}
    return thread, wire.request("POST", f"{thread}/runs", body)


async def _read(connection: wire.Connection, request: bytes) -> str:
    return b"".join([piece async for piece in connection.stream(request)]).decode()


async def _compare(connection: wire.Connection, thread: str, text: str) -> list[str]:
    """Return what is wrong with a stream."""
    events = complete_events(text)
    if not events or events[-1][0] != "done" or text.count("event: ") != len(events):
        return [f"{thread}: the stream has no end, or half an event"]
    shown: list[tuple[str, Any]] = events[:-1]
    statuses = [name.removeprefix("thread.run.") for name, data in shown if data["object"] == "thread.run"]
    deltas = "".join(
        part["text"]["value"]
        for name, data in shown
        if name == "thread.message.delta"
        for part in data["delta"]["content"]
    )
    run = next(data for name, data in reversed(shown) if data["object"] == "thread.run")
    polled = await connection.call("GET", f"{thread}/runs/{run['id']}")
    (message,) = (await connection.call("GET", f"{thread}/messages?limit=1"))["data"]
    whole = message["content"][0]["text"]["value"]
    streamed = next(data for name, data in shown if name == "thread.message.completed")
    found = {
        "statuses": statuses == _STATUSES,
        "deltas": deltas == whole,
        "message": streamed["content"][0]["text"]["value"] == whole and streamed["id"] == message["id"],
        "run": {k: json.dumps(run[k]) for k in ("status", "usage")}
        == {k: json.dumps(polled[k]) for k in ("status", "usage")},
    }
    return [f"{thread}: {what}" for what, is_right in found.items() if not is_right]
