"""Conversations without a socket: over canned bytes that come over one, and over a library that mocks the client."""

import asyncio
import contextlib
import time
import warnings
from functools import partial

import openai

from contract_tests.benchmarks import material, mocked
from contract_tests.benchmarks.conversations import client, converse
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server, canned
from emulator import InProcess, LiveServer

_BLOCK = 10
_AIM = "≤ 0.82"


def in_process(inputs: Material, blocks: int) -> list[Figure]:
    """Measure both official clients in process, in memory, beside the same clients over a socket."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DeprecationWarning)
        baseline = stack.enter_context(canned(inputs.conversation, inputs.folder / "in-process.json"))
        runner = stack.enter_context(asyncio.Runner())
        inside, live = InProcess(script=inputs.script), LiveServer(script=inputs.script)
        servers = (stack.enter_context(inside), stack.enter_context(live))
        sync = [stack.enter_context(one) for one in (*map(_direct, servers), client(baseline))]
        later = [*map(_async_direct, servers), _async_client(baseline)]
        sides = [partial(converse, one) for one in sync]
        sides += [partial(_converse_async, runner, one) for one in later]
        in_turn(sides, 5)
        direct, on_thread, over_socket, *series = in_turn(sides, blocks * _BLOCK)
        direct_async, on_thread_async, over_socket_async = series
        for one in later:
            runner.run(one.close())
    figure = partial(compare, unit="ms", block=_BLOCK, scale=1e3)
    return [
        figure("conversation in process, official client", ours=direct, baseline=over_socket, aim=_AIM),
        figure("  AsyncOpenAI", ours=direct_async, baseline=over_socket_async, aim=_AIM),
        figure("  on the thread of a LiveServer", ours=on_thread, baseline=over_socket),
        figure("  AsyncOpenAI there", ours=on_thread_async, baseline=over_socket_async),
        *mocked.beside_mocks(inputs, blocks),
    ]


def _direct(server: "InProcess | LiveServer") -> openai.OpenAI:
    return openai.OpenAI(
        base_url=server.base_url, api_key="sk-emu-default", http_client=server.http_client(), max_retries=0
    )


def _async_direct(server: "InProcess | LiveServer") -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=server.base_url, api_key="sk-emu-default", http_client=server.async_http_client(), max_retries=0
    )


def _async_client(server: Server) -> openai.AsyncOpenAI:
    transport = openai.DefaultAsyncHttpxClient(trust_env=False)
    return openai.AsyncOpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=transport, max_retries=0)


def _converse_async(runner: asyncio.Runner, client: openai.AsyncOpenAI) -> float:
    return runner.run(_conversation(client))


async def _conversation(client: openai.AsyncOpenAI) -> float:
    """Hold the conversation of `conversations.converse`; return how many seconds it took."""
    started = time.perf_counter()
    beta = client.beta
    assistant = await beta.assistants.create(**material.ASSISTANT)
    thread = await beta.threads.create()
    await beta.threads.messages.create(thread.id, role="user", content=material.QUESTION)
    run = await beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    run = await beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    steps = await beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    newest = (await beta.threads.messages.list(thread.id)).data[0]
    seconds = time.perf_counter() - started
    if run.status != "completed" or not steps.data or newest.role != "assistant":
        raise RuntimeError(f"the conversation went wrong: {run.status}, {newest.role}")
    return seconds
