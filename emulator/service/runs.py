"""Runs of a thread."""

from collections.abc import Mapping
from typing import Any

from emulator.domain import refusals
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.engine.start import begin
from emulator.service import messages, resources, threads, vector_stores
from emulator.service.assistants import check_tools
from emulator.service.lookup import ListQuery, find, find_on_thread, page, require
from emulator.service.models import check_model
from emulator.store.documents import Page, Unit
from emulator.store.tables import Message, Run
from emulator.wire.runs import CreateRun, CreateThreadAndRun, ModifyRun, RunFields, SubmitToolOutputs, run
from emulator.wire.threads import CreateThread


async def create(
    namespace: Namespace, thread_id: str, body: CreateRun, *, v1: bool = False, old_models: bool = False
) -> dict[str, Any]:
    """Begin a run on a thread that no other run locks.

    v1: it ran an empty thread without instructions, too. old_models: it refused some that came after it.
    """
    await namespace.runs.settle(thread_id)
    thread = dict(find(namespace, "thread", thread_id)["doc"])
    assistant = find(namespace, "assistant", body.assistant_id)["doc"]
    if (task := namespace.runs.active(thread_id)) is not None:
        raise refusals.thread_is_busy_for_runs(thread_id, task.run["id"])
    unit = namespace.unit()
    named = resources.Resources()
    for additional in body.additional_messages or []:
        _, store_id = messages.add(namespace, unit, thread, additional)
        named.add_store(store_id)
    return _start(namespace, unit, body, assistant=assistant, thread=thread, named=named, v1=v1, old_models=old_models)


async def create_with_thread(
    namespace: Namespace, body: CreateThreadAndRun, *, v1: bool = False, old_models: bool = False
) -> dict[str, Any]:
    """Make a thread and begin a run on it. v1, old_models: as in `create`."""
    assistant = find(namespace, "assistant", body.assistant_id)["doc"]
    unit = namespace.unit()
    new = body.thread or CreateThread()
    if body.tool_resources is not None:
        new = new.model_copy(update={"tool_resources": body.tool_resources})
    thread, named = threads.add(namespace, unit, new)
    return _start(
        namespace,
        unit,
        body,
        assistant=assistant,
        thread=thread,
        named=named,
        thread_is_new=True,
        v1=v1,
        old_models=old_models,
    )


def _start(
    namespace: Namespace,
    unit: Unit,
    body: RunFields,
    *,
    assistant: Mapping[str, Any],
    thread: Mapping[str, Any],
    named: resources.Resources,
    thread_is_new: bool = False,
    v1: bool,
    old_models: bool,
) -> dict[str, Any]:
    doc = run(namespace.ids.make("run"), thread_id=thread["id"], now=namespace.now(), body=body, assistant=assistant)
    check_model(namespace, doc["model"], old_models=old_models)
    check_tools(doc["tools"], body, doc["response_format"])
    context = [row["doc"] for row in namespace.documents.newest(Message, namespace.name, thread_id=thread["id"])]
    context += [row["doc"] for row in unit.added(Message)]
    if not v1 and not doc["instructions"] and not any(message["role"] == "user" for message in context):
        raise refusals.nothing_to_run()
    for store_id in resources.stores_of(assistant, thread):
        if store_id not in named.new_stores:
            vector_stores.use(namespace, unit, store_id)
    named.new_stores += resources.keep_searchable(namespace, unit, assistant)
    about = {"thread_id": thread["id"], "run_id": doc["id"]}
    if thread_is_new:
        unit.record("thread.created", dict(thread), **about)
    unit.insert(Run, doc["id"], id=doc["id"], thread_id=thread["id"], status="queued", doc=doc, view=None, play=None)
    unit.record("thread.run.created", doc, **about)
    unit.record("thread.run.queued", doc, **about)
    task = begin(
        namespace,
        unit,
        doc,
        assistant=assistant,
        thread=thread,
        messages=context,
        files=resources.reach(namespace, assistant, thread),
        stores=resources.stores_of(assistant, thread),
    )
    namespace.commit(unit)
    named.begin_ingestion(namespace)
    task.launch()
    return doc


async def listing(namespace: Namespace, thread_id: str, query: ListQuery) -> Page:
    """List the runs of a thread."""
    require(namespace, "thread", thread_id)
    await namespace.runs.settle(thread_id)
    return page(namespace, Run, query, thread_id=thread_id)


async def retrieve(namespace: Namespace, thread_id: str, run_id: str) -> dict[str, Any]:
    """Return a run; at some paces this poll lets it continue."""
    doc = await _find(namespace, thread_id, run_id)
    task = namespace.runs.active(thread_id)
    if task is not None and task.run["id"] == run_id:
        task.polled()
    return doc


async def _find(namespace: Namespace, thread_id: str, run_id: str) -> dict[str, Any]:
    return dict((await find_on_thread(namespace, "run", thread_id, run_id))["doc"])


async def modify(namespace: Namespace, thread_id: str, run_id: str, body: ModifyRun) -> dict[str, Any]:
    """Change a run's metadata; refused while it is under way (recorded for v1)."""
    doc = await _find(namespace, thread_id, run_id)
    if doc["status"] not in RUN_TERMINAL and doc["status"] != "requires_action":
        raise refusals.cannot_update_run(doc["status"])
    if body.metadata is not None:
        doc["metadata"] = body.metadata
        namespace.amend(Run, doc)
    return doc


async def cancel(namespace: Namespace, thread_id: str, run_id: str) -> dict[str, Any]:
    """Begin to cancel a run."""
    doc = await _find(namespace, thread_id, run_id)
    task = namespace.runs.active(thread_id)
    if task is None or doc["status"] in RUN_TERMINAL or doc["status"] == "cancelling":
        raise refusals.cannot_cancel_run(doc["status"])
    task.cancel()
    return task.run


async def submit_tool_outputs(
    namespace: Namespace, thread_id: str, run_id: str, body: SubmitToolOutputs
) -> dict[str, Any]:
    """Answer all outstanding calls of a run that waits for them."""
    doc = await _find(namespace, thread_id, run_id)
    task = namespace.runs.active(thread_id)
    if task is None or doc["status"] != "requires_action":
        raise refusals.run_takes_no_outputs(doc["status"])
    expected = [call["id"] for call in doc["required_action"]["submit_tool_outputs"]["tool_calls"]]
    got = [output.tool_call_id for output in body.tool_outputs]
    if sorted(got) != sorted(expected):
        raise refusals.wrong_tool_outputs(expected, got)
    task.submit({output.tool_call_id: output.output or "" for output in body.tool_outputs})
    return task.run
