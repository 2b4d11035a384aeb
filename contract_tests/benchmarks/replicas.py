"""Replicas on PostgreSQL: what a conversation costs them beside SQLite, and how many a second one, two and three hold."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import Server, emulator
from contract_tests.postgres.cluster import Cluster
from contract_tests.postgres.processes import processor_time
from contract_tests.postgres.programs import NoPostgresError
from contract_tests.replicas.servers import Replicas

_BLOCK = 20
_CLIENTS = 24
_WAITS = "SELECT coalesce(wait_event_type, 'running') FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"


@dataclass(frozen=True, slots=True)
class Load:
    """What replicas did at once. replicas, backends, client: how many processors each of these kept busy.

    waits: what the backends of PostgreSQL did that were at work, of so many samples.
    """

    per_second: float
    replicas: float
    backends: float
    client: float
    waits: str
    samples: int


def replicas(inputs: Material, blocks: int, conversations: int) -> list[Figure]:
    """Measure conversations one by one on both stores, then many at once on one, two and three replicas."""
    try:
        return [*_cost(inputs, blocks), *_throughput(inputs, conversations)]
    except NoPostgresError as error:
        raise RuntimeError(str(error)) from error


@contextlib.contextmanager
def _on_postgres(inputs: Material, number: int) -> Iterator[tuple[Any, list[Server]]]:
    options = ("--script", str(inputs.script))
    with Cluster(durable=True) as cluster, Replicas(cluster.create(), number, *options) as started:
        yield cluster, [Server(one.port, one.pid) for one in started]


# --- one by one -----------------------------------------------------------------------------------------------------


def _cost(inputs: Material, blocks: int) -> list[Figure]:
    with (
        emulator(db=inputs.folder / "replicas.sqlite", script=inputs.script) as alone,
        _on_postgres(inputs, 1) as (cluster, (replica,)),
    ):
        backends: list[float] = []

        def on_postgres() -> tuple[float, float]:
            before = _of(cluster)
            found = wire.run(_block(replica))
            backends.append((_of(cluster) - before) / _BLOCK)
            return found

        sides = [on_postgres, lambda: wire.run(_block(alone))]
        in_turn(sides, 2)  # everything is prepared once
        backends.clear()
        ours, baseline = in_turn(sides, blocks)
    what = "conversation of 7 requests, PostgreSQL"
    (seconds, worked), (seconds_alone, worked_alone) = zip(*ours, strict=True), zip(*baseline, strict=True)
    return [
        compare(f"{what}: processor time of the replica, over SQLite's", "ms", worked, worked_alone, scale=1e3),
        compare(f"{what}: its backends, over SQLite's server", "ms", backends, worked_alone, scale=1e3),
        compare(f"{what}: until it is over, over SQLite", "ms", seconds, seconds_alone, scale=1e3),
    ]


async def _block(server: Server) -> tuple[float, float]:
    """Hold some conversations one by one; return the seconds and the processor time of each."""
    before, started = server.processor_time() or 0.0, time.perf_counter()
    connection = await wire.Connection.open(server.port)
    for _ in range(_BLOCK):
        await _converse([connection] * 7)
    connection.close()
    seconds = time.perf_counter() - started
    return seconds / _BLOCK, ((server.processor_time() or 0.0) - before) / _BLOCK


async def _converse(connections: Sequence[wire.Connection], root: str = "/v1") -> None:
    """Hold a conversation of seven requests, each on the next connection. A run that is not over yet is asked again."""
    one, two, three, four, five, six, seven = connections
    assistant = await one.call("POST", f"{root}/assistants", material.ASSISTANT)
    thread = f"{root}/threads/{(await two.call('POST', f'{root}/threads', {}))['id']}"
    await three.call("POST", f"{thread}/messages", {"role": "user", "content": material.QUESTION})
    begun = await four.call("POST", f"{thread}/runs", {"assistant_id": assistant["id"]})
    run = f"{thread}/runs/{begun['id']}"
    while (await five.call("GET", run))["status"] != "completed":  # noqa: ASYNC110 - as programs poll
        await asyncio.sleep(0.01)
    await six.call("GET", f"{run}/steps")
    await seven.call("GET", f"{thread}/messages")


def _of(cluster: Any) -> float:
    """Return the seconds that the processes of PostgreSQL have run which are there now."""
    return float(sum(map(processor_time, cluster.pids)))


# --- many at once ---------------------------------------------------------------------------------------------------


def _throughput(inputs: Material, conversations: int) -> list[Figure]:
    figures: list[Figure] = []
    first: dict[str, float] = {}
    for number in (1, 2, 3):
        with _on_postgres(inputs, number) as (cluster, servers):
            for where, roots in (
                ("one namespace", ["/v1"]),
                ("each in its own", [f"/ns/n-{n}/v1" for n in range(_CLIENTS)]),
            ):
                wire.run(_crowd(cluster, servers, roots, _CLIENTS))
                load = wire.run(_crowd(cluster, servers, roots, conversations))
                what = f"{number} replica{'s' if number > 1 else ''}, {_CLIENTS} clients, {where}"
                figures += _figures(what, load, first.setdefault(where, load.per_second))
    return figures


def _figures(what: str, load: Load, first: float) -> list[Figure]:
    of = f"of {os.cpu_count()}"
    return [
        Figure(f"{what}: conversations", "1/s", load.per_second),
        Figure(f"{what}: over one replica", "times", load.per_second / first),
        Figure(f"{what}: processors busy with replicas", of, load.replicas),
        Figure(f"{what}: processors busy with PostgreSQL", of, load.backends),
        Figure(f"{what}: processors busy with the clients", of, load.client),
        Figure(f"  its backends waited for, of {load.samples} samples: {load.waits}", "", load.samples),
    ]


async def _crowd(cluster: Any, servers: Sequence[Server], roots: Sequence[str], conversations: int) -> Load:
    """Hold conversations, of which each client has some; its requests go to the replicas in turn. roots: of clients."""
    clients = [[await wire.Connection.open(server.port) for server in servers] for _ in range(_CLIENTS)]
    seen: list[str] = []
    watching = asyncio.create_task(_watch(cluster, seen))

    async def talk(place: int) -> None:
        mine = clients[place]
        for number in range(place, conversations, _CLIENTS):
            await _converse([mine[(number + turn) % len(mine)] for turn in range(7)], roots[place % len(roots)])

    before = [sum(server.processor_time() or 0.0 for server in servers), _of(cluster), time.process_time()]
    started = time.perf_counter()
    await asyncio.gather(*map(talk, range(_CLIENTS)))
    seconds = time.perf_counter() - started
    after = [sum(server.processor_time() or 0.0 for server in servers), _of(cluster), time.process_time()]
    watching.cancel()
    for connection in (one for mine in clients for one in mine):
        connection.close()
    ours, backends, client = ((end - start) / seconds for start, end in zip(before, after, strict=True))
    return Load(conversations / seconds, ours, backends, client, _summary(seen), len(seen))


async def _watch(cluster: Any, seen: list[str]) -> None:
    while True:
        await asyncio.sleep(0.1)
        seen += [row[0] for row in await asyncio.to_thread(cluster.execute, _WAITS)]


def _summary(seen: Sequence[str]) -> str:
    """Return what backends were doing, the most frequent first."""
    kinds = sorted({(seen.count(kind), kind) for kind in seen}, reverse=True)
    return ", ".join(f"{kind} {count / len(seen):.0%}" for count, kind in kinds[:4]) or "nothing"
