"""The pytest plugin: what it adds to suites that do not use it, to a first test, and to each of many."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from contract_tests.benchmarks.figures import Figure, Ratio, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import emulator

_PYTEST = (
    *(sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:schemathesis", "-p", "no:hypothesispytest"),
    *("-p", "no:cacheprovider", "-p", "no:timeout", "-p", "no:rerunfailures"),
)
_WITHOUT = ("-p", "no:assistants-emulator")
_TALK = """
import os, resource
import pytest

def talk(client, n):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How far is the lighthouse?"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"
    if "MEMORY" in os.environ:
        with open(os.environ["MEMORY"], "a") as file:
            print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=file)
"""
_SUITES = {
    "empty": "def test_it(): pass\n",
    "by_hand": """
import os
from openai import OpenAI

def test_it():
    with OpenAI(base_url=os.environ["BY_HAND"], api_key="sk-emu-default") as client:
        client.beta.assistants.list()
""",
    "first": """
def test_it(emulator, openai_client):
    openai_client.beta.assistants.list()
""",
    "bare": """
import pytest

@pytest.mark.parametrize("n", range({many}))
def test_it(n): pass
""",
    "namespaces": """
import pytest

@pytest.mark.emulator("{script}")
@pytest.mark.parametrize("n", range({many}))
def test_it(openai_client, n): pass
""",
    "conversations": _TALK.replace("{", "{{").replace("}", "}}")
    + """
@pytest.mark.emulator("{script}")
@pytest.mark.parametrize("n", range({many}))
def test_it(openai_client, n):
    talk(openai_client, n)
""",
    "client": _TALK.replace("{", "{{").replace("}", "}}")
    + """
import warnings
from openai import OpenAI

def test_it():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with OpenAI(base_url=os.environ["BY_HAND"], api_key="sk-emu-default") as client:
            for n in range({many}):
                talk(client, n)
""",
}


def plugin(inputs: Material, many: int, rounds: int) -> list[Figure]:
    """Run suites, each in processes of its own. many: tests of the larger ones."""
    folder = inputs.folder / "suites"
    folder.mkdir()
    for name, text in _SUITES.items():
        place = folder / name
        place.mkdir()
        (place / "test_it.py").write_text(text.format(script=inputs.script, many=many))
        (place / "pytest.ini").write_text("[pytest]\n")
    with emulator(script=inputs.script) as server:
        os.environ["BY_HAND"] = server.base_url
        return [
            _added(
                "seconds that the plugin adds to an empty suite",
                partial(_run, folder / "empty"),
                partial(_run, folder / "empty", *_WITHOUT),
                rounds,
                aim="≤ 0.05",
            ),
            _added(
                "seconds that it adds to a first test",
                partial(_run, folder / "first"),
                partial(_run, folder / "by_hand", *_WITHOUT),
                rounds,
                aim="≤ 0.4",
            ),
            *_each(folder, many, rounds=max(1, rounds // 4)),
        ]


def _added(what: str, ours: Callable[[], float], other: Callable[[], float], rounds: int, *, aim: str) -> Figure:
    in_turn([ours, other], 1)  # so that all bytecode is there
    series = in_turn([ours, other], rounds)
    added = [one - another for one, another in zip(*series, strict=True)]
    ratios = [one / another for one, another in zip(*series, strict=True)]
    ratio = Ratio(statistics.median(series[1]), min(ratios), statistics.median(ratios), max(ratios))
    return Figure(what, "s", statistics.median(added), ratio, aim=aim)


def _each(folder: Path, many: int, rounds: int) -> list[Figure]:
    """Return what a test costs: its namespace, its conversation, and how much of that is the client."""
    names = ("bare", "namespaces", "conversations", "client")
    memory = folder / "memory.txt"
    sides = [partial(_run, folder / name, *(_WITHOUT if name in ("bare", "client") else ())) for name in names]
    bare, namespaces, conversations, client = in_turn(sides, rounds)
    _run(folder / "conversations", memory=memory)
    kilobytes = [int(line.split()[1]) for line in memory.read_text().splitlines()]

    def per_test(series: Sequence[float], less: Sequence[float]) -> float:
        return (statistics.median(series) - statistics.median(less)) / many * 1e3

    whole, of_client = per_test(conversations, bare), statistics.median(client) / many * 1e3
    share = Ratio(of_client, *[whole / of_client] * 3)
    return [
        Figure("a namespace with a scenario, per test", "ms", per_test(namespaces, bare)),
        Figure("with a conversation of four requests, over the same in a loop", "ms", whole, share),
        Figure(f"memory after {many:,} tests, over that after a tenth", "MB", kilobytes[-1] / 1e3,
               Ratio(kilobytes[many // 10] / 1e3, *[kilobytes[-1] / kilobytes[many // 10]] * 3), aim="flat"),
    ]  # fmt: skip


def _run(suite: Path, *options: str, memory: Path | None = None) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {} if memory is None else {"MEMORY": str(memory)}
    started = time.perf_counter()
    done = subprocess.run([*_PYTEST, *options], cwd=suite, env=environment, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:])
    return elapsed
