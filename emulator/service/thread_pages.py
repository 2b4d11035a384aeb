"""A thread as people read it, a page of messages at a time, with its runs where they began.

Whoever looks moves nothing. What a page reads does not grow with the thread: some messages, the runs between them, and
a search by halves for the first of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.engine.namespace import Namespace
from emulator.service.conversations import begun_behind
from emulator.service.run_records import SUMMARIZED, calls_of, summary
from emulator.service.stand_ins import named_files
from emulator.service.thread_records import find
from emulator.service.thread_windows import Place, Window, find_window
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Message, Run, RunStep

MOST_RUNS: Final = 100  # on one page
MOST_STEPS: Final = 100  # of one run
MOST_COUNTED: Final = 10_000
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run, or a piece of it between two messages of its own.

    run: as lists have it. doc: its document. calls: what it called before the message that follows. begins: whether
    this piece is its first. more: whether it has steps that are not shown. thoughts: summaries of its reasoning.
    """

    run: Doc
    doc: Doc
    calls: Sequence[Doc]
    begins: bool
    more: bool = False
    thoughts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A page of a thread. entries: messages (documents) and runs, as they came to be.

    older, newer: the message before or after which the next page lies; None where there is nothing. count: of messages,
    None for more than `MOST_COUNTED`. active: the run that locks the thread. assistants, files: the names of those that
    are there, by their ids. found: what searches have found, by the ids of files. runs_left_out: more on the page.
    """

    thread: Doc
    entries: Sequence[Doc | ShownRun]
    older: str | None
    newer: str | None
    count: int | None
    active: Doc | None
    assistants: Mapping[str, str]
    files: Mapping[str, str]
    found: Mapping[str, Sequence[str]]
    runs_left_out: bool = False


@dataclass(slots=True)
class _Run:
    """place: of the message behind which it began."""

    row: Row
    place: int
    steps: Sequence[Doc] = field(default_factory=list)
    more: bool = False


async def page(namespace: Namespace, thread_id: str, place: Place) -> ThreadPage:
    """Return a page of a thread; raise the 404 of a thread or a message that is not there."""
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        thread = await find(tx, thread_id)
        window = await find_window(tx, thread_id, place)
        runs, left_out = await _runs(tx, thread_id, window)
        entries = _entries(window, runs)
        count = await tx.count_up_to(Message, MOST_COUNTED + 1, thread_id=thread_id)
        unfinished = await tx.unfinished(Run, thread_id=thread_id)
        messages = [row["doc"] for row in window.rows]
        docs = [*messages, *(step for run in runs for step in run.steps)]
        files = await names_of(tx, File, [*named_files([thread, *docs])], "filename")
        assistants = [one["assistant_id"] for one in messages] + [run.row["doc"]["assistant_id"] for run in runs]
        return ThreadPage(
            thread=thread,
            entries=entries,
            older=window.rows[0]["id"] if window.previous is not None and window.rows else None,
            newer=window.rows[-1]["id"] if window.following is not None and window.rows else None,
            count=count if count <= MOST_COUNTED else None,
            active=_active(unfinished),
            assistants=await names_of(tx, Assistant, assistants, "name"),
            files=files,
            found=_found([step for run in runs for step in run.steps]),
            runs_left_out=left_out,
        )


def _active(rows: Sequence[Row]) -> Doc | None:
    return next(({"id": row["id"], "status": row["status"], "waits_for": row["waits_for"]} for row in rows), None)


async def names_of(tx: Transaction, table: Table, ids: Sequence[str | None], name: str) -> dict[str, str]:
    """Return what objects are called, by their ids; those that are gone are missing. name: the field that says it."""
    wanted = list(dict.fromkeys(id_ for id_ in ids if id_))[:500]
    rows = await tx.all_of(table, "id", wanted) if wanted else ()
    return {row["id"]: row["doc"].get(name) or "" for row in rows}


# --- runs -----------------------------------------------------------------------------------------------------------


async def _runs(tx: Transaction, thread_id: str, window: Window) -> tuple[list[_Run], bool]:
    """Return the runs that began behind messages of a page, or wrote some of them; and whether there are more."""
    by_id = window.by_id
    first = window.rows[0]["seq"] if window.previous is not None and window.rows else 0
    end = window.following["seq"] if window.following is not None else None
    after = await _last_before(tx, thread_id, first, by_id) if first else None
    found = await tx.page(Run, Cursor(MOST_RUNS, "asc", after=after), also=SUMMARIZED, thread_id=thread_id)
    runs = [_Run(row, await begun_behind(tx, row, by_id)) for row in found.rows]
    runs = [run for run in runs if end is None or run.place < end]
    left_out = found.has_more and len(runs) == len(found.rows)
    known = {run.row["id"] for run in runs}
    # What wrote the first messages of a page may have begun before them.
    writers = dict.fromkeys(row["run_id"] for row in window.rows if row["run_id"] and row["run_id"] not in known)
    others = [row for id_ in writers if (row := await tx.get(Run, id_, also=SUMMARIZED)) is not None]
    runs += [_Run(row, await begun_behind(tx, row, by_id)) for row in others if row["thread_id"] == thread_id]
    runs.sort(key=lambda run: run.row["seq"])
    shown = {row["id"] for row in window.rows}
    for run in runs:
        steps = await tx.page(RunStep, Cursor(MOST_STEPS, "asc"), run_id=run.row["id"])
        run.steps, run.more = [step["doc"] for step in steps.rows], steps.has_more
        run.steps = await _on_page(tx, run.steps, shown)
    return [run for run in runs if run.steps or not await _is_elsewhere(tx, run, window)], left_out


async def _last_before(tx: Transaction, thread_id: str, place: int, by_id: Mapping[str, Row]) -> int:
    """Return the place of the last run that began before a message; 0 where none did.

    A run follows the other, so they are in the order of the messages behind which they began, and halves tell.
    """
    newest = await tx.page(Run, Cursor(1), thread_id=thread_id)
    low, high = 0, newest.rows[0]["seq"] + 1 if newest.rows else 1
    while low + 1 < high:
        middle = (low + high) // 2
        between = await tx.page(Run, Cursor(1, "asc", middle - 1, high), also=("play",), thread_id=thread_id)
        if between.rows and await begun_behind(tx, between.rows[0], by_id) < place:
            low = between.rows[0]["seq"]
        else:
            high = middle
    return low


async def _on_page(tx: Transaction, steps: Sequence[Doc], shown: set[str]) -> Sequence[Doc]:
    """Return the steps of a run that belong to the messages of a page: those that led to them."""
    wrote = [_written_by(step) for step in steps]
    others = [id_ for id_ in wrote if id_ is not None and id_ not in shown]
    elsewhere = {row["id"] for row in await tx.all_of(Message, "id", others)} if others else set()
    if not elsewhere:
        return steps
    own = [n for n, id_ in enumerate(wrote) if id_ in shown]
    if not own:
        return []
    begin = max((n + 1 for n in range(own[0]) if wrote[n] in elsewhere), default=0)
    end = min((n for n in range(own[-1] + 1, len(steps)) if wrote[n] in elsewhere), default=len(steps))
    return steps[begin:end]


async def _is_elsewhere(tx: Transaction, run: _Run, window: Window) -> bool:
    """Return whether a run is shown by another page: it wrote messages, or made steps, and all of them stand there."""
    if window.following is not None and window.following["run_id"] == run.row["id"]:
        return all(row["run_id"] != run.row["id"] for row in window.rows)
    wrote = any(row["run_id"] == run.row["id"] for row in window.rows)
    return not wrote and await tx.count_up_to(RunStep, 1, run_id=run.row["id"]) > 0


def _written_by(step: Mapping[str, Any]) -> str | None:
    found: str | None = step["step_details"].get("message_creation", {}).get("message_id")
    return found


# --- in order -------------------------------------------------------------------------------------------------------


def _entries(window: Window, runs: Sequence[_Run]) -> list[Doc | ShownRun]:
    left = {row["id"]: row["doc"] for row in window.rows}
    written: dict[str, list[str]] = {}
    for row in window.rows:
        written.setdefault(row["run_id"] or "", []).append(row["id"])
    waiting = list(runs)[::-1]
    entries: list[Doc | ShownRun] = []
    for row in window.rows:
        while waiting and waiting[-1].place < row["seq"]:
            run = waiting.pop()
            entries += _of_run(run, left, written.get(run.row["id"], ()))
        if left.pop(row["id"], None) is not None:
            entries.append(row["doc"])
    while waiting:
        run = waiting.pop()
        entries += _of_run(run, left, written.get(run.row["id"], ()))
    return entries


def _of_run(run: _Run, left: dict[str, Doc], written: Sequence[str]) -> list[Doc | ShownRun]:
    """Return a run and its messages, with its calls between them. left: messages that were not shown yet."""
    entries: list[Doc | ShownRun] = []
    about, doc = summary(run.row), dict(run.row["doc"])
    calls: list[Doc] = []
    begins = True
    for step in run.steps:
        calls += calls_of([step])
        message = left.pop(_written_by(step) or "", None)
        if message is not None:
            if calls or begins:
                entries.append(ShownRun(about, doc, calls, begins))
            entries.append(message)
            calls, begins = [], False
    if calls or begins or run.more:
        entries.append(ShownRun(about, doc, calls, begins, run.more))
    # What has no step that says so, as of threads that were imported without them.
    return [*entries, *(message for id_ in written if (message := left.pop(id_, None)) is not None)]


def _found(steps: Sequence[Doc]) -> dict[str, list[str]]:
    """Return the passages that searches found, by the ids of their files."""
    found: dict[str, list[str]] = {}
    for step in steps:
        for call in step["step_details"].get("tool_calls", ()):
            inner = call.get("file_search") or {}
            results = inner.get("results") if isinstance(inner, Mapping) else None
            for result in results if isinstance(results, list) else ():
                text = "\n".join(str(part.get("text") or "") for part in result.get("content") or ())
                if text:
                    found.setdefault(str(result.get("file_id")), []).append(text)
    return found
