"""What several processes share of the memory of namespaces: it lies in rows, and each process follows them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Final

from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.replicas.facet_docs import DOCS
from emulator.replicas.orders import SharedOrders
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Facet

# What each process has in its memory, to know without asking whether something is to be asked for.
KNOWN: Final = (Kind.FAULTS, Kind.STUBS, Kind.STUB_HITS, Kind.WIRE, Kind.ORDER)
# Payload: the name of a namespace in which what held up answers was removed.
RELEASED: Final = "released"


class SharedFacets:
    """The rows of all namespaces. orders: of requests."""

    is_shared = True

    def __init__(self, orders: SharedOrders) -> None:
        self._orders = orders

    def changing(
        self, namespace: Namespace, *kinds: Kind, tx: Transaction | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Take in what is stored, and write what the block has made of it."""
        return self._alone(namespace, kinds) if tx is None else self._within(namespace, kinds, tx)

    @asynccontextmanager
    async def _alone(self, namespace: Namespace, kinds: tuple[Kind, ...]) -> AsyncIterator[None]:
        async with namespace.transaction() as tx, self._within(namespace, kinds, tx):
            yield

    @asynccontextmanager
    async def _within(
        self, namespace: Namespace, kinds: tuple[Kind, ...], tx: Transaction, key: str = ""
    ) -> AsyncIterator[None]:
        stored = await self._take(namespace, kinds, tx, key)
        before = {kind: DOCS[kind].of(namespace, key) for kind in kinds}
        yield
        for kind in kinds:
            doc = DOCS[kind].of(namespace, key)
            if doc == before[kind]:
                continue
            if kind is Kind.FAULTS and not namespace.faults:
                tx.notify(RELEASED, namespace.name)
            _write(tx, kind, key, doc, is_there=kind in stored)

    async def look(self, namespace: Namespace, *kinds: Kind, tx: Transaction | None = None, key: str = "") -> None:
        """Take in what is stored."""
        if tx is not None:
            await self._take(namespace, kinds, tx, key)
            return
        async with namespace.transaction() as own:
            await self._take(namespace, kinds, own, key)

    async def take_in(self, namespace: Namespace, tx: Transaction) -> None:
        """Take in what a process has to know by itself; called where another one may have changed it."""
        await self._take(namespace, KNOWN, tx, "")
        namespace.may_ask_of_next = True  # until it is known better

    async def _take(self, namespace: Namespace, kinds: tuple[Kind, ...], tx: Transaction, key: str) -> frozenset[Kind]:
        """Take in rows; return of which kinds there are some."""
        rows: dict[Kind, Row] = {}
        if kinds == (Kind.UNREAD,) and key and _is_all_read(tx, key):
            pass  # by far the most common: a client goes on asking for what it has read
        elif len(kinds) == 1:
            row = await tx.find(Facet, kind=kinds[0].value, key=key)
            rows = {} if row is None else {kinds[0]: row}
        else:
            for row in await tx.all_of(Facet, "kind", [kind.value for kind in kinds]):
                kind = Kind(row["kind"])
                if kind is Kind.UNREAD and not key:
                    DOCS[kind].take(namespace, tx, row["key"], row["doc"])
                else:
                    rows[kind] = row
        for kind in kinds:
            if kind is Kind.ORDER:
                self._orders.take_in(namespace, rows[kind]["doc"] if kind in rows else None)
            elif kind is not Kind.UNREAD or key:
                DOCS[kind].take(namespace, tx, key, rows[kind]["doc"] if kind in rows else None)
        return frozenset(rows)

    def note(
        self,
        namespace: Namespace,
        tx: Transaction,
        kind: Kind,
        change: Callable[[], object],
        *,
        key: str = "",
        only_if_kept: bool = False,
    ) -> None:
        """Make a change with a transaction; where that is rolled back, and the change is to stay, with another one."""
        tx.beforehand(partial(self._change, namespace, tx, kind, key, change))
        if not only_if_kept:
            tx.afterwards(partial(self._change_anyway, namespace, tx, kind, key, change))

    async def _change(
        self, namespace: Namespace, tx: Transaction, kind: Kind, key: str, change: Callable[[], object]
    ) -> None:
        async with self._within(namespace, (kind,), tx, key):
            change()

    async def _change_anyway(
        self, namespace: Namespace, refused: Transaction, kind: Kind, key: str, change: Callable[[], object]
    ) -> None:
        if refused.is_kept:
            return
        async with namespace.transaction() as tx:
            await self._change(namespace, tx, kind, key, change)

    def drop(self, tx: Transaction, kind: Kind) -> None:
        """Remove rows."""
        tx.delete(Facet, kind=kind.value)

    def store(self, tx: Transaction, kind: Kind, doc: Mapping[str, Any], key: str = "") -> None:
        """Add a row."""
        tx.insert(Facet, (kind, key), kind=kind.value, key=key, doc=dict(doc))

    async def stored(self, tx: Transaction) -> Mapping[str, Any]:
        """Return what is written of what snapshots hold."""
        return _in_snapshot(await tx.all(Facet))


def _in_snapshot(rows: Sequence[Row]) -> dict[str, Any]:
    whole = {row["kind"]: row["doc"] for row in rows if not row["key"]}
    unread = {row["key"]: row["doc"] for row in rows if row["kind"] == Kind.UNREAD}
    noted = whole.get(Kind.HINTS, {"noted": []})["noted"]
    found: dict[str, Any] = {"hints": {"noted": noted, "unread": unread}}
    if (faults := whole.get(Kind.FAULTS)) is not None:
        found["faults"] = faults["armed"]
    if (consumption := whole.get(Kind.CONSUMPTION)) is not None:
        found["consumption"] = consumption
    return found


def _is_all_read(tx: Transaction, thread_id: str) -> bool:
    """Return whether it is known without asking that there is nothing unread on a thread."""
    if tx.namespace is None or tx.namespace.has_unread:
        return False
    return not tx.has_added(Facet, (Kind.UNREAD, thread_id))


def _write(tx: Transaction, kind: Kind, key: str, doc: Mapping[str, Any] | None, *, is_there: bool) -> None:
    by = {"kind": kind.value, "key": key}
    if doc is None:
        tx.delete(Facet, **by)
    elif is_there or tx.has_added(Facet, (kind, key)):
        tx.update(Facet, (kind, key), by=by, doc=dict(doc))
    else:
        tx.insert(Facet, (kind, key), **by, doc=dict(doc))
