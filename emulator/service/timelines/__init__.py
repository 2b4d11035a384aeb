"""The timeline of a run: what it went through and did, and what its client did meanwhile, on the namespace's clock.

It is read from the row, the steps, the journal as far as that still has the run, and the request log. Whoever looks
moves nothing.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.request_log import LoggedRequest
from emulator.domain.timelines import LANES, Moment, Span, Timeline
from emulator.engine.namespace import Namespace
from emulator.service import run_records
from emulator.service.timelines.client import about_run, drafts_of_requests, open_stream
from emulator.service.timelines.drafts import Draft, Key
from emulator.service.timelines.statuses import drafts_of_statuses
from emulator.service.timelines.work import drafts_of_work
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import Message, Run, RunStep

# Of each lane; of more, what lies in the middle is counted and not named.
MOST_SPANS: Final = 200
# Of a thread whose timelines are wanted.
MOST_RUNS: Final = 200
_MOST_MESSAGES: Final = 100


async def timeline(namespace: Namespace, run_id: str) -> Timeline:
    """Return the timeline of a run, or of a response; raise the 404 of one that is not there."""
    thread_id = await run_records.thread_of(namespace, run_id)
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        row = await run_records.find(tx, run_id)
        log = await namespace.requests.read(tx)
        return await timeline_of(namespace, tx, row, about_run(log, row), has_all_requests=not log.dropped)


async def timeline_of(
    namespace: Namespace,
    tx: Transaction,
    row: Row,
    requests: Sequence[LoggedRequest],
    *,
    has_all_requests: bool,
) -> Timeline:
    """Return the timeline of the run of a row, which has its heavy columns. requests: those about it.

    has_all_requests: whether the log has not forgotten any.
    """
    steps = [step["doc"] for step in await tx.all(RunStep, run_id=row["id"])]
    changes = await tx.changes_of(row["id"])
    statuses = drafts_of_statuses(row, changes)
    work = drafts_of_work(row, steps, changes, statuses, await _texts(tx, steps))
    is_over = row["status"] in RUN_TERMINAL
    client = drafts_of_requests(requests, row["id"], statuses, work)
    if not is_over and await tx.is_streamed(row["id"]):
        client.append(open_stream(statuses))
    drafts = [*statuses, *work, *client]
    places = _places(drafts)
    kept, left_out = _bounded(drafts)
    spans = sorted((_span(draft, places) for draft in kept), key=lambda span: span.began.place)
    return Timeline(
        run_id=row["id"],
        status=row["status"],
        is_over=is_over,
        now=statuses[-1].began.at if is_over else namespace.clock.now(),
        spans=spans,
        places=len(places),
        left_out=left_out,
        has_all_requests=has_all_requests,
    )


async def timelines_on(namespace: Namespace, tx: Transaction, thread_id: str) -> Mapping[str, Timeline]:
    """Return the timelines of the newest runs of a thread, by their ids, oldest first."""
    page = await tx.page(Run, Cursor(MOST_RUNS), also=("play", "timeline"), thread_id=thread_id)
    whole = await namespace.requests.read(tx)
    log = [request for request in whole if request.thread == thread_id]
    return {
        row["id"]: await timeline_of(namespace, tx, row, about_run(log, row), has_all_requests=not whole.dropped)
        for row in page.rows[::-1]
    }


async def _texts(tx: Transaction, steps: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return how the messages of steps begin, by their ids."""
    found = {}
    for step in islice(steps, _MOST_MESSAGES):
        made = step["step_details"].get("message_creation")
        row = await tx.get(Message, made["message_id"]) if made else None
        if row is not None:
            texts = [part["text"]["value"] for part in row["doc"]["content"] if part["type"] == "text"]
            found[row["id"]] = " ".join(texts)
    return found


def _places(drafts: Sequence[Draft]) -> Mapping[Key, int]:
    """Return the number of each moment in the order of all of them."""
    moments = {moment for draft in drafts for moment in (draft.began, draft.ended) if moment is not None}
    return {key: place for place, key in enumerate(sorted({moment.key for moment in moments}))}


def _bounded(drafts: Sequence[Draft]) -> tuple[list[Draft], int]:
    kept: list[Draft] = []
    for lane in LANES:
        within = [draft for draft in drafts if draft.lane == lane]
        half = MOST_SPANS // 2
        kept += within if len(within) <= MOST_SPANS else [*within[:half], *within[-half:]]
    return kept, len(drafts) - len(kept)


def _span(draft: Draft, places: Mapping[Key, int]) -> Span:
    return Span(
        draft.lane,
        draft.kind,
        draft.name,
        Moment(draft.began.at, places[draft.began.key]),
        None if draft.ended is None else Moment(draft.ended.at, places[draft.ended.key]),
        draft.detail,
        draft.status,
        draft.times,
        draft.count,
        draft.id,
    )
