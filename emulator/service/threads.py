"""Threads."""

from typing import Any

from emulator.engine.executing import session_key
from emulator.engine.world import World
from emulator.service import messages, resources
from emulator.service.finding import ListQuery, find, page
from emulator.store.documents import Page, Unit
from emulator.store.tables import JournalEntry, Message, Run, RunAction, RunStep, Thread
from emulator.wire.threads import CreateThread, ModifyThread, thread


def create(world: World, body: CreateThread, *, id: str | None = None) -> dict[str, Any]:  # noqa: A002
    """Make a thread with its first messages. id: pinned by a fixture."""
    unit = world.unit()
    doc, stores = add(world, unit, body, id=id)
    unit.tell("thread.created", doc, thread_id=doc["id"])
    world.commit(unit)
    stores.begin(world)
    return doc


def add(
    world: World,
    unit: Unit,
    body: CreateThread,
    *,
    id: str | None = None,  # noqa: A002
) -> tuple[dict[str, Any], resources.Asked]:
    """Add a thread and its first messages to a unit; also return the stores that are to be read after the commit."""
    asked = resources.ask(world, unit, body.tool_resources, of_thread=True)
    doc = thread(id or world.ids.make("thread"), now=world.now(), metadata=body.metadata, resources=asked.shown)
    unit.insert(Thread, doc["id"], id=doc["id"], doc=doc)
    for first in body.messages or []:
        _, store_id = messages.add(world, unit, doc, first)
        asked.made += [store_id] if store_id and store_id not in asked.made else []
    return doc, asked


def listing(world: World, query: ListQuery) -> Page:
    """List threads."""
    return page(world, Thread, query)


def retrieve(world: World, thread_id: str) -> dict[str, Any]:
    """Return a thread."""
    return dict(find(world, "thread", thread_id)["doc"])


def modify(world: World, thread_id: str, body: ModifyThread) -> dict[str, Any]:
    """Change a thread; allowed while a run is active (documented)."""
    before = find(world, "thread", thread_id)["doc"]
    unit = world.unit()
    asked = resources.ask(world, unit, body.tool_resources, of_thread=True, changes=True)
    metadata = before["metadata"] if body.metadata is None else body.metadata
    doc = {**before, "metadata": metadata, "tool_resources": {**before["tool_resources"], **asked.shown}}
    unit.update(Thread, thread_id, doc=doc)
    world.commit(unit)
    return doc


async def delete(world: World, thread_id: str) -> None:
    """Delete a thread and all that is on it; a run that is active ends with it, unseen (recorded: allowed)."""
    find(world, "thread", thread_id)
    unit = world.unit()
    unit.bury(Thread, thread_id)
    clear(world, unit, thread_id)
    world.commit(unit)
    if world.sessions is not None:  # last, so that nobody finds the thread meanwhile
        await world.sessions.end(session_key(world, thread_id))


def clear(world: World, unit: Unit, thread_id: str) -> None:
    """Remove all that is on a thread, and end what is under way."""
    driver = world.drivers.get(thread_id)
    if driver is not None:
        driver.stop()
        world.documents.journal.close(world.name, driver.run["id"])
    for run in world.documents.all(Run, world.name, thread_id=thread_id):
        unit.delete(RunStep, run_id=run["id"])
        unit.delete(RunAction, run_id=run["id"])
    for model in (Message, Run, JournalEntry):
        unit.delete(model, thread_id=thread_id)
