"""Reading, deleting and cancelling responses."""

from typing import Any

from emulator.domain import response_refusals
from emulator.domain.lifecycle import RESPONSE_TERMINAL, Signal
from emulator.engine.namespace import Namespace
from emulator.service.responses.contexts import is_readable
from emulator.store.documents import Row, Transaction
from emulator.store.tables import ResponseEvent, Run
from emulator.transcripts.responses.play import play_of

Doc = dict[str, Any]


async def retrieve(namespace: Namespace, response_id: str) -> Row:
    """Return the row of a response; at some paces this poll lets it continue."""
    async with namespace.transaction(thread=await thread_of(namespace, response_id)) as tx:
        row = await find(namespace, tx, response_id)
        await namespace.runs.polled(tx, row)
        return row


async def find(namespace: Namespace, tx: Transaction, response_id: str) -> Row:
    """Return the row of a response; raise the refusal of one that is not kept, or not any more."""
    row = await tx.get(Run, response_id, heavy=True)
    if row is None or not is_readable(namespace, row):
        raise response_refusals.response_not_found(response_id)
    return row


async def thread_of(namespace: Namespace, response_id: str) -> str | None:
    """Return the name under which a response is played; None where there is no such response."""
    async with namespace.transaction() as tx:
        row = await tx.get(Run, response_id)
    return None if row is None else row["thread_id"]


async def delete(namespace: Namespace, response_id: str) -> None:
    """Delete a response; what others go on with stays."""
    async with namespace.transaction(thread=await thread_of(namespace, response_id)) as tx:
        row = await find(namespace, tx, response_id)
        if row["status"] not in RESPONSE_TERMINAL:
            raise response_refusals.delete_in_flight()
        tx.update(Run, response_id, deleted=True)
        tx.delete(ResponseEvent, response_id=response_id)


async def cancel(namespace: Namespace, response_id: str) -> Row:
    """Cancel a response in the background; one that is cancelled already is answered as it is."""
    async with namespace.transaction(thread=await thread_of(namespace, response_id), unless_reachable=True) as tx:
        row = await find(namespace, tx, response_id)
        if not play_of(row)["background"]:
            raise response_refusals.cancel_synchronous()
        if row["status"] == "cancelled":
            return row
        if row["status"] in RESPONSE_TERMINAL:
            raise response_refusals.cancel_over(row["status"])
        await namespace.runs.signal(tx, row, Signal.CANCEL)
        return await find(namespace, tx, response_id)
