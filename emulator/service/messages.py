"""Messages of a thread."""

from typing import Any

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.service import ingestion, resources
from emulator.service.lookup import ListQuery, find, find_on_thread, page, require
from emulator.store.documents import Page, Unit
from emulator.store.tables import Message
from emulator.wire.messages import CreateMessage, ModifyMessage, message


async def create(namespace: Namespace, thread_id: str, body: CreateMessage) -> dict[str, Any]:
    """Add a message to a thread that no run locks."""
    await namespace.runs.settle(thread_id)
    thread = dict(find(namespace, "thread", thread_id)["doc"])
    if (task := namespace.runs.active(thread_id)) is not None:
        raise refusals.thread_is_busy_for_messages(thread_id, task.run["id"])
    unit = namespace.unit()
    doc, store_id = add(namespace, unit, thread, body)
    namespace.commit(unit)
    if store_id is not None:
        ingestion.begin(namespace, store_id)
    return doc


def add(
    namespace: Namespace, unit: Unit, thread: dict[str, Any], body: CreateMessage
) -> tuple[dict[str, Any], str | None]:
    """Add a message to a unit; also return the thread's store if it got new files, to be read after the commit."""
    store_id = resources.attach(namespace, unit, thread, body)
    doc = message(
        namespace.ids.make("msg"),
        thread_id=thread["id"],
        now=namespace.now(),
        role=body.role,
        content=body.parts(),
        attachments=[attachment.to_wire() for attachment in body.attachments or []],
        metadata=body.metadata,
    )
    unit.insert(Message, doc["id"], id=doc["id"], thread_id=thread["id"], run_id=None, doc=doc)
    unit.record("thread.message.created", doc, thread_id=thread["id"])
    return doc, store_id


async def listing(namespace: Namespace, thread_id: str, query: ListQuery, run_id: str | None = None) -> Page:
    """List the messages of a thread, or of one run on it."""
    require(namespace, "thread", thread_id)
    await namespace.runs.settle(thread_id)
    by_run = {} if run_id is None else {"run_id": run_id}
    return page(namespace, Message, query, thread_id=thread_id, **by_run)


async def retrieve(namespace: Namespace, thread_id: str, message_id: str) -> dict[str, Any]:
    """Return a message."""
    return dict((await find_on_thread(namespace, "message", thread_id, message_id))["doc"])


async def modify(namespace: Namespace, thread_id: str, message_id: str, body: ModifyMessage) -> dict[str, Any]:
    """Change a message's metadata; allowed while a run is active (unverified)."""
    doc = await retrieve(namespace, thread_id, message_id)
    if body.metadata is not None:
        doc["metadata"] = body.metadata
        namespace.amend(Message, doc)
    return doc


async def delete(namespace: Namespace, thread_id: str, message_id: str) -> None:
    """Delete a message; allowed while a run is active (unverified)."""
    await retrieve(namespace, thread_id, message_id)
    unit = namespace.unit()
    unit.soft_delete(Message, message_id)
    namespace.commit(unit)
