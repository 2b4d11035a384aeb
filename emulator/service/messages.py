"""Messages of a thread."""

from typing import Any

from emulator.domain import refusals
from emulator.domain.hints.kinds import HintKind
from emulator.engine.namespace import Namespace
from emulator.service import data_sources, resources
from emulator.service.lookup import ListQuery, find, find_on_thread, page, require
from emulator.store.documents import Page, Transaction
from emulator.store.journal import Entry
from emulator.store.tables import Message
from emulator.wire.messages import CreateMessage, ModifyMessage, message


async def create(namespace: Namespace, thread_id: str, body: CreateMessage) -> dict[str, Any]:
    """Add a message to a thread that no run locks."""
    async with namespace.transaction(thread=thread_id) as tx:
        thread = dict((await find(namespace, tx, "thread", thread_id))["doc"])
        if (run := await namespace.runs.active(tx, thread_id)) is not None:
            namespace.hint(tx, HintKind.REFUSED_BY_ACTIVE_RUN, run["id"])
            raise refusals.thread_is_busy_for_messages(thread_id, run["id"])
        await namespace.hint_at_a_race(tx, thread_id)
        return await add(namespace, tx, thread, body)


async def add(namespace: Namespace, tx: Transaction, thread: dict[str, Any], body: CreateMessage) -> dict[str, Any]:
    """Add a message to a thread. thread: its document, brought up to date with the files that the message attaches."""
    body = await data_sources.in_message(namespace, tx, body)
    await resources.attach(namespace, tx, thread, body)
    doc = message(
        namespace.ids.make("msg"),
        thread_id=thread["id"],
        now=namespace.now(),
        role=body.role,
        content=body.parts(),
        attachments=[attachment.to_wire() for attachment in body.attachments or []],
        metadata=body.metadata,
    )
    tx.insert(Message, doc["id"], id=doc["id"], thread_id=thread["id"], run_id=None, doc=doc)
    tx.record(Entry(thread["id"], None, "thread.message.created", doc))
    return doc


async def listing(namespace: Namespace, thread_id: str, query: ListQuery, run_id: str | None = None) -> Page:
    """List the messages of a thread, or of one run on it."""
    async with namespace.transaction(thread=thread_id) as tx:
        await require(namespace, tx, "thread", thread_id)
        namespace.note_read(tx, thread_id)
        by_run: dict[str, Any] = {} if run_id is None else {"run_id": run_id}
        return await page(tx, Message, query, thread_id=thread_id, **by_run)


async def retrieve(namespace: Namespace, thread_id: str, message_id: str) -> dict[str, Any]:
    """Return a message."""
    async with namespace.transaction(thread=thread_id) as tx:
        doc = await _find(namespace, tx, thread_id, message_id)
        namespace.note_read(tx, thread_id)
        return doc


async def _find(namespace: Namespace, tx: Transaction, thread_id: str, message_id: str) -> dict[str, Any]:
    return dict((await find_on_thread(namespace, tx, "message", thread_id, message_id))["doc"])


async def modify(namespace: Namespace, thread_id: str, message_id: str, body: ModifyMessage) -> dict[str, Any]:
    """Change a message's metadata; allowed while a run is active (unverified)."""
    async with namespace.transaction(thread=thread_id) as tx:
        doc = await _find(namespace, tx, thread_id, message_id)
        if body.metadata is not None:
            doc["metadata"] = body.metadata
            tx.update(Message, message_id, doc=doc)
            await namespace.runs.changed(tx, thread_id)
        return doc


async def delete(namespace: Namespace, thread_id: str, message_id: str) -> None:
    """Delete a message; allowed while a run is active (unverified)."""
    async with namespace.transaction(thread=thread_id) as tx:
        await _find(namespace, tx, thread_id, message_id)
        tx.soft_delete(Message, message_id)
