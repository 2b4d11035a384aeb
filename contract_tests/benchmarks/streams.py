"""Streams: how soon the first event comes, alone and among many, and how fast the rest follows."""

import asyncio
import contextlib
import statistics
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openai

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare
from contract_tests.benchmarks.servers import Server, canned, emulator

_EVENT = b"event: "


def streams(folder: Path, script: Path, answers: Sequence[dict[str, Any]], *, rounds: int, crowd: int) -> list[Figure]:
    """Measure a stream of a thousand deltas on a file, against the same bytes from a canned server."""
    with (
        emulator("file", db=folder / "streams.sqlite", script=script) as server,
        canned("canned stream", answers, folder) as baseline,
    ):
        return [
            *wire.run(_raw(server, baseline, rounds)),
            *_real(server, baseline, rounds),
            *wire.run(_many(server, baseline, crowd)),
        ]


# --- one at a time --------------------------------------------------------------------------------------------------


async def _raw(server: Server, baseline: Server, rounds: int) -> list[Figure]:
    ours = [await _one(server), await _one(server)]
    other = [await _one(baseline), await _one(baseline)]
    ours.clear()
    other.clear()
    for _ in range(rounds):
        other.append(await _one(baseline))
        ours.append(await _one(server))
    firsts, rates = ([one[i] for one in ours] for i in (0, 1))
    other_firsts, other_rates = ([one[i] for one in other] for i in (0, 1))
    return [
        compare("first event of one stream", "ms", firsts, other_firsts, scale=1e3),
        compare(f"{material.DELTAS} deltas, raw reader", "events/s", rates, other_rates),
    ]


async def _one(server: Server) -> tuple[float, float]:
    """Return seconds to the first event, and events per second of the whole."""
    connection = await wire.Connection.open(server.port)
    try:
        return await _read(connection, await _prepare(connection))
    finally:
        connection.close()


async def _prepare(connection: wire.Connection) -> bytes:
    """Return the request of a stream on a thread of its own."""
    assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
    messages = [{"role": "user", "content": material.AT_LENGTH}]
    thread = await connection.call("POST", "/v1/threads", {"messages": messages})
    body = {"assistant_id": assistant["id"], "stream": True}
    return wire.request("POST", f"/v1/threads/{thread['id']}/runs", body)


async def _read(connection: wire.Connection, request: bytes) -> tuple[float, float]:
    started, first, events = time.perf_counter(), 0.0, 0
    async for piece in connection.stream(request):
        first = first or time.perf_counter() - started
        events += piece.count(_EVENT)
    if events < material.DELTAS:
        raise RuntimeError(f"only {events} events")
    return first, events / (time.perf_counter() - started)


# --- the real client --------------------------------------------------------------------------------------------------


def _real(server: Server, baseline: Server, rounds: int) -> list[Figure]:
    ours, other = [], []
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DeprecationWarning)
        clients = [stack.enter_context(_client(one)) for one in (server, baseline)]
        for client in clients:
            _listen(client)
        for _ in range(rounds):
            other.append(_listen(clients[1]))
            ours.append(_listen(clients[0]))
    return [compare(f"{material.DELTAS} deltas, real client", "events/s", ours, other, aim="≥ 0.95")]


def _client(server: Server) -> openai.OpenAI:
    transport = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=transport, max_retries=0)


def _listen(client: openai.OpenAI) -> float:
    """Return events per second, from the request on."""
    assistant = client.beta.assistants.create(**material.ASSISTANT)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": material.AT_LENGTH}])
    started = time.perf_counter()
    events = sum(1 for _ in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    return events / (time.perf_counter() - started)


# --- many at once -----------------------------------------------------------------------------------------------------


async def _many(server: Server, baseline: Server, crowd: int) -> list[Figure]:
    alone = [(await _one(server))[0] for _ in range(10)]
    name = f"first event among {crowd} streams, over one alone"
    firsts, seconds = await _crowd(server, crowd)
    _, other = await _crowd(baseline, crowd)
    return [
        compare(name, "ms", [statistics.median(firsts)], [statistics.median(alone)], aim="≤ 20", scale=1e3),
        compare(f"{crowd} streams at once, to the end of the last", "s", [seconds], [other]),
    ]


async def _crowd(server: Server, crowd: int) -> tuple[list[float], float]:
    connections = [await wire.Connection.open(server.port) for _ in range(crowd)]
    requests = [await _prepare(connection) for connection in connections]
    started = time.perf_counter()
    read = await asyncio.gather(*(_read(c, r) for c, r in zip(connections, requests, strict=True)))
    seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return [first for first, _ in read], seconds
