"""Whole conversations: the official client's one by one, hundreds at once, and thousands for the memory."""

import asyncio
import contextlib
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import httpx
import openai

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server, emulator

_BLOCK = 10
_CONNECTIONS = 64


# --- the official client ---------------------------------------------------------------------------------------------


def official_client(inputs: Material, blocks: int) -> list[Figure]:
    """Measure the official client's conversations on a file and in memory."""
    with contextlib.ExitStack() as stack:
        on_file = stack.enter_context(inputs.servers("talk", inputs.conversation))
        in_memory = [stack.enter_context(emulator(version, script=inputs.script)) for version in inputs.versions]
        times, worked = measure([*on_file, *in_memory], converse, blocks)
    ours, baseline, *beside = times[: len(on_file)]
    memory, *memory_beside = times[len(on_file) :]
    what = "conversation, official client"
    aim, aim_worked = "≤ 1.25 (bound 1.3)", "≤ 0.65 of the first draft"
    figures = [
        compare(f"{what}, SQLite file", "ms", ours, baseline, *beside, aim=aim, block=_BLOCK, scale=1e3),
        compare(f"{what}, in memory", "ms", memory, baseline, *memory_beside, block=_BLOCK, scale=1e3),
    ]
    if all(worked):
        title = "  processor time of the server, SQLite file"
        figures.insert(1, compare(title, "ms", *worked[: len(on_file)], aim=aim_worked, scale=1e3))
    return figures


def measure(
    servers: Sequence[Server], conversation: Callable[[openai.OpenAI], float], blocks: int
) -> tuple[list[list[float]], list[list[float]]]:
    """Return for each server the seconds of all conversations, and the processor time per conversation in each block.

    conversation: holds one with a client, and returns how many seconds it took. A server's work goes on for a moment after its answer, which is why its processor time is read after a block.
    """
    times: list[list[float]] = [[] for _ in servers]
    worked: list[list[float]] = [[] for _ in servers]
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DeprecationWarning)
        sides = [partial(conversation, stack.enter_context(client(server))) for server in servers]
        in_turn(sides, 5)
        for _ in range(blocks):
            before = [server.processor_time() for server in servers]
            block = in_turn(sides, _BLOCK)
            for place, server in enumerate(servers):
                times[place] += block[place]
                start, stop = before[place], server.processor_time()
                if start is not None and stop is not None:
                    worked[place].append((stop - start) / _BLOCK)
    return times, worked


def client(server: Server) -> openai.OpenAI:
    """Return an official client."""
    transport = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=transport, max_retries=0)


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


# --- many at once ----------------------------------------------------------------------------------------------------


def crowd(inputs: Material, *, conversations: int, rounds: int) -> list[Figure]:
    """Hold many conversations at once, from clients of almost no weight."""
    with inputs.servers("crowd", inputs.conversation) as servers:
        measured = in_turn([partial(_at_once, server, conversations) for server in servers], rounds)
    what = f"{conversations} conversations, {_CONNECTIONS} at once"
    errors = sum(failed for _, failed in measured[0])
    return [
        compare(what, "s", *([seconds for seconds, _ in series] for series in measured)),
        Figure(f"  errors in {rounds} times {conversations}", "", errors, aim="0"),
    ]


def _at_once(server: Server, conversations: int) -> tuple[float, int]:
    """Return how many seconds it took, and how many conversations went wrong."""
    started = time.perf_counter()
    errors = wire.run(_converse_at_once(server, conversations, _CONNECTIONS))
    return time.perf_counter() - started, errors


async def _converse_at_once(server: Server, conversations: int, connections: int) -> int:
    """Return how many conversations went wrong."""

    async def some(numbers: range) -> int:
        connection = await wire.Connection.open(server.port)
        errors = 0
        for _ in numbers:
            try:
                errors += not await _conversation(connection)
            except RuntimeError:  # another status than 200
                errors += 1
        connection.close()
        return errors

    return sum(await asyncio.gather(*(some(range(i, conversations, connections)) for i in range(connections))))


async def _conversation(connection: wire.Connection) -> bool:
    """Send the seven requests, and return whether all went well."""
    assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
    thread = f"/v1/threads/{(await connection.call('POST', '/v1/threads', {}))['id']}"
    await connection.call("POST", f"{thread}/messages", {"role": "user", "content": material.QUESTION})
    run = await connection.call("POST", f"{thread}/runs", {"assistant_id": assistant["id"]})
    run = await connection.call("GET", f"{thread}/runs/{run['id']}")
    steps = await connection.call("GET", f"{thread}/runs/{run['id']}/steps")
    page = await connection.call("GET", f"{thread}/messages")
    return run["status"] == "completed" and len(steps["data"]) == 1 and len(page["data"]) == 2


# --- memory ----------------------------------------------------------------------------------------------------------


def memory(inputs: Material, conversations: int) -> list[Figure]:
    """Hold thousands of conversations and see how the process grows."""
    batch = conversations // 8
    figures = []
    for name, db in (("file", inputs.folder / "grow.sqlite"), ("in memory", None)):
        with emulator(db=db, script=inputs.script) as server:
            sizes = []
            for _ in range(8):
                wire.run(_converse_at_once(server, batch, 16))
                sizes.append(server.memory())
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes):
            what = f"memory after {conversations} conversations, {name}, over {batch}"
            figures.append(compare(what, "MB", known[-1:], known[:1], aim="flat" if db else ""))
    return figures


# --- reset -----------------------------------------------------------------------------------------------------------


def reset(inputs: Material, rounds: int) -> list[Figure]:
    """Reset a namespace that holds some conversations."""
    with inputs.emulators("reset") as servers:
        sides = [partial(_reset, server) for server in servers]
        in_turn(sides, 1)  # at its first request the control API is imported
        ours, *beside = in_turn(sides, rounds)
    what = "reset of a namespace with 32 conversations"
    return [compare(what, "ms", ours, None, *beside, aim="≤ 5 ms", scale=1e3)]


def _reset(server: Server) -> float:
    wire.run(_converse_at_once(server, 32, 16))
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        http.get("/_emulator/health").raise_for_status()  # so that the connection is open
        started = time.perf_counter()
        http.post("/_emulator/ns/default/reset").raise_for_status()
        return time.perf_counter() - started
