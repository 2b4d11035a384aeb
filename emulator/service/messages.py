"""Messages of a thread."""

from typing import Any

from emulator.domain import errors
from emulator.engine.world import World
from emulator.service import ingesting, resources
from emulator.service.finding import ListQuery, find, page
from emulator.store.documents import Page, Unit
from emulator.store.tables import Message
from emulator.wire.messages import CreateMessage, ModifyMessage, message


async def create(world: World, thread_id: str, body: CreateMessage) -> dict[str, Any]:
    """Add a message to a thread that no run locks."""
    await world.settle(thread_id)
    thread = dict(find(world, "thread", thread_id)["doc"])
    if (driver := world.drivers.get(thread_id)) is not None:
        raise errors.thread_is_busy_for_messages(thread_id, driver.run["id"])
    unit = world.unit()
    doc, store_id = add(world, unit, thread, body)
    world.commit(unit)
    if store_id is not None:
        ingesting.begin(world, store_id)
    return doc


def add(world: World, unit: Unit, thread: dict[str, Any], body: CreateMessage) -> tuple[dict[str, Any], str | None]:
    """Add a message to a unit; also return the thread's store if it got new files, to be read after the commit."""
    store_id = resources.attach(world, unit, thread, body)
    doc = message(
        world.ids.make("msg"),
        thread_id=thread["id"],
        now=world.now(),
        role=body.role,
        content=body.parts(),
        attachments=[attachment.echo() for attachment in body.attachments or []],
        metadata=body.metadata,
    )
    unit.insert(Message, doc["id"], id=doc["id"], thread_id=thread["id"], run_id=None, doc=doc)
    unit.tell("thread.message.created", doc, thread_id=thread["id"])
    return doc, store_id


async def listing(world: World, thread_id: str, query: ListQuery, run_id: str | None = None) -> Page:
    """List the messages of a thread, or of one run on it."""
    find(world, "thread", thread_id)
    await world.settle(thread_id)
    by_run = {} if run_id is None else {"run_id": run_id}
    return page(world, Message, query, thread_id=thread_id, **by_run)


async def retrieve(world: World, thread_id: str, message_id: str) -> dict[str, Any]:
    """Return a message."""
    find(world, "thread", thread_id)
    await world.settle(thread_id)
    return dict(find(world, "message", message_id, thread_id=thread_id)["doc"])


async def modify(world: World, thread_id: str, message_id: str, body: ModifyMessage) -> dict[str, Any]:
    """Change a message's metadata; allowed while a run is active (unverified)."""
    doc = await retrieve(world, thread_id, message_id)
    if body.metadata is not None:
        doc["metadata"] = body.metadata
        world.amend(Message, doc)
    return doc


async def delete(world: World, thread_id: str, message_id: str) -> None:
    """Delete a message; allowed while a run is active (unverified)."""
    await retrieve(world, thread_id, message_id)
    unit = world.unit()
    unit.bury(Message, message_id)
    world.commit(unit)
