"""Single requests, from clients of almost no weight: reading a run, writing a message, and two that are not found."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server

_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class _Paths:
    """Where a server has a thread's messages, and a run that is over."""

    messages: str
    run: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of request."""

    what: str
    method: str
    path: Callable[[_Paths], str]
    body: Any = None
    status: int = 200
    aim: str = ""


_KINDS = (
    _Kind("GET run", "GET", lambda paths: paths.run, aim="≥ 0.38"),
    _Kind(
        "POST message",
        "POST",
        lambda paths: paths.messages,
        body={"role": "user", "content": material.QUESTION},
        aim="≥ 0.19",
    ),
    _Kind("GET of an unknown thread", "GET", lambda _: material.UNKNOWN_THREAD, status=404),
    _Kind("GET of an unknown URL", "GET", lambda _: material.UNKNOWN_URL, status=404),
)


def single_requests(inputs: Material, *, rounds: int, times: int) -> list[Figure]:
    """Measure the rate and the server's processor time of each kind, a message being committed to a file."""
    figures = []
    with inputs.servers("single", inputs.conversation) as servers:
        paths = [wire.run(_conversation(server)) for server in servers]
        for kind in _KINDS:
            requests = [wire.request(kind.method, kind.path(each), kind.body) for each in paths]
            measured = in_turn(
                [
                    partial(_measure, server, request, times, kind.status)
                    for server, request in zip(servers, requests, strict=True)
                ],
                rounds,
            )
            rates, seconds = ([[pair[i] for pair in series] for series in measured] for i in (0, 1))
            figures.append(compare(kind.what, "requests/s", *rates, aim=kind.aim))
            if all(all(series) for series in seconds):
                figures.append(compare("  processor time of the server", "µs", *seconds, scale=1e6))
    return figures


def _measure(server: Server, request: bytes, times: int, status: int) -> tuple[float, float]:
    """Return requests per second, and the server's processor time per request (0 if the system does not count it)."""
    before = server.processor_time()
    rate = wire.run(wire.hammer(server.port, [request], times, _CONNECTIONS, status))
    after = server.processor_time()
    return rate, 0.0 if before is None or after is None else (after - before) / times


async def _conversation(server: Server) -> _Paths:
    connection = await wire.Connection.open(server.port)
    assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
    thread = f"/v1/threads/{(await connection.call('POST', '/v1/threads', {}))['id']}"
    await connection.call("POST", f"{thread}/messages", {"role": "user", "content": material.QUESTION})
    run = await connection.call("POST", f"{thread}/runs", {"assistant_id": assistant["id"]})
    path = f"{thread}/runs/{run['id']}"
    await connection.call("GET", path)
    connection.close()
    return _Paths(f"{thread}/messages", path)
