"""Runs of a thread."""

from collections.abc import Mapping
from typing import Any

from emulator.domain import errors
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.launching import begin
from emulator.engine.world import World
from emulator.service import messages, resources, threads, vector_stores
from emulator.service.assistants import check_tools
from emulator.service.finding import ListQuery, find, page
from emulator.service.models import check_model
from emulator.store.documents import Page, Unit
from emulator.store.tables import Message, Run
from emulator.wire.runs import CreateRun, CreateThreadAndRun, ModifyRun, RunFields, SubmitToolOutputs, run
from emulator.wire.threads import CreateThread


async def create(
    world: World, thread_id: str, body: CreateRun, *, v1: bool = False, old_models: bool = False
) -> dict[str, Any]:
    """Begin a run on a thread that no other run locks.

    v1: it ran an empty thread without instructions, too. old_models: it refused some that came after it.
    """
    await world.settle(thread_id)
    thread = dict(find(world, "thread", thread_id)["doc"])
    assistant = find(world, "assistant", body.assistant_id)["doc"]
    if (driver := world.drivers.get(thread_id)) is not None:
        raise errors.thread_is_busy_for_runs(thread_id, driver.run["id"])
    unit = world.unit()
    stores = resources.Asked()
    for more in body.additional_messages or []:
        _, store_id = messages.add(world, unit, thread, more)
        stores.made += [store_id] if store_id and store_id not in stores.made else []
    return _start(world, unit, body, assistant=assistant, thread=thread, stores=stores, v1=v1, old_models=old_models)


async def create_with_thread(
    world: World, body: CreateThreadAndRun, *, v1: bool = False, old_models: bool = False
) -> dict[str, Any]:
    """Make a thread and begin a run on it. v1, old_models: as in `create`."""
    assistant = find(world, "assistant", body.assistant_id)["doc"]
    unit = world.unit()
    asked = body.thread or CreateThread()
    if body.tool_resources is not None:
        asked = asked.model_copy(update={"tool_resources": body.tool_resources})
    thread, stores = threads.add(world, unit, asked)
    return _start(
        world,
        unit,
        body,
        assistant=assistant,
        thread=thread,
        stores=stores,
        thread_is_new=True,
        v1=v1,
        old_models=old_models,
    )


def _start(
    world: World,
    unit: Unit,
    body: RunFields,
    *,
    assistant: Mapping[str, Any],
    thread: Mapping[str, Any],
    stores: resources.Asked,
    thread_is_new: bool = False,
    v1: bool,
    old_models: bool,
) -> dict[str, Any]:
    doc = run(world.ids.make("run"), thread_id=thread["id"], now=world.now(), body=body, assistant=assistant)
    check_model(world, doc["model"], old_models=old_models)
    check_tools(doc["tools"], body, doc["response_format"])
    context = [row["doc"] for row in world.documents.newest(Message, world.name, thread_id=thread["id"])]
    context += [row["doc"] for row in unit.added(Message)]
    if not v1 and not doc["instructions"] and not any(message["role"] == "user" for message in context):
        raise errors.nothing_to_run()
    for store_id in resources.stores_of(assistant, thread):
        if store_id not in stores.made:
            vector_stores.use(world, unit, store_id)
    stores.made += resources.keep_searchable(world, unit, assistant)
    about = {"thread_id": thread["id"], "run_id": doc["id"]}
    if thread_is_new:
        unit.tell("thread.created", dict(thread), **about)
    unit.insert(Run, doc["id"], id=doc["id"], thread_id=thread["id"], status="queued", doc=doc, view=None, play=None)
    unit.tell("thread.run.created", doc, **about)
    unit.tell("thread.run.queued", doc, **about)
    driver = begin(
        world,
        unit,
        doc,
        assistant=assistant,
        thread=thread,
        messages=context,
        files=resources.reach(world, assistant, thread),
        stores=resources.stores_of(assistant, thread),
    )
    world.commit(unit)
    stores.begin(world)
    driver.launch()
    return doc


async def listing(world: World, thread_id: str, query: ListQuery) -> Page:
    """List the runs of a thread."""
    find(world, "thread", thread_id)
    await world.settle(thread_id)
    return page(world, Run, query, thread_id=thread_id)


async def retrieve(world: World, thread_id: str, run_id: str) -> dict[str, Any]:
    """Return a run; at some paces that is what lets it go on."""
    doc = await _look(world, thread_id, run_id)
    driver = world.drivers.get(thread_id)
    if driver is not None and driver.run["id"] == run_id:
        driver.polled()
    return doc


async def _look(world: World, thread_id: str, run_id: str) -> dict[str, Any]:
    find(world, "thread", thread_id)
    await world.settle(thread_id)
    return dict(find(world, "run", run_id, thread_id=thread_id)["doc"])


async def modify(world: World, thread_id: str, run_id: str, body: ModifyRun) -> dict[str, Any]:
    """Change a run's metadata; refused while it is under way (recorded for v1)."""
    doc = await _look(world, thread_id, run_id)
    if doc["status"] not in RUN_TERMINAL and doc["status"] != "requires_action":
        raise errors.cannot_update_run(doc["status"])
    if body.metadata is not None:
        doc["metadata"] = body.metadata
        world.amend(Run, doc)
    return doc


async def cancel(world: World, thread_id: str, run_id: str) -> dict[str, Any]:
    """Begin to cancel a run."""
    doc = await _look(world, thread_id, run_id)
    driver = world.drivers.get(thread_id)
    if driver is None or doc["status"] in RUN_TERMINAL or doc["status"] == "cancelling":
        raise errors.cannot_cancel_run(doc["status"])
    driver.cancel()
    return driver.run


async def submit_tool_outputs(world: World, thread_id: str, run_id: str, body: SubmitToolOutputs) -> dict[str, Any]:
    """Answer all outstanding calls of a run that waits for them."""
    doc = await _look(world, thread_id, run_id)
    driver = world.drivers.get(thread_id)
    if driver is None or doc["status"] != "requires_action":
        raise errors.run_takes_no_outputs(doc["status"])
    expected = [call["id"] for call in doc["required_action"]["submit_tool_outputs"]["tool_calls"]]
    got = [output.tool_call_id for output in body.tool_outputs]
    if sorted(got) != sorted(expected):
        raise errors.wrong_tool_outputs(expected, got)
    driver.submit({output.tool_call_id: output.output or "" for output in body.tool_outputs})
    return driver.run
