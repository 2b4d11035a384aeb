"""What there is to know of runs: how each came to where it is, what it called, and what the report says of it.

Whoever looks moves nothing: no poll is counted, at any pace, and nothing counts as read by a client.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import refusals
from emulator.domain.drift import of_line, text_of
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RUN, RUN_TERMINAL
from emulator.domain.nearest import did_you_mean
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, page
from emulator.service.responses import records as responses
from emulator.service.steps import as_of_now
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Conversation, ReportLine, Run, RunStep, Thread
from emulator.tools import kinds
from emulator.tools.kind import Summary

# What a summary takes beside the light columns of a row.
SUMMARIZED: Final = ("play", "timeline")
Doc = dict[str, Any]


async def listing(
    namespace: Namespace,
    query: ListQuery,
    *,
    thread_id: str | None = None,
    status: str | None = None,
    settled: bool = True,
) -> Doc:
    """Return summaries of the runs of a namespace, or of those on a thread or in a status.

    settled: whether what is under way is waited for, which takes the longer the more that is.
    """
    if status is not None and status not in RUN:
        hint = did_you_mean(status, RUN)
        raise ApiError(400, f"status: there is no status {status!r}{hint}; taken are {', '.join(RUN)}.", param="status")
    where = {name: value for name, value in (("thread_id", thread_id), ("status", status)) if value is not None}
    if settled:
        await settle(namespace, thread_id)
    async with namespace.transaction() as tx:
        if thread_id is not None and not await _is_known(tx, thread_id):
            raise refusals.not_found("thread", thread_id)
        # A response that its client did not store, or has deleted, was played all the same.
        found = await page(tx, Run, query, also=SUMMARIZED, deleted=True, **where)
    return {"runs": [summary(row) for row in found.rows], "has_more": found.has_more}


async def _is_known(tx: Transaction, thread_id: str) -> bool:
    return await tx.has(Thread, thread_id) or await tx.has(Conversation, thread_id)


async def settle(namespace: Namespace, thread_id: str | None) -> None:
    """Let what is under way settle, so that no list depends on a race; code that is running is not waited for."""
    if thread_id is not None:
        await namespace.runs.settle(thread_id, unless_reachable=True)
        return
    async with namespace.transaction() as tx:
        busy = [row["thread_id"] for row in await tx.unfinished(Run) if row["waits_for"] is None]
    for one in busy:
        await namespace.runs.settle(one, unless_reachable=True)


def summary(row: Row) -> Doc:
    """Return what a list says of a run, or a response. row: with the columns of `SUMMARIZED`."""
    doc = row["doc"]
    own = responses.summary(row) if responses.is_response(row) else {"assistant_id": doc["assistant_id"]}
    return {
        "id": row["id"],
        "thread_id": row["thread_id"],
        **own,
        "model": doc["model"],
        "status": row["status"],
        "waits_for": row["waits_for"],
        "created_at": doc["created_at"],
        "turn": (row["play"] or {}).get("turn"),
        "timeline": list(row["timeline"] or ()),
    }


async def retrieve(namespace: Namespace, run_id: str) -> Doc:
    """Return a run with its steps, its calls, and what the report says of it."""
    thread_id = await thread_of(namespace, run_id)
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        row = await find(tx, run_id)
        is_response = responses.is_response(row)
        steps = [step["doc"] for step in await tx.all(RunStep, run_id=run_id)]
        lines = await tx.all(ReportLine, run_id=run_id)
    is_over = row["status"] in RUN_TERMINAL
    return {
        **summary(row),
        "run": dict(row["doc"]),
        "steps": [as_of_now(step, run_is_over=is_over) for step in steps],
        "calls": responses.calls_of(row) if is_response else calls_of(steps),
        "script": (row["play"] or {}).get("script"),
        "report": [_line(line["kind"], line["doc"]) for line in lines],
    }


async def view(namespace: Namespace, run_id: str) -> Doc:
    """Return what the model was given for a run: the fields of a `ModelView`."""
    async with namespace.transaction() as tx:
        row = await find(tx, run_id)
    if row["view"] is None:
        raise ApiError(404, f"It is not known what the model was given for the run '{run_id}'.")
    if responses.is_response(row):
        return dict(row["view"])
    # A copy of a run has the view of the run that it was copied from.
    return {**row["view"], "run_id": run_id, "thread_id": row["thread_id"]}


async def thread_of(namespace: Namespace, run_id: str) -> str:
    """Return the thread of a run; raise the 404 of one that is not there."""
    async with namespace.transaction() as tx:
        row = await tx.get(Run, run_id, deleted=True)
    if row is None or row["doc"] is None:
        raise refusals.not_found("run", run_id)
    thread_id: str = row["thread_id"]
    return thread_id


async def find(tx: Transaction, run_id: str) -> Row:
    """Return the row of a run with its heavy columns; raise the 404 of one that is not there."""
    row = await tx.get(Run, run_id, heavy=True, deleted=True)
    if row is None or row["doc"] is None:
        raise refusals.not_found("run", run_id)
    return row


def error_of(doc: Mapping[str, Any]) -> Doc | None:
    """Return what went wrong in a run or a response, {code, message}; None where nothing did."""
    return doc.get("last_error") or doc.get("error")


def calls_of(steps: Sequence[Mapping[str, Any]]) -> list[Doc]:
    """Return the calls of some steps, in their order, alike for all kinds of tools."""
    return [
        {"id": call.get("id"), "type": call.get("type"), **_summary(call)._asdict(), "step_id": step["id"]}
        for step in steps
        for call in step["step_details"].get("tool_calls", ())
    ]


def _summary(call: Doc) -> Summary:
    kind = kinds.of_type(str(call.get("type")))  # it may be of a kind that is gone
    return Summary(str(call.get("type")), None, None) if kind is None else kind.summary(call)


def _line(kind: str, about: Mapping[str, Any]) -> Doc:
    """Return a line of the report with its message; of drift, what it is a drift of."""
    if kind == "drift":
        about = of_line(about)
        return {**about, "kind": kind, "message": text_of(about), "what": about["kind"]}
    return {"kind": kind, "message": "", **about}
