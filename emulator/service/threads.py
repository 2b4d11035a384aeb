"""Threads."""

from typing import Any

from emulator.engine.code_execution import session_key
from emulator.engine.namespace import Namespace
from emulator.service import messages, resources
from emulator.service.lookup import ListQuery, find, page, require
from emulator.store import removals
from emulator.store.documents import Page, Transaction
from emulator.store.journal import Entry
from emulator.store.tables import Thread
from emulator.wire.threads import CreateThread, ModifyThread, thread


async def create(namespace: Namespace, body: CreateThread) -> dict[str, Any]:
    """Create a thread with its first messages."""
    async with namespace.transaction() as tx:
        return await add(namespace, tx, body)


async def add(
    namespace: Namespace,
    tx: Transaction,
    body: CreateThread,
    *,
    id: str | None = None,  # noqa: A002
    created_at: int | None = None,
) -> dict[str, Any]:
    """Add a thread and its first messages. id, created_at: pinned by a fixture."""
    named = await resources.resolve(namespace, tx, body.tool_resources, of_thread=True)
    now = namespace.now() if created_at is None else created_at
    doc = thread(id or namespace.ids.make("thread"), now=now, metadata=body.metadata, resources=named)
    tx.insert(Thread, doc["id"], id=doc["id"], doc=doc)
    tx.record(Entry(doc["id"], None, "thread.created", doc))
    for first in body.messages or []:
        await messages.add(namespace, tx, doc, first)
    return doc


async def listing(namespace: Namespace, query: ListQuery) -> Page:
    """List threads."""
    async with namespace.transaction() as tx:
        return await page(tx, Thread, query)


async def retrieve(namespace: Namespace, thread_id: str) -> dict[str, Any]:
    """Return a thread."""
    async with namespace.transaction() as tx:
        return dict((await find(namespace, tx, "thread", thread_id))["doc"])


async def modify(namespace: Namespace, thread_id: str, body: ModifyThread) -> dict[str, Any]:
    """Change a thread; allowed while a run is active (documented)."""
    async with namespace.transaction() as tx:
        before = (await find(namespace, tx, "thread", thread_id))["doc"]
        named = await resources.resolve(namespace, tx, body.tool_resources, of_thread=True, changes=True)
        metadata = before["metadata"] if body.metadata is None else body.metadata
        together = {**before["tool_resources"], **named}
        doc = {**before, "metadata": metadata, "tool_resources": resources.in_order(together)}
        tx.update(Thread, thread_id, doc=doc)
        return doc


async def delete(namespace: Namespace, thread_id: str) -> None:
    """Delete a thread and all that is on it; a run that is active ends with it, unseen (recorded: allowed)."""
    from emulator.service.parity import kept  # noqa: PLC0415 - loaded with the first that is deleted

    async with namespace.transaction() as tx:
        await require(namespace, tx, "thread", thread_id)
        await kept.keep(tx, thread_id)
        tx.soft_delete(Thread, thread_id)
        await namespace.runs.forget(tx, thread_id)
        await removals.remove(tx, namespace.documents.removals, Thread, thread_id)
    if namespace.sessions is not None:  # last, so that the thread cannot be found meanwhile
        await namespace.sessions.end(session_key(namespace, thread_id))
