"""The start: how long it takes from the start of the process to the first answer of the API."""

import time
from collections.abc import Callable
from functools import partial

from contract_tests.benchmarks import filling, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import THIS_VERSION, Version, end, free_port, wait_for_200

# The settings of the emulator's own server; the app is one function.
_BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", http="httptools", ws="none", log_level="warning")
"""
_REQUEST = wire.request("POST", "/v1/threads", {})
FEW = 200


def start(inputs: Material, rounds: int) -> list[Figure]:
    """Start this version, bare uvicorn, ``import openai`` and the version beside, in turn."""
    sides: list[Callable[[], float]] = [partial(_emulator, THIS_VERSION), _bare, _import_openai]
    sides += [partial(_emulator, inputs.beside)] if inputs.beside else []
    for side in sides:
        side()  # so that all bytecode is there
    ours, bare, client, *beside = in_turn(sides, rounds)
    what = "start to first answer"
    return [
        compare(f"{what}, over bare uvicorn", "ms", ours, bare, *beside, aim="≤ 4", scale=1e3),
        compare(f"{what}, over import openai", "ms", ours, client, aim="≤ 0.75", scale=1e3),
    ]


def _emulator(version: Version) -> float:
    return until_answered(version, "-m", "emulator", "serve", "--port")


def _bare() -> float:
    return until_answered(THIS_VERSION, "-c", _BARE)


def until_answered(version: Version, *command: str) -> float:
    port = free_port()
    started = time.perf_counter()
    process = version.launch(*command, str(port))
    try:
        wait_for_200(port, _REQUEST, process)
        return time.perf_counter() - started
    finally:
        end(process)


def _import_openai() -> float:
    started = time.perf_counter()
    THIS_VERSION.launch("-c", "import openai").wait()
    return time.perf_counter() - started


# --- a restart -------------------------------------------------------------------------------------------------------


def restart(inputs: Material, many: int, rounds: int) -> list[Figure]:
    """Start on a file with many conversations that are at rest, and on one with few."""
    sides = []
    for size in (many, FEW):
        file = inputs.folder / f"at-rest-{size}.sqlite"
        filling.begin(file, inputs.script)
        filling.add_conversations(file, size)
        sides.append(partial(until_answered, THIS_VERSION, "-m", "emulator", "serve", "--db", str(file), "--port"))
    in_turn(sides, 1)
    what = f"restart with {many:,} conversations at rest, over {FEW}"
    return [compare(what, "ms", *in_turn(sides, rounds), aim="≤ 1.1", scale=1e3)]
