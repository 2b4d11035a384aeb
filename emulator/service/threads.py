"""Threads."""

from typing import Any

from emulator.engine.code_execution import session_key
from emulator.engine.namespace import Namespace
from emulator.service import messages, resources
from emulator.service.lookup import ListQuery, find, page, require
from emulator.store.documents import Page, Unit
from emulator.store.tables import JournalEntry, Message, Run, RunAction, RunStep, ScriptMemory, Thread
from emulator.wire.threads import CreateThread, ModifyThread, thread


def create(namespace: Namespace, body: CreateThread, *, id: str | None = None) -> dict[str, Any]:  # noqa: A002
    """Create a thread with its first messages. id: pinned by a fixture."""
    unit = namespace.unit()
    doc, named = add(namespace, unit, body, id=id)
    unit.record("thread.created", doc, thread_id=doc["id"])
    namespace.commit(unit)
    named.begin_ingestion(namespace)
    return doc


def add(
    namespace: Namespace,
    unit: Unit,
    body: CreateThread,
    *,
    id: str | None = None,  # noqa: A002
) -> tuple[dict[str, Any], resources.Resources]:
    """Add a thread and its first messages to a unit; also return the stores that are to be read after the commit."""
    named = resources.resolve(namespace, unit, body.tool_resources, of_thread=True)
    doc = thread(
        id or namespace.ids.make("thread"), now=namespace.now(), metadata=body.metadata, resources=named.fields
    )
    unit.insert(Thread, doc["id"], id=doc["id"], doc=doc)
    for first in body.messages or []:
        _, store_id = messages.add(namespace, unit, doc, first)
        named.add_store(store_id)
    return doc, named


def listing(namespace: Namespace, query: ListQuery) -> Page:
    """List threads."""
    return page(namespace, Thread, query)


def retrieve(namespace: Namespace, thread_id: str) -> dict[str, Any]:
    """Return a thread."""
    return dict(find(namespace, "thread", thread_id)["doc"])


def modify(namespace: Namespace, thread_id: str, body: ModifyThread) -> dict[str, Any]:
    """Change a thread; allowed while a run is active (documented)."""
    before = find(namespace, "thread", thread_id)["doc"]
    unit = namespace.unit()
    named = resources.resolve(namespace, unit, body.tool_resources, of_thread=True, changes=True)
    metadata = before["metadata"] if body.metadata is None else body.metadata
    doc = {**before, "metadata": metadata, "tool_resources": {**before["tool_resources"], **named.fields}}
    unit.update(Thread, thread_id, doc=doc)
    namespace.commit(unit)
    return doc


async def delete(namespace: Namespace, thread_id: str) -> None:
    """Delete a thread and all that is on it; a run that is active ends with it, unseen (recorded: allowed)."""
    require(namespace, "thread", thread_id)
    unit = namespace.unit()
    unit.soft_delete(Thread, thread_id)
    clear(namespace, unit, thread_id)
    namespace.commit(unit)
    end_run(namespace, thread_id)
    if namespace.sessions is not None:  # last, so that the thread cannot be found meanwhile
        await namespace.sessions.end(session_key(namespace, thread_id))


def clear(namespace: Namespace, unit: Unit, thread_id: str) -> None:
    """Remove all that is on a thread; a run that is active has to be ended when that is committed."""
    for run in namespace.documents.all(Run, namespace.name, thread_id=thread_id):
        unit.delete(RunStep, run_id=run["id"])
        unit.delete(RunAction, run_id=run["id"])
    for table in (Message, Run, JournalEntry):
        unit.delete(table, thread_id=thread_id)
    unit.delete(ScriptMemory, owner=f"thread:{thread_id}")


def end_run(namespace: Namespace, thread_id: str) -> None:
    """Stop the run that is active on a deleted thread, and end its streams."""
    task = namespace.runs.active(thread_id)
    if task is not None:
        task.stop()
        namespace.documents.journal.close(namespace.name, task.run["id"])
