"""How long it takes until somebody answers."""

import time

from contract_tests.benchmarks.figures import Figure, compare
from contract_tests.benchmarks.servers import end, free_port, launch, wait_until_answered

# The settings of the emulator's own server; the app is one function.
_BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", http="httptools", ws="none", log_level="warning")
"""


def starting(rounds: int) -> list[Figure]:
    """Start the emulator, bare uvicorn and ``import openai`` in turn."""
    _emulator(), _bare(), _import_openai()  # so that all bytecode is there
    times: list[tuple[float, float, float]] = [(_emulator(), _bare(), _import_openai()) for _ in range(rounds)]
    ours, bare, client = (list(column) for column in zip(*times, strict=True))
    return [
        compare("start → first 200, over bare uvicorn", "ms", ours, bare, aim="≤ 3.0", scale=1e3),
        compare("start → first 200, over import openai", "ms", ours, client, aim="< 1", scale=1e3),
    ]


def _emulator() -> float:
    port = free_port()
    return _until_answered(["-m", "emulator", "serve", "--port", str(port)], port, "/_emulator/health")


def _bare() -> float:
    port = free_port()
    return _until_answered(["-c", _BARE, str(port)], port, "/")


def _until_answered(command: list[str], port: int, path: str) -> float:
    started = time.perf_counter()
    process = launch(command)
    try:
        wait_until_answered(port, path, process)
        return time.perf_counter() - started
    finally:
        end(process)


def _import_openai() -> float:
    started = time.perf_counter()
    launch(["-c", "import openai"]).wait()
    return time.perf_counter() - started
