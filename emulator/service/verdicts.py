"""The verdict on the program under test: what its requests and its runs say of how it recovered.

Whoever asks moves nothing, as with the records of runs; what is judged, and how, is in `emulator.domain.verdict`.
"""

from collections.abc import Callable
from typing import Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.verdict.findings import Verdict
from emulator.domain.verdict.history import History, RunRecord
from emulator.domain.verdict.rules import verdict_on
from emulator.engine.namespace import Namespace
from emulator.service.run_records import settle
from emulator.store.documents import Transaction
from emulator.store.tables import Run
from emulator.store.transaction import Cursor

# Of each bad end, the newest runs whose end is dated; a log has hardly more requests.
_MOST_DATED: Final = 10_000
_GOOD: Final = "completed"


async def case(namespace: Namespace) -> Callable[[], Verdict]:
    """Return what comes to the verdict on a namespace as it is now; it may be called on a thread."""
    await settle(namespace, None)
    async with namespace.transaction() as tx:
        dates = await _ends(tx)
        runs = [
            RunRecord(row["id"], row["thread_id"], row["status"], row["waits_for"], dates.get(row["id"]))
            for row in await tx.all(Run)
        ]
    log, pace = tuple(namespace.requests), namespace.config.pace
    return lambda: verdict_on(History.of(log, runs, pace))


async def _ends(tx: Transaction) -> dict[str, float]:
    """Return when runs came to a bad end, on the namespace's clock, by their ids."""
    newest = Cursor(limit=_MOST_DATED)
    pages = [await tx.page(Run, newest, also=("timeline",), status=one) for one in sorted(RUN_TERMINAL - {_GOOD})]
    return {row["id"]: row["timeline"][-1]["at"] for page in pages for row in page.rows if row["timeline"]}
