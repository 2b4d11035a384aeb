"""Single requests: reading a run and writing a message, from clients of almost no weight."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare
from contract_tests.benchmarks.servers import Server, canned, emulator

_CONNECTIONS = 16


def single(folder: Path, script: Path, answers: Sequence[dict[str, Any]], *, rounds: int, times: int) -> list[Figure]:
    """Measure GET run and POST message, committed to a file, against canned bytes."""
    with (
        emulator("file", db=folder / "single.sqlite", script=script) as server,
        canned("canned single", answers, folder) as baseline,
    ):
        ours, other = wire.run(_conversation(server)), wire.run(_conversation(baseline))
        message = {"role": "user", "content": material.QUESTION}
        figures = []
        for what, method, path, body, aim in (
            ("GET run", "GET", 1, None, "≥ 0.4"),
            ("POST message", "POST", 0, message, "≥ 0.18"),
        ):
            rates: tuple[list[float], list[float]] = ([], [])
            for _ in range(rounds):
                for side, (one, paths) in enumerate(((server, ours), (baseline, other))):
                    sent = wire.request(method, paths[path], body)
                    rates[side].append(wire.run(wire.hammer(one.port, [sent], times, _CONNECTIONS)))
            figures.append(compare(f"{what}, {_CONNECTIONS} raw clients", "requests/s", *rates, aim=aim))
        return figures


async def _conversation(server: Server) -> tuple[str, str]:
    """Return the paths of a thread's messages and of its run, which is over."""
    connection = await wire.Connection.open(server.port)
    assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
    thread = f"/v1/threads/{(await connection.call('POST', '/v1/threads', {}))['id']}"
    await connection.call("POST", f"{thread}/messages", {"role": "user", "content": material.QUESTION})
    run = await connection.call("POST", f"{thread}/runs", {"assistant_id": assistant["id"]})
    path = f"{thread}/runs/{run['id']}"
    await connection.call("GET", path)
    connection.close()
    return f"{thread}/messages", path
