"""Making a response: from a request to one that is played."""

from typing import Any, Final

from emulator.domain import context_refusals, refusals
from emulator.domain.caller import OPENAI, Caller
from emulator.domain.past_steps import PastCall, steps_to_json
from emulator.domain.ports import UnmatchedError
from emulator.engine import next_run
from emulator.engine.namespace import Namespace
from emulator.engine.start import begin, go_on, informed, report_unmatched
from emulator.service.responses import attached_files, contexts, dialogues
from emulator.service.responses.assistants import assistant_of
from emulator.service.responses.views import model_view
from emulator.store.documents import Transaction
from emulator.store.journal import Change
from emulator.store.tables import Run
from emulator.transcripts.responses import turn_places
from emulator.transcripts.responses.event_log import EventLog, Published
from emulator.transcripts.responses.play import OfRequest, OfTurn, Play
from emulator.transcripts.responses.record import keeps_events
from emulator.wire.responses import capabilities, documents, text_format, tool_choice, tools
from emulator.wire.responses.ids import in_partition
from emulator.wire.responses.requests import CreateResponse, check_input

Doc = dict[str, Any]
# What a response repeats of its request as it was sent.
_ECHOED: Final = {
    "background", "frequency_penalty", "instructions", "max_output_tokens", "max_tool_calls", "metadata",
    "parallel_tool_calls", "presence_penalty", "previous_response_id", "prompt_cache_key", "prompt_cache_retention",
    "reasoning", "safety_identifier", "service_tier", "store", "temperature", "text", "top_logprobs", "top_p",
    "truncation", "user",
}  # fmt: skip


async def create(
    namespace: Namespace, body: CreateResponse, caller: Caller = OPENAI, *, assistant: str | None = None
) -> Doc:
    """Begin a response, and return its document as it is then. assistant: the id that a header names."""
    try:
        async with namespace.transaction(thread=await contexts.thread_of(namespace, body)) as tx:
            return await _start(namespace, tx, body, caller, assistant)
    except UnmatchedError as unmatched:
        async with namespace.transaction() as tx:
            report_unmatched(namespace, tx, unmatched)
        namespace.warn_of_script(unmatched.run_id or "", unmatched.message)
        raise refusals.scripted_refusal(unmatched.message) from unmatched


async def _start(
    namespace: Namespace, tx: Transaction, body: CreateResponse, caller: Caller, header: str | None
) -> Doc:
    context = await _context(namespace, tx, body)
    doc = _document(namespace, body, context)
    turn = await dialogues.locate(tx, context, doc["id"])
    if turn.began is None:
        await dialogues.begin(namespace, tx, turn, doc["id"], context.conversation_id)
    about, rule = await assistant_of(tx, header=header, instructions=doc["instructions"], model=body.model)
    memory = await namespace.memory(tx, turn.dialogue, about["id"])
    container = await attached_files.prepare(namespace, tx, context, doc["tools"])
    files = await attached_files.reach(namespace, tx, context.items, doc["tools"], container)
    as_sent = {**doc, "model": body.model}  # by which scripts know it, and not by its snapshot's name
    view = model_view(as_sent, context, turn, assistant=about, memory=memory, files=files)
    view = await informed(namespace, tx, view)
    own: Play = {
        **_of_request(body, context, caller, is_shared=tx.is_shared),
        **_of_turn(turn, context, doc["id"]),
        "assistant": about["id"],
        "rule": rule,
        "container": container,
    }
    row = _begun(namespace, tx, doc, own)
    if turn.began is None:
        play = await begin(namespace, tx, row, view, memory, caller=caller, past=turn.past)
    else:
        play = await go_on(namespace, tx, row, view, own)
        turn_places.answer(tx, (step.id for step in turn.past if isinstance(step, PastCall)))
    tx.insert(Run, doc["id"], **{**row, "play": play}, view=view)
    await next_run.hand_on(namespace, tx, row)
    return doc


async def _context(namespace: Namespace, tx: Transaction, body: CreateResponse) -> contexts.Context:
    """Return the context of a request; raise the refusal of what is found only now, in the order of the service."""
    context = await contexts.gather(namespace, tx, body, body.items)
    if context.conversation_id is not None and await namespace.runs.active(tx, context.conversation_id) is not None:
        raise context_refusals.conversation_is_locked()
    check_input(body)
    capabilities.check(body, body.model)
    capabilities.check_json(body, context.items)
    return context


def _of_request(body: CreateResponse, context: contexts.Context, caller: Caller, *, is_shared: bool) -> OfRequest:
    own: OfRequest = {
        "input": list(context.own),
        "previous": None if context.previous is None else context.previous["id"],
        "conversation": context.conversation_id,
        "seen": [item["id"] for item in context.before] if context.conversation_id else [],
        "store": body.is_stored,
        "background": bool(body.background),
        "stream": bool(body.stream),
        "mount": caller.mount,
    }
    if caller.payer is not None:
        own["payer"] = caller.payer
    if is_shared:
        own["is_shared"] = True
    return own


def _of_turn(turn: dialogues.Turn, context: contexts.Context, response_id: str) -> OfTurn:
    own: OfTurn = {
        "began": turn.began or response_id,
        "dialogue": turn.dialogue,
        "number": turn.number,
        "source": turn.source,
        "past": steps_to_json(turn.past),
        "digest_before": None if context.conversation_id else turn.digest,
    }
    if turn.usage is not None:
        own["usage"] = turn.usage
    return own


def _begun(namespace: Namespace, tx: Transaction, doc: Doc, own: Play) -> Doc:
    """Publish the beginning of a response; return the columns that it has so far."""
    thread_id = own["conversation"] or doc["id"]
    change = Change(doc["id"], doc["status"], namespace.clock.now(), "create")
    log = EventLog({"thread_id": thread_id, "run_id": doc["id"]}, is_kept=keeps_events(own))
    log.resume(Published())
    log.publish(tx, "response.created", {"response": doc}, change)
    log.publish(tx, f"response.{doc['status']}", {"response": doc})
    about = {"id": doc["id"], "thread_id": thread_id, "status": doc["status"], "doc": doc}
    return {**about, "timeline": [change.in_timeline()], "play": own}


def _document(namespace: Namespace, body: CreateResponse, context: contexts.Context) -> Doc:
    """Return the document of a new response, in the partition of what it goes on with."""
    now = namespace.now()
    id_ = in_partition(
        namespace.ids.make("resp"),
        partition=context.partition,
        time=now,
        stored=body.is_stored or bool(body.background),
    )
    return documents.response(
        id_,
        now=now,
        sent=body.model_dump(exclude_none=True, include=_ECHOED),
        model=body.model,
        tools=tools.tools_as_shown(body.tools),
        choice=tool_choice.choice_as_shown(body.tool_choice),
        text=text_format.format_as_shown(body.text),
        conversation_id=context.conversation_id,
        day=namespace.config.wire,
        status="queued" if body.background else "in_progress",
    )
