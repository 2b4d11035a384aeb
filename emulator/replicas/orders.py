"""Orders of requests that come to several processes: who waits, and whose turn it is, is in a row of the namespace."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.request_order import RequestOrder
from emulator.domain.request_queue import Place, RequestQueue, Waiter
from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.engine.orders import OrderState, no_order, no_program
from emulator.interleaving import Admission
from emulator.store.documents import Transaction
from emulator.store.tables import Facet

# Payload: the name of a namespace in which requests may have been let in.
ADMITTED: Final = "admitted"
# Seconds after which whoever waits looks by himself.
_LOOK: Final = 1.0
_KEY: Final = {"kind": Kind.ORDER.value, "key": ""}


@dataclass(frozen=True, slots=True)
class Process:
    """Of which process this is. id: its number among all. alive: the numbers of all. now: seconds, the same for all."""

    id: Callable[[], int]
    alive: Callable[[], Collection[int]]
    now: Callable[[], float]


class SharedOrders:
    """The orders of all namespaces. `hear` lets those look who wait here."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def hear(self, name: str) -> None:
        """Let whoever waits here in a namespace look whether its turn has come; "": in all of them."""
        for known, events in self._waiting.items():
            if name in (known, ""):
                for event in events:
                    event.set()

    async def set(self, namespace: Namespace, order: RequestOrder, patience: float) -> OrderState:
        """Let requests in as an order says."""
        queue, id_ = RequestQueue(order, patience), secrets.token_hex(8)
        async with namespace.transaction() as tx:
            tx.delete(Facet, **_KEY)
            tx.insert(Facet, Kind.ORDER, **_KEY, doc={**queue.state(), "id": id_})
            tx.notify(ADMITTED, namespace.name)
        namespace.order_requests(OrderHere(self, namespace, id_, order.programs))
        return _state(queue)

    async def state(self, namespace: Namespace) -> OrderState:
        """Return how far the order has come."""
        async with self.changing(namespace) as queue:
            if queue is None:
                raise no_order(namespace)
            return _state(queue)

    def take_in(self, namespace: Namespace, doc: Mapping[str, Any] | None) -> None:
        """Know the order that is set in a namespace; None: there is none."""
        known = namespace.interleaving.id if isinstance(namespace.interleaving, OrderHere) else None
        if doc is None:
            namespace.order_requests()
        elif doc["id"] != known:
            namespace.order_requests(OrderHere(self, namespace, doc["id"], tuple(doc["order"]["programs"])))

    async def end(self, namespace: Namespace, program: str) -> OrderState:
        """Pass over a program from now on."""
        async with self.changing(namespace) as queue:
            if queue is None:
                raise no_order(namespace)
            if program not in queue.order.programs:
                raise no_program(namespace, program)
            queue.end(program, self.process.now())
            return _state(queue)

    async def remove(self, namespace: Namespace) -> OrderState:
        """Let requests in as they come."""
        async with namespace.transaction() as tx:
            row = await tx.find(Facet, kind=Kind.ORDER.value, key="")
            if row is None:
                raise no_order(namespace)
            queue = _queue(row["doc"])
            tx.delete(Facet, **_KEY)
            tx.notify(ADMITTED, namespace.name)
        namespace.order_requests()
        queue.open()
        return _state(queue)

    @asynccontextmanager
    async def changing(self, namespace: Namespace, id: str | None = None) -> AsyncIterator[RequestQueue | None]:  # noqa: A002
        """Let a block change the queue of a namespace; None: it has none. id: of an order, if that one is meant."""
        async with namespace.transaction() as tx:
            row = await tx.find(Facet, kind=Kind.ORDER.value, key="")
            if row is None or id not in (None, row["doc"]["id"]):
                yield None
                return
            queue = _queue(row["doc"])
            queue.look(self.process.alive(), self.process.now())
            yield queue
            _keep(namespace, tx, row["doc"], queue)

    @contextmanager
    def heard(self, name: str) -> Iterator[asyncio.Event]:
        """Return what is set whenever somebody in a namespace may have been let in, until the end of the block."""
        event = asyncio.Event()
        events = self._waiting.setdefault(name, set())
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._waiting.pop(name, None)


class OrderHere:
    """An order as this process knows it: whose requests it is about. id: names it."""

    def __init__(self, orders: SharedOrders, namespace: Namespace, id: str, programs: Collection[str]) -> None:  # noqa: A002
        self.programs = programs
        self.id = id
        self._orders = orders
        self._namespace = namespace
        self._is_stopped = False

    async def enter(self, program: str, name: str, leaving: Callable[[], Coroutine[Any, Any, Any]]) -> Admission | None:
        """Wait until a request of a program is due; as `Interleaving.enter`."""
        waiter = Waiter(secrets.token_hex(8), program, name, self._orders.process.id())
        gone: asyncio.Task[Any] = asyncio.create_task(leaving())
        place = None
        try:
            place = await self._place(waiter, gone)
        finally:
            gone.cancel()
            if place is not Place.DUE:
                await asyncio.shield(self._leave(waiter.id))
        if place is Place.BROKEN:
            raise BrokenConnectionError
        if place is Place.WAITING:
            return None
        return Admission(lambda: self._leave(waiter.id)) if place is Place.DUE else Admission()

    async def _place(self, waiter: Waiter, gone: "asyncio.Task[Any]") -> Place:
        """Return where a request stands in the end: WAITING only if its client has gone."""
        async with self._orders.changing(self._namespace, self.id) as queue:
            if queue is None:
                return Place.PASSED
            queue.enter(waiter, self._orders.process.now())
            place = queue.place(waiter.id)
        with self._orders.heard(self._namespace.name) as heard:
            while place is Place.WAITING and not gone.done():
                heard.clear()
                async with self._orders.changing(self._namespace, self.id) as queue:
                    place = Place.PASSED if queue is None else queue.place(waiter.id)
                if place is Place.WAITING:
                    await _first(gone, heard)
                    if self._is_stopped:
                        return Place.BROKEN
        return place

    async def _leave(self, id: str) -> None:  # noqa: A002 - as above
        async with self._orders.changing(self._namespace, self.id) as queue:
            if queue is not None:
                queue.leave(id, self._orders.process.now())

    def open(self) -> None:
        """Let those look who wait here: the order is gone."""
        self._orders.hear(self._namespace.name)

    def stop(self) -> None:
        """Break off the requests that wait here."""
        self._is_stopped = True
        self.open()


async def _first(gone: "asyncio.Task[Any]", heard: asyncio.Event) -> None:
    """Wait until a client has gone, something was heard, or it is time to look."""
    hearing = asyncio.create_task(heard.wait())
    try:
        await asyncio.wait((hearing, gone), timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()


def _queue(doc: dict[str, Any]) -> RequestQueue:
    return RequestQueue.from_state({name: value for name, value in doc.items() if name != "id"})


def _keep(namespace: Namespace, tx: Transaction, before: dict[str, Any], queue: RequestQueue) -> None:
    now = {**queue.state(), "id": before["id"]}
    if now != before:
        tx.update(Facet, Kind.ORDER, by=_KEY, doc=now)
        tx.notify(ADMITTED, namespace.name)


def _state(queue: RequestQueue) -> OrderState:
    return OrderState(queue.order, queue.programs, queue.stalled)
