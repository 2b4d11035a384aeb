"""Recorded threads: does a run begin as soon where a hundred thousand turns are loaded as where ten are?"""

import contextlib
import json
import time
from functools import partial
from itertools import count

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server, emulator

FEW = 10
_SCENARIO = "emulator: 1\nname: recorded\nturns: {file: recorded.turns.jsonl}\n"
_WORDS = "which the harbour master has answered before, at length and in the same words, to everybody who asked. " * 3
_NAMESPACE = "/_emulator/ns/default"


def recorded(inputs: Material, many: int, played: int, *, rounds: int) -> list[Figure]:
    """Measure how long it takes to load turns, and to begin runs on new threads, with many turns and with few.

    played: so many of the turns are played before it is measured once more.
    """
    with contextlib.ExitStack() as stack:
        few, large = (stack.enter_context(emulator(db=inputs.folder / f"{name}.sqlite")) for name in ("few", "large"))
        _load(large, FEW)
        before = large.memory()
        loading = _load(large, many)
        after = large.memory()
        questions = count()
        sides = [partial(_begin, large, questions, None), partial(_begin, few, count(), FEW)]
        fresh = in_turn(sides, rounds)
        wire.run(wire.hammer(large.port, _requests(large, questions, played), played, 1))
        later = in_turn(sides, rounds)
    what = f"start of a run, {many:,} recorded turns over {FEW}"
    figures = [
        Figure(f"loading {many:,} recorded turns", "s", loading, aim="≤ 15"),
        compare(what, "µs", *fresh, aim="≤ 1.2", scale=1e6),
        compare(f"  when {played:,} of them were played", "µs", *later, aim="≤ 1.2", scale=1e6),
    ]
    if before is not None and after is not None:
        size = len(_lines(many)) / 1e6
        figures.append(Figure(f"memory that {many:,} recorded turns take ({size:.0f} MB)", "MB", after - before))
    return figures


def _lines(number: int) -> str:
    return "".join(
        json.dumps({"chain": f"c{n}", "when": {"message": _question(n)}, "steps": [{"say": f"Answer {n}: {_WORDS}"}]})
        + "\n"
        for n in range(number)
    )


def _question(number: int) -> str:
    return f"Question {number}, please?"


def _load(server: Server, number: int) -> float:
    """Let a server play so many turns, each a recorded thread, that nobody has taken; return how long that took."""
    files = {"script": ("recorded.yaml", _SCENARIO), "turns": ("recorded.turns.jsonl", _lines(number))}
    with material.client(server) as http:
        begun = time.perf_counter()
        http.put(f"{server.url}{_NAMESPACE}/scripts", files=files, timeout=600).raise_for_status()
        return time.perf_counter() - begun


def _begin(server: Server, questions: "count[int]", anew: int | None) -> float:
    """Return the seconds of processor time that beginning and playing a recorded thread takes.

    anew: load so many turns before that. Where the system does not count the time of a process, it is that of the clock.
    """
    if anew is not None:
        _load(server, anew)
    requests = _requests(server, questions, FEW)
    before, begun = server.processor_time(), time.perf_counter()
    wire.run(wire.hammer(server.port, requests, FEW, 1))
    _ready(server)
    after, ended = server.processor_time(), time.perf_counter()
    return (ended - begun if before is None or after is None else after - before) / FEW


def _ready(server: Server) -> None:
    """Wait until what was asked for is done, behind its answer."""
    with material.client(server) as http:
        http.get(f"{server.url}{_NAMESPACE}").raise_for_status()


def _requests(server: Server, questions: "count[int]", number: int) -> list[bytes]:
    """Return requests that begin recorded threads, one each."""
    with material.client(server) as http:
        assistant = http.post("/v1/assistants", json=material.ASSISTANT).json()["id"]
    bodies = [
        {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": _question(next(questions))}]}}
        for _ in range(number)
    ]
    return [wire.request("POST", "/v1/threads/runs", body) for body in bodies]
