"""The verdict on the program under test: what its requests and its runs say of how it recovered.

Whoever asks moves nothing, as with the records of runs; what is judged, and how, is in `emulator.domain.verdict`.
"""

from collections.abc import Callable
from typing import Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.request_log import MOST_REQUESTS
from emulator.domain.verdict.findings import Verdict
from emulator.domain.verdict.history import History, RunRecord
from emulator.domain.verdict.rules import verdict_on
from emulator.engine.namespace import Namespace
from emulator.service.run_records import settle
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run
from emulator.store.transaction import Cursor

# Of each bad end, the newest; a log has no more requests.
_MOST_ENDED: Final = MOST_REQUESTS
_GOOD: Final = "completed"


async def case(namespace: Namespace) -> Callable[[], Verdict]:
    """Return what comes to the verdict on a namespace as it is now; it may be called on a thread."""
    await settle(namespace, None)
    async with namespace.transaction() as tx:
        runs = [*await _bad_ends(tx), *(_record(row) for row in await tx.unfinished(Run))]
    log, pace = tuple(await namespace.requests.read()), namespace.config.pace
    return lambda: verdict_on(History.of(log, runs, pace))


async def _bad_ends(tx: Transaction) -> list[RunRecord]:
    """Return the runs that ended, and did not complete."""
    newest = Cursor(limit=_MOST_ENDED)
    pages = [await tx.page(Run, newest, also=("timeline",), status=one) for one in sorted(RUN_TERMINAL - {_GOOD})]
    return [_record(row, row["timeline"][-1]["at"]) for page in pages for row in page.rows if row["timeline"]]


def _record(row: Row, ended: float | None = None) -> RunRecord:
    return RunRecord(row["id"], row["thread_id"], row["status"], row["waits_for"], ended)
