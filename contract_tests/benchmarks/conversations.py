"""Whole conversations: the real client's one by one, hundreds at once, and thousands for the memory."""

import asyncio
import contextlib
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import openai

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, alone, compare
from contract_tests.benchmarks.servers import Server, canned, emulator

_BLOCK = 10
_CONNECTIONS = 64


def converse(client: openai.OpenAI) -> float:
    """Hold a conversation of seven requests; return how many seconds it took."""
    started = time.perf_counter()
    beta = client.beta
    assistant = beta.assistants.create(**material.ASSISTANT)
    thread = beta.threads.create()
    beta.threads.messages.create(thread.id, role="user", content=material.QUESTION)
    run = beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    steps = beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    newest = beta.threads.messages.list(thread.id).data[0]
    seconds = time.perf_counter() - started
    if run.status != "completed" or not steps.data or newest.role != "assistant":
        raise RuntimeError(f"the conversation went wrong: {run.status}, {newest.role}")
    return seconds


def real_client(folder: Path, script: Path, answers: Sequence[dict[str, Any]], rounds: int) -> list[Figure]:
    """Measure the real client against a file, against memory, and against canned bytes."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DeprecationWarning)
        servers = [
            stack.enter_context(canned("canned conversation", answers, folder)),
            stack.enter_context(emulator("file", db=folder / "talk.sqlite", script=script)),
            stack.enter_context(emulator("memory", script=script)),
        ]
        clients = [stack.enter_context(_client(server)) for server in servers]
        for client in clients * 5:
            converse(client)
        times: list[list[float]] = [[], [], []]
        before = [server.cpu() for server in servers]
        for turn in range(rounds):
            for place in range(3):
                one = (turn + place) % 3
                times[one].append(converse(clients[one]))
        worked = [_since(start, server.cpu()) / rounds for start, server in zip(before, servers, strict=True)]
    baseline, file, memory = times
    return [
        compare("conversation, SQLite file", "ms", file, baseline, aim="≤ 1.25 (binding 1.5)", block=_BLOCK, scale=1e3),
        compare("conversation, in memory", "ms", memory, baseline, aim="≤ 1.25", block=_BLOCK, scale=1e3),
        *(
            [compare("  processor time of the server, file", "ms", worked[1:2], worked[:1], scale=1e3)]
            if worked[0]
            else []
        ),
    ]


def _since(before: float | None, now: float | None) -> float:
    return 0.0 if before is None or now is None else now - before


def _client(server: Server) -> openai.OpenAI:
    transport = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=transport, max_retries=0)


def at_once(
    folder: Path, script: Path, answers: Sequence[dict[str, Any]], *, conversations: int = 500, rounds: int = 3
) -> list[Figure]:
    """Hold many conversations at once, over a bounded number of connections."""
    ours, other, errors = [], [], 0
    with (
        emulator("file", db=folder / "crowd.sqlite", script=script) as server,
        canned("canned crowd", answers, folder) as baseline,
    ):
        for _ in range(rounds):
            other.append(asyncio.run(_crowd(baseline, conversations))[0])
            seconds, failed = asyncio.run(_crowd(server, conversations))
            ours.append(seconds)
            errors += failed
    return [
        compare(f"{conversations} conversations at once", "s", ours, other),
        Figure(f"  errors in {rounds} times {conversations}", "", errors, aim="0"),
    ]


async def _crowd(server: Server, conversations: int) -> tuple[float, int]:
    headers = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    async with httpx.AsyncClient(
        base_url=server.base_url, headers=headers, limits=limits, timeout=120, trust_env=False
    ) as http:
        # The client's own queue is searched at each request, which costs more with each that waits.
        gate = asyncio.Semaphore(_CONNECTIONS)
        started = time.perf_counter()
        ends = await asyncio.gather(*(_talk(http, gate) for _ in range(conversations)), return_exceptions=True)
        return time.perf_counter() - started, sum(end is not True for end in ends)


async def _talk(http: httpx.AsyncClient, gate: asyncio.Semaphore) -> bool:
    async def ask(method: str, path: str, body: Any = None) -> Any:
        async with gate:
            return (await http.request(method, path, json=body)).raise_for_status().json()

    assistant = await ask("POST", "/assistants", material.ASSISTANT)
    thread = f"/threads/{(await ask('POST', '/threads', {}))['id']}"
    await ask("POST", f"{thread}/messages", {"role": "user", "content": material.QUESTION})
    run = await ask("POST", f"{thread}/runs", {"assistant_id": assistant["id"]})
    run = await ask("GET", f"{thread}/runs/{run['id']}")
    steps = await ask("GET", f"{thread}/runs/{run['id']}/steps")
    page = await ask("GET", f"{thread}/messages")
    return run["status"] == "completed" and len(steps["data"]) == 1 and len(page["data"]) == 2


def memory(folder: Path, script: Path, conversations: int) -> list[Figure]:
    """Hold a few thousand conversations and look how the process grows."""
    batch = conversations // 8
    figures = []
    for name, db in (("SQLite file", folder / "grow.sqlite"), ("in memory", None)):
        with emulator("grow", db=db, script=script) as server:
            sizes = []
            for _ in range(8):
                wire.run(_quick_talks(server, batch))
                sizes.append(server.memory())
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes):
            figures.append(
                compare(
                    f"memory after {conversations}, {name}, over {batch}",
                    "MB",
                    [known[-1]],
                    [known[0]],
                    aim="flat" if db else "",
                )
            )
    return figures


async def _quick_talks(server: Server, conversations: int) -> None:
    connections = [await wire.Connection.open(server.port) for _ in range(16)]

    async def some(connection: wire.Connection, count: int) -> None:
        for _ in range(count):
            assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
            thread = f"/v1/threads/{(await connection.call('POST', '/v1/threads', {}))['id']}"
            await connection.call("POST", f"{thread}/messages", {"role": "user", "content": material.QUESTION})
            run = await connection.call("POST", f"{thread}/runs", {"assistant_id": assistant["id"]})
            await connection.call("GET", f"{thread}/runs/{run['id']}")
            await connection.call("GET", f"{thread}/messages")

    await asyncio.gather(*(some(connection, conversations // 16) for connection in connections))
    for connection in connections:
        connection.close()


def reset(script: Path, folder: Path, rounds: int) -> list[Figure]:
    """Reset a namespace that holds some conversations."""
    times = []
    with (
        emulator("reset", db=folder / "reset.sqlite", script=script) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        for _ in range(rounds):
            wire.run(_quick_talks(server, 32))
            started = time.perf_counter()
            http.post("/_emulator/ns/default/reset").raise_for_status()
            times.append(time.perf_counter() - started)
    return [alone("reset of a namespace with 32 conversations", "ms", times, aim="≤ 10 ms", scale=1e3)]
