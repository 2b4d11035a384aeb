"""``python -m contract_tests.benchmarks.slow_readers``: what long streams cost that their clients hardly read."""

import argparse
import asyncio
import socket
import tempfile
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from contract_tests.benchmarks import material, wire
from contract_tests.benchmarks.options import add_beside
from contract_tests.benchmarks.servers import THIS_VERSION, Server, emulator

WORDS = 90_000
CLIENTS = 20
MOMENTS = ("before", "all runs have settled", "read for seconds", "the clients have gone")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks.slow_readers", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="how long the clients read")
    add_beside(parser)
    arguments = parser.parse_args()
    versions = [THIS_VERSION, *([arguments.beside] if arguments.beside else [])]
    columns = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        script = scenario(folder, WORDS)
        for number, version in enumerate(versions):
            with emulator(version, db=folder / f"{number}.sqlite", script=script) as server:
                columns.append(wire.run(measure(server, CLIENTS, arguments.seconds)))
    about = ", beside: ".join(version.describe() for version in versions)
    title = f"Memory with {CLIENTS} slow readers of {WORDS:,} deltas each, in MB"
    table = Table(title=title, caption=f"this version: {about}", box=SIMPLE)
    table.add_column("when")
    for name in ("this version", "beside")[: len(versions)]:
        table.add_column(name, justify="right")
    for moment, *sizes in zip(MOMENTS, *columns, strict=True):
        table.add_row(moment, *("" if size is None else f"{size:,.0f}" for size in sizes))
    Console(highlight=False).print(table)


def scenario(folder: Path, size: int) -> Path:
    """Write a script whose one answer has so many words."""
    file = folder / "long.yaml"
    words = " ".join(f"w{number}" for number in range(size))
    file.write_text(f'emulator: 1\nname: long\nturns: [{{steps: [{{say: "{words}"}}]}}]\n')
    return file


async def measure(server: Server, clients: int, seconds: int) -> list[float | None]:
    """Return the memory of the server at each of the moments."""
    connection = await wire.Connection.open(server.port)
    assistant = await connection.call("POST", "/v1/assistants", material.ASSISTANT)
    messages = [{"role": "user", "content": material.AT_LENGTH}]
    threads = [(await connection.call("POST", "/v1/threads", {"messages": messages}))["id"] for _ in range(clients)]
    sizes = [server.memory()]
    body = {"assistant_id": assistant["id"], "stream": True}
    readers = [
        await _reader(server.port, wire.request("POST", f"/v1/threads/{thread}/runs", body)) for thread in threads
    ]
    for reader in readers:  # so that each run has been created
        await _read(reader)
    statuses = {(await connection.call("GET", f"/v1/threads/{thread}/runs"))["data"][0]["status"] for thread in threads}
    if statuses != {"completed"}:
        raise RuntimeError(f"the runs are {statuses}")
    sizes.append(server.memory())
    for _ in range(seconds):
        await asyncio.gather(asyncio.sleep(1), *map(_read, readers))
    sizes.append(server.memory())
    for reader in readers:
        reader.close()
    await connection.call("GET", f"/v1/threads/{threads[-1]}")
    await asyncio.sleep(1)
    sizes.append(server.memory())
    connection.close()
    return sizes


async def _reader(port: int, request: bytes) -> socket.socket:
    """Send a request on a connection that takes in hardly more than what is read."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.setblocking(False)  # noqa: FBT003
    loop = asyncio.get_running_loop()
    await loop.sock_connect(reader, ("127.0.0.1", port))
    await loop.sock_sendall(reader, request)
    return reader


async def _read(reader: socket.socket) -> None:
    if not await asyncio.get_running_loop().sock_recv(reader, 1):
        raise RuntimeError("a stream has ended")


if __name__ == "__main__":
    main()
