"""Responses: conversations, single responses and long streams of the official client, over canned bytes."""

import contextlib
import time
from functools import partial
from typing import Any

import openai

from contract_tests.benchmarks.conversations import client, measure
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import (
    ASSISTANT,
    AT_LENGTH,
    DELTAS,
    QUESTION,
    Answers,
    Material,
    pieces_of,
    recorded_answer,
)
from contract_tests.benchmarks.material import client as plain_client
from contract_tests.benchmarks.servers import Server, canned, emulator

_BLOCK = 10
_ASKED: dict[str, Any] = {"model": ASSISTANT["model"], "instructions": ASSISTANT["instructions"]}


def responses(inputs: Material, blocks: int, rounds: int) -> list[Figure]:
    """Measure this version. An older one may know no responses, so there is none beside it."""
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        on_file = enter(emulator(db=inputs.folder / "responses.sqlite", script=inputs.script))
        in_memory = enter(emulator(script=inputs.script))
        baseline = enter(canned(_conversation(in_memory), inputs.folder / "responses.json"))
        streamed = enter(canned(_stream(in_memory), inputs.folder / "response_stream.json"))
        times, worked = measure([on_file, baseline, in_memory], _converse, blocks)
        single, _ = measure([on_file, baseline], _ask, blocks)
        rates = _rates([on_file, streamed], rounds)
    what = "conversation over Responses"
    figures = [
        compare(f"{what}, SQLite file", "ms", times[0], times[1], block=_BLOCK, scale=1e3),
        compare(f"{what}, in memory", "ms", times[2], times[1], block=_BLOCK, scale=1e3),
        compare("one response that is not stored, SQLite file", "ms", *single, block=_BLOCK, scale=1e3),
        compare(f"a response of {DELTAS} deltas, official client", "events/s", *rates),
    ]
    if all(worked):
        title = "  processor time of the server, SQLite file"
        figures.insert(1, compare(title, "ms", worked[0], worked[1], scale=1e3))
    return figures


def _converse(client: openai.OpenAI) -> float:
    """Hold a conversation of five requests, which does what seven do over Assistants; return the seconds it took."""
    started = time.perf_counter()
    conversation = client.conversations.create()
    response = client.responses.create(input=QUESTION, conversation=conversation.id, **_ASKED)
    response = client.responses.retrieve(response.id)
    inputs = client.responses.input_items.list(response.id)
    newest = client.conversations.items.list(conversation.id).data[0]
    seconds = time.perf_counter() - started
    if response.status != "completed" or not inputs.data or getattr(newest, "role", None) != "assistant":
        raise RuntimeError(f"the conversation went wrong: {response.status}, {newest}")
    return seconds


def _ask(client: openai.OpenAI) -> float:
    """Ask for one response; return how many seconds it took."""
    started = time.perf_counter()
    response = client.responses.create(input=QUESTION, store=False, **_ASKED)
    seconds = time.perf_counter() - started
    if not response.output_text:
        raise RuntimeError(f"no text: {response}")
    return seconds


def _rates(servers: list[Server], rounds: int) -> list[list[float]]:
    with contextlib.ExitStack() as stack:
        sides = [partial(_listen, stack.enter_context(client(server))) for server in servers]
        in_turn(sides, 1)
        return in_turn(sides, rounds)


def _listen(client: openai.OpenAI) -> float:
    """Return events per second, from the request on."""
    started = time.perf_counter()
    events = sum(1 for _ in client.responses.create(input=AT_LENGTH, stream=True, **_ASKED))
    if events < DELTAS:
        raise RuntimeError(f"only {events} events")
    return events / (time.perf_counter() - started)


def _conversation(server: Server) -> Answers:
    """Return the answers to a conversation, for the canned server."""
    answers: list[dict[str, Any]] = []
    with plain_client(server) as http:

        def request(method: str, path: str, body: Any = None) -> Any:
            response = http.request(method, f"/v1{path}", json=body).raise_for_status()
            answers.append(recorded_answer(response, [response.text]))
            return response.json()

        conversation = request("POST", "/conversations", {})["id"]
        response = request("POST", "/responses", {"input": QUESTION, "conversation": conversation, **_ASKED})["id"]
        request("GET", f"/responses/{response}")
        request("GET", f"/responses/{response}/input_items")
        request("GET", f"/conversations/{conversation}/items")
    return answers


def _stream(server: Server) -> Answers:
    with plain_client(server) as http:
        body = {"input": AT_LENGTH, "stream": True, **_ASKED}
        response = http.post("/v1/responses", json=body).raise_for_status()
    return [recorded_answer(response, pieces_of(response))]
