"""What there is to know of threads: the list of them that the API never had, and each with its messages and runs."""

from typing import Any, Final

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, page
from emulator.service.run_records import SUMMARIZED, Doc, summary
from emulator.store.documents import Cursor, Transaction
from emulator.store.tables import Message, Run, Thread

MOST_SHOWN: Final = 100  # of the messages of a thread, and of its runs


async def listing(namespace: Namespace, query: ListQuery) -> Doc:
    """Return the threads of a namespace, with how much is on each and the run that locks it."""
    async with namespace.transaction() as tx:
        found = await page(tx, Thread, query)
        active = {row["thread_id"]: row["id"] for row in await tx.unfinished(Run)}
        threads = [
            {
                "id": row["id"],
                "created_at": row["doc"]["created_at"],
                "metadata": row["doc"]["metadata"],
                "messages": await tx.count(Message, thread_id=row["id"]),
                "runs": await tx.count(Run, thread_id=row["id"]),
                "active_run": active.get(row["id"]),
            }
            for row in found.rows
        ]
    return {"threads": threads, "has_more": found.has_more}


async def retrieve(namespace: Namespace, thread_id: str) -> Doc:
    """Return a thread with its newest messages and runs, oldest of them first."""
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        doc = await find(tx, thread_id)
        messages = await tx.newest(Message, MOST_SHOWN, thread_id=thread_id)
        runs = await tx.page(Run, Cursor(MOST_SHOWN), also=SUMMARIZED, thread_id=thread_id)
    return {
        "thread": doc,
        "messages": [row["doc"] for row in messages],
        "runs": [summary(row) for row in runs.rows[::-1]],
    }


async def find(tx: Transaction, thread_id: str) -> dict[str, Any]:
    """Return the document of a thread; raise the 404 of one that is not there."""
    row = await tx.get(Thread, thread_id)
    if row is None:
        raise refusals.not_found("thread", thread_id)
    return dict(row["doc"])
