"""The steps of a run."""

from typing import Any

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, find, find_on_thread, page
from emulator.store.documents import Page, Transaction
from emulator.store.tables import RunStep


async def listing(namespace: Namespace, thread_id: str, run_id: str, query: ListQuery) -> Page:
    """List the steps of a run."""
    async with namespace.transaction(thread=thread_id) as tx:
        over = await _run_is_over(namespace, tx, thread_id, run_id)
        steps = await page(tx, RunStep, query, run_id=run_id)
    return Page([{**row, "doc": as_of_now(row["doc"], run_is_over=over)} for row in steps.rows], steps.has_more)


async def retrieve(namespace: Namespace, thread_id: str, run_id: str, step_id: str) -> dict[str, Any]:
    """Return a step."""
    async with namespace.transaction(thread=thread_id) as tx:
        over = await _run_is_over(namespace, tx, thread_id, run_id)
        row = await find(namespace, tx, "step", step_id, run_id=run_id)
    return as_of_now(row["doc"], run_is_over=over)


def as_of_now(doc: dict[str, Any], *, run_is_over: bool) -> dict[str, Any]:
    """Return a step whose expires_at goes with the end of its run (recorded; streams keep the number)."""
    return {**doc, "expires_at": None} if run_is_over else doc


async def _run_is_over(namespace: Namespace, tx: Transaction, thread_id: str, run_id: str) -> bool:
    run = await find_on_thread(namespace, tx, "run", thread_id, run_id)
    namespace.note_read(tx, thread_id, run_id)
    return run["status"] in RUN_TERMINAL
