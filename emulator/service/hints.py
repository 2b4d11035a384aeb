"""The hints of a namespace: those that services have noted, and those that its requests and runs show."""

from collections.abc import Callable, Collection, Sequence
from itertools import chain, islice
from typing import Final

from emulator.domain.hints.kinds import Hint
from emulator.domain.hints.noted import MOST_HINTS
from emulator.domain.hints.rules import hints_in
from emulator.domain.hints.statuses import DEMANDING
from emulator.domain.hints.trace import Trace
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.store.tables import Run
from emulator.store.transaction import Cursor

# Of each status, the newest runs whose timeline is read; a log has hardly more requests.
_MOST_RUNS: Final = 10_000


async def hints_of(namespace: Namespace, tx: Transaction, failed: Collection[str]) -> Callable[[], list[Hint]]:
    """Return what comes to the hints of a namespace as it is now; it may be called on a thread.

    failed: runs that another part of the report is about, which says why they failed.
    """
    came_to: dict[str, Sequence[str]] = {}
    for status in DEMANDING:
        page = await tx.page(Run, Cursor(limit=_MOST_RUNS), also=("timeline",), status=status)
        for row in page.rows:
            if row["id"] not in failed:
                came_to[row["id"]] = [change["status"] for change in row["timeline"] or ()]
    log, noted, behaviors = tuple(await namespace.requests.read(tx)), tuple(namespace.hints), namespace.behaviors
    return lambda: list(islice(chain(noted, hints_in(Trace.of(log, came_to, behaviors))), MOST_HINTS))
