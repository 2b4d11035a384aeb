"""The memory that the processes on one database share, and how each hears that another has changed it."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from emulator.domain.bus import Bus, Leave
from emulator.domain.errors import UnavailableDatabaseError
from emulator.engine.facets import Kind
from emulator.replicas.facets import RELEASED, SharedFacets
from emulator.replicas.orders import ADMITTED, Process, SharedOrders
from emulator.replicas.server_rows import SharedServerRows
from emulator.replicas.snapshot_shelf import SharedShelf
from emulator.service.namespaces import Namespaces

_NAME: Final = "shared memory"


class SharedMemory:
    """That of one process. What it does because of a message, it does in tasks, which end when it is stopped."""

    def __init__(self, namespaces: Namespaces, bus: Bus, process: Process) -> None:
        self._namespaces = namespaces
        self._bus = bus
        self._leave: list[Leave] = []
        self._tasks: set[asyncio.Task[None]] = set()
        namespaces.snapshots = SharedShelf(namespaces.documents, namespaces.blobs)
        namespaces.orders = self._orders = SharedOrders(process)
        facets = SharedFacets(self._orders)
        self._rows = SharedServerRows(namespaces.documents)
        namespaces.facets, namespaces.rows = facets, self._rows
        namespaces.refreshes.of_server.append(namespaces.take_in_aliases)
        namespaces.refreshes.of_namespace.append(facets.take_in)

    async def start(self) -> None:
        """Begin to listen, and learn what belongs to no namespace."""
        await self._rows.start()
        await self._namespaces.refreshes.take_in_of_server()
        self._leave = [
            self._bus.subscribe(RELEASED, lambda name: self._do(self._look_at_pauses(name))),
            self._bus.subscribe(ADMITTED, self._orders.hear),
            self._bus.on_gap(lambda: self._do(self._look_at_all_pauses())),
        ]

    async def stop(self) -> None:
        """Listen no more."""
        for leave in self._leave:
            leave()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _do(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_unless_unavailable(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- answers that a fault holds up ------------------------------------------------------------------------------

    async def _look_at_pauses(self, name: str) -> None:
        """Let answers go on whose faults were removed by another process."""
        namespace = self._namespaces.open_here(name)
        if namespace is not None and namespace.pauses.are_under_way:
            await namespace.facets.look(namespace, Kind.FAULTS)

    async def _look_at_all_pauses(self) -> None:
        for name in self._namespaces.names_open_here():
            await self._look_at_pauses(name)


async def _unless_unavailable(work: Awaitable[None]) -> None:
    """Do what a message asks for; where the database is away, there will be another one when it is back."""
    try:
        await work
    except UnavailableDatabaseError:
        return
