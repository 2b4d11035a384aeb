"""Responses that nobody waits for any more: those whose client has gone, and those of a server that has ended.

Generation stops, and the response cannot be read afterwards (reported: the service's forum, thread 1362217). One that
is over when its answer is lost stays.
"""

from emulator.domain.lifecycle import RESPONSE_TERMINAL, Signal
from emulator.engine.namespace import Namespace
from emulator.service.responses.records import is_response
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunSignal
from emulator.transcripts.responses.play import play_of


async def abandon(namespace: Namespace, response_id: str) -> None:
    """End a response whose client has gone, unless it is over."""
    async with namespace.transaction() as tx:
        row = await tx.get(Run, response_id, heavy=True)
        if row is not None and row["status"] not in RESPONSE_TERMINAL:
            await _end(namespace, tx, row)


async def end_unawaited(namespace: Namespace, tx: Transaction, row: Row) -> bool:
    """End a response that an earlier server has left, and nobody waits for; return whether it is one."""
    if not is_response(row) or play_of(row)["background"]:
        return False
    await _end(namespace, tx, row)
    tx.delete(RunSignal, run_id=row["id"])  # nobody plays it, so nobody takes it
    return True


async def _end(namespace: Namespace, tx: Transaction, row: Row) -> None:
    await namespace.runs.signal(tx, row, Signal.CANCEL)
    tx.update(Run, row["id"], deleted=True)
