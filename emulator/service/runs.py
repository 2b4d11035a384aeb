"""Runs of a thread."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from emulator.domain import refusals
from emulator.domain.caller import OPENAI, Caller
from emulator.domain.errors import ApiError
from emulator.domain.hints import outputs
from emulator.domain.hints.kinds import HintKind
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.domain.ports import UnmatchedError
from emulator.engine import next_run
from emulator.engine.namespace import Namespace
from emulator.engine.start import begin, informed, report_unmatched
from emulator.service import conversations, messages, resources, threads, vector_stores
from emulator.service.answers import answers_to, called_and_answered, with_approvals
from emulator.service.assistants import check_format, check_tools
from emulator.service.lookup import ListQuery, find, find_on_thread, page, require
from emulator.service.models import check_model, check_sampling
from emulator.store.documents import Page, Transaction
from emulator.store.journal import Change, Entry
from emulator.store.tables import Message, Run
from emulator.transcripts.prompt import model_view
from emulator.wire.foundry import SubmitToFoundry
from emulator.wire.messages import citation_of
from emulator.wire.runs import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs, run
from emulator.wire.threads import CreateThread


async def create(
    namespace: Namespace,
    thread_id: str,
    body: CreateRun,
    caller: Caller = OPENAI,
) -> dict[str, Any]:
    """Begin a run on a thread that no other run locks."""

    async def on_thread(tx: Transaction) -> dict[str, Any]:
        thread = dict((await find(namespace, tx, "thread", thread_id))["doc"])
        assistant = (await find(namespace, tx, "assistant", body.assistant_id))["doc"]
        if (active := await namespace.runs.active(tx, thread_id)) is not None:
            namespace.hint(tx, HintKind.REFUSED_BY_ACTIVE_RUN, active["id"])
            raise refusals.thread_is_busy_for_runs(thread_id, active["id"])
        await namespace.hint_at_a_race(tx, thread_id)
        for additional in body.additional_messages or []:
            await messages.add(namespace, tx, thread, additional)
        return await _start(namespace, tx, body, caller, assistant=assistant, thread=thread)

    return await _begun(namespace, on_thread, thread_id)


async def create_with_thread(
    namespace: Namespace,
    body: CreateThreadAndRun,
    caller: Caller = OPENAI,
) -> dict[str, Any]:
    """Make a thread and begin a run on it."""
    new = body.thread or CreateThread()
    given = new.tool_resources
    if body.tool_resources is not None:
        merged = body.tool_resources if given is None else resources.merge(given, body.tool_resources)
        new = new.model_copy(update={"tool_resources": merged})

    async def on_new_thread(tx: Transaction) -> dict[str, Any]:
        assistant = (await find(namespace, tx, "assistant", body.assistant_id))["doc"]
        await resources.check(namespace, tx, given)  # also what the run's own take the place of
        thread = await threads.add(namespace, tx, new)
        doc = await _start(namespace, tx, body, caller, assistant=assistant, thread=thread)
        # The stream of the run begins with its thread (recorded).
        next(entry for entry in tx.entries if entry.event == "thread.created").run_id = doc["id"]
        return doc

    return await _begun(namespace, on_new_thread)


async def _begun(
    namespace: Namespace, start: Callable[[Transaction], Awaitable[dict[str, Any]]], thread_id: str | None = None
) -> dict[str, Any]:
    """Begin a run in a transaction; a refusal by the script leaves nothing behind but a line in the report."""
    try:
        async with namespace.transaction(thread=thread_id) as tx:
            return await start(tx)
    except UnmatchedError as unmatched:
        async with namespace.transaction() as tx:
            report_unmatched(namespace, tx, unmatched)
        namespace.warn_of_script(unmatched.run_id or "", unmatched.message)
        raise refusals.scripted_refusal(unmatched.message) from unmatched


async def _start(
    namespace: Namespace,
    tx: Transaction,
    body: CreateRun | CreateThreadAndRun,
    caller: Caller,
    *,
    assistant: Mapping[str, Any],
    thread: Mapping[str, Any],
) -> dict[str, Any]:
    doc = run(
        namespace.ids.make("run"),
        thread_id=thread["id"],
        now=namespace.now(),
        lifetime=namespace.behaviors.lifetime_of_runs(foundry=caller.is_foundry),
        body=body,
        assistant=assistant,
        servers=(body.tool_resources.mcp if body.tool_resources else None) or (),
    )
    check_model(namespace, doc["model"], old_models=caller.refuses_later_models)
    check_sampling(doc["model"], body.sent_fields(), assistant)
    check_tools(doc["tools"])
    check_format(namespace, doc["model"], doc["tools"], body, doc["response_format"])
    context = [row["doc"] for row in await tx.newest(Message, thread_id=thread["id"])]
    if not caller.v1 and not doc["instructions"] and not any(message["role"] == "user" for message in context):
        raise refusals.nothing_to_run()
    stores = resources.stores_of(assistant, thread)
    for store_id in stores:
        await vector_stores.use(namespace, tx, store_id)
    await resources.keep_searchable(namespace, tx, assistant)
    about: dict[str, Any] = {"thread_id": thread["id"], "run_id": doc["id"]}
    change = Change(doc["id"], "queued", namespace.clock.now(), "create")
    tx.record(Entry(**about, event="thread.run.created", data=doc))
    tx.record(Entry(**about, event="thread.run.queued", data=doc, change=change))
    memory = await namespace.memory(tx, thread["id"], assistant["id"])
    view = model_view(
        doc,
        assistant=assistant,
        thread=thread,
        messages=context,
        files=await resources.reach(namespace, tx, assistant, thread),
        stores=stores,
        turn=await tx.count(Run, thread_id=thread["id"]) + 1,
        memory=memory,
        citation=citation_of(caller) or namespace.behaviors.citation,
        approvals=resources.approvals(body.tool_resources),
    )
    view = await informed(namespace, tx, view)
    timeline = [change.in_timeline()]
    row = {"id": doc["id"], "thread_id": thread["id"], "status": change.status, "doc": doc, "timeline": timeline}
    play = await begin(namespace, tx, row, view, memory, caller=caller)
    behind = {conversations.BEHIND: context[-1]["id"] if context else None}
    tx.insert(Run, doc["id"], **row, view=view, play={**play, **behind})
    await next_run.hand_on(namespace, tx, row)
    namespace.note_begin(tx, thread["id"], doc["id"], streamed=bool(body.stream))
    return doc


async def listing(namespace: Namespace, thread_id: str, query: ListQuery) -> Page:
    """List the runs of a thread."""
    async with namespace.transaction(thread=thread_id) as tx:
        await require(namespace, tx, "thread", thread_id)
        namespace.note_read(tx, thread_id)
        return await page(tx, Run, query, thread_id=thread_id)


async def retrieve(namespace: Namespace, thread_id: str, run_id: str) -> dict[str, Any]:
    """Return a run; at some paces this poll lets it continue."""
    async with namespace.transaction(thread=thread_id) as tx:
        row = await find_on_thread(namespace, tx, "run", thread_id, run_id)
        namespace.note_read(tx, thread_id, run_id)
        await namespace.runs.polled(tx, row)
        return dict(row["doc"])


async def modify(namespace: Namespace, thread_id: str, run_id: str, body: ModifyRun) -> dict[str, Any]:
    """Change a run's metadata; refused while it is under way (recorded for v1)."""
    async with namespace.transaction(thread=thread_id) as tx:
        doc = dict((await find_on_thread(namespace, tx, "run", thread_id, run_id))["doc"])
        if doc["status"] not in RUN_TERMINAL and doc["status"] != "requires_action":
            raise refusals.cannot_update_run(doc["status"])
        namespace.note_read(tx, thread_id, run_id)
        if body.metadata is not None:
            doc["metadata"] = body.metadata
            tx.update(Run, run_id, doc=doc)
            await namespace.runs.changed(tx, thread_id)
        return doc


async def cancel(namespace: Namespace, thread_id: str, run_id: str) -> dict[str, Any]:
    """Begin to cancel a run, also one whose code is running."""
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        row = await find_on_thread(namespace, tx, "run", thread_id, run_id)
        if row["status"] in RUN_TERMINAL or row["status"] == "cancelling":
            if await _ended_unread(namespace, tx, row):
                namespace.hint(tx, HintKind.CANCELLED_TOO_LATE, run_id)
            namespace.note_cancel(tx, thread_id, run_id)
            raise refusals.cannot_cancel_run(row["status"])
        namespace.note_cancel(tx, thread_id, run_id)
        await namespace.runs.signal(tx, row, Signal.CANCEL)
        return dict((await find(namespace, tx, "run", run_id))["doc"])


async def _ended_unread(namespace: Namespace, tx: Transaction, row: Mapping[str, Any]) -> bool:
    """Return whether a run ended by itself before its client read anything, because a run at this pace takes no time.

    The service answered a cancel in the next request with 200 (recorded four times).
    """
    by_itself = row["status"] not in ("cancelling", "cancelled")
    is_immediate = namespace.config.pace.progression == "immediate"
    return by_itself and is_immediate and await namespace.is_unread(tx, row["thread_id"], row["id"])


async def submit_tool_outputs(
    namespace: Namespace, thread_id: str, run_id: str, body: SubmitToolOutputs | SubmitToFoundry
) -> dict[str, Any]:
    """Answer all outstanding calls of a run that waits for them."""
    async with namespace.transaction(thread=thread_id) as tx:
        row = await find_on_thread(namespace, tx, "run", thread_id, run_id)
        doc = row["doc"]
        namespace.note_read(tx, thread_id, run_id)
        if doc["status"] != "requires_action":
            namespace.hint(tx, outputs.at_wrong_time(await _timeline(tx, run_id)), run_id, doc["status"])
            raise refusals.run_takes_no_outputs(doc["status"])
        required = doc["required_action"]
        try:
            answers = answers_to(required, body)
        except ApiError:
            kind = outputs.to_wrong_calls(await _timeline(tx, run_id), *called_and_answered(required, body))
            if kind is not None:
                namespace.hint(tx, kind, run_id)
            raise
        await namespace.runs.signal(tx, row, Signal.SUBMIT, **answers)
        namespace.note_begin(tx, thread_id, run_id, streamed=bool(body.stream))
        return with_approvals(dict((await find(namespace, tx, "run", run_id))["doc"]), required, answers)


async def _timeline(tx: Transaction, run_id: str) -> outputs.Timeline:
    """Return what a run came to so far, for the hint at a refusal: what is answered needs none."""
    row = await tx.get(Run, run_id, heavy=True)
    return (row["timeline"] if row is not None else None) or ()
