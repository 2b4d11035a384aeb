"""Streams: how soon the first event comes, alone and among many, and how fast the rest follows."""

import asyncio
import contextlib
import statistics
import time
import warnings
from collections.abc import Sequence
from functools import partial

import openai

from contract_tests.benchmarks import conversations, material, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server

_EVENT = b"event: "


def streams(inputs: Material, *, rounds: int, crowd: int, crowds: int) -> list[Figure]:
    """Measure streams of a thousand deltas on a file: one at a time, and ``crowds`` times many at once."""
    with inputs.servers("streams", inputs.stream) as servers:
        return [*_raw_reader(servers, rounds), *_official_client(servers, rounds), *_many(servers, crowd, crowds)]


# --- one at a time --------------------------------------------------------------------------------------------------


def _raw_reader(servers: Sequence[Server], rounds: int) -> list[Figure]:
    sides = [partial(_read_one, server) for server in servers]
    in_turn(sides, 2)
    measured = in_turn(sides, rounds)
    firsts, rates = ([[pair[i] for pair in series] for series in measured] for i in (0, 1))
    return [
        compare("first event of one stream", "ms", *firsts, scale=1e3),
        compare(f"{material.DELTAS} deltas, raw reader", "events/s", *rates),
    ]


def _read_one(server: Server) -> tuple[float, float]:
    return wire.run(_one(server))


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


# --- the official client --------------------------------------------------------------------------------------------


def _official_client(servers: Sequence[Server], rounds: int) -> list[Figure]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DeprecationWarning)
        sides = [partial(_listen, stack.enter_context(conversations.client(server))) for server in servers]
        in_turn(sides, 1)
        rates = in_turn(sides, rounds)
    return [compare(f"{material.DELTAS} deltas, official client", "events/s", *rates, aim="≥ 0.95")]


def _listen(client: openai.OpenAI) -> float:
    """Return events per second, from the request on."""
    assistant = client.beta.assistants.create(**material.ASSISTANT)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": material.AT_LENGTH}])
    started = time.perf_counter()
    events = sum(1 for _ in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    return events / (time.perf_counter() - started)


# --- many at once -----------------------------------------------------------------------------------------------------


def _many(servers: Sequence[Server], crowd: int, rounds: int) -> list[Figure]:
    measured = in_turn([partial(_read_many, server, crowd) for server in servers], rounds)
    firsts, seconds = ([[pair[i] for pair in series] for series in measured] for i in (0, 1))
    return [
        compare(f"first event among {crowd} streams", "ms", *firsts, scale=1e3),
        compare(f"{crowd} streams at once, to the end of the last", "s", *seconds, aim="≤ 12"),
    ]


def _read_many(server: Server, crowd: int) -> tuple[float, float]:
    return wire.run(_crowd(server, crowd))


async def _crowd(server: Server, crowd: int) -> tuple[float, float]:
    """Return seconds to the first event (the median of all streams), and to the end of the last stream."""
    connections = [await wire.Connection.open(server.port) for _ in range(crowd)]
    requests = [await _prepare(connection) for connection in connections]
    started = time.perf_counter()
    read = await asyncio.gather(*(_read(c, r) for c, r in zip(connections, requests, strict=True)))
    seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return statistics.median(first for first, _ in read), seconds
