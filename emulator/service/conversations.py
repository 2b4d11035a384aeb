"""The order of a conversation: behind which message of its thread each run began."""

from collections.abc import Mapping
from typing import Final

from emulator.store.documents import Row, Transaction
from emulator.store.tables import Message

# In what a run is played with: the id of the newest message of its thread when it began, None where there was none.
BEHIND: Final = "behind"


async def begun_behind(tx: Transaction, run: Row, messages: Mapping[str, Row]) -> int:
    """Return the place (`seq`) of the message behind which a run began, 0 for none. run: with its ``play``.

    messages: of its thread, or the newest of them, by their ids and in their order. Times do not tell: they are whole
    seconds, and a clock may be frozen. They are all there is to go by for runs that an earlier version has begun.
    """
    play = run["play"] or {}
    if BEHIND not in play:
        every, began = messages.values(), run["doc"]["created_at"]
        earlier = [message["seq"] for message in every if message["doc"]["created_at"] <= began]
        own = [message["seq"] for message in every if message["run_id"] == run["id"]]
        return int(max((place for place in earlier if not own or place < own[0]), default=0))
    if play[BEHIND] is None:
        return 0
    row = messages.get(play[BEHIND]) or await tx.get(Message, play[BEHIND], deleted=True)
    return int(row["seq"]) if row is not None else 0
