"""Where turns go on: what a later request names of a turn leads to the response with which it began."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.store.documents import Transaction
from emulator.store.tables import ScriptMemory
from emulator.transcripts.responses.play import Play
from emulator.wire.responses import digests

# Rows beside those that scripts remember, in which a turn finds its beginning.
DIALOGUES: Final = "dialogue"
# Calls that nobody has answered yet: apart from the others, because they are looked for without their names.
_OPEN: Final = "open calls"


def point(tx: Transaction, what: str, name: str, **where: Any) -> None:
    """Note where a turn that is known by a name began; the newest that has the name counts."""
    key = f"{DIALOGUES}/{what}/{name}"
    tx.delete(ScriptMemory, owner=DIALOGUES, key=key)
    tx.insert(ScriptMemory, key, owner=DIALOGUES, key=key, value=where)


def forget(tx: Transaction, what: str, name: str) -> None:
    """Note of a name that it leads to no turn any more."""
    tx.delete(ScriptMemory, owner=DIALOGUES, key=f"{DIALOGUES}/{what}/{name}")


async def pointed(tx: Transaction, what: str, name: str) -> Mapping[str, Any] | None:
    """Return what was noted of a name."""
    row = await tx.find(ScriptMemory, owner=DIALOGUES, key=f"{DIALOGUES}/{what}/{name}")
    value: Mapping[str, Any] | None = None if row is None else row["value"]
    return value


def point_at_end(tx: Transaction, response: Mapping[str, Any], play: Play, *, is_over: bool) -> None:
    """Note where a turn goes on whose response is over. is_over: so is the turn."""
    where = {"began": play["began"], "response": response["id"]}
    for item in response["output"]:
        if item["type"] == "function_call":
            point(tx, "call", item["call_id"], **where)
            answer(tx, [item["call_id"]])  # an older one of that id
            key = f"{_OPEN}/{item['call_id']}"
            tx.insert(ScriptMemory, key, owner=_OPEN, key=key, value=where)
    if is_over and (digest := play["digest_before"]) is not None:
        point(tx, "context", digests.extended(digest, response["output"]), **where)


def answer(tx: Transaction, call_ids: Iterable[str]) -> None:
    """Note that calls are answered: their turn may still go on from there, and need not."""
    for call_id in call_ids:
        tx.delete(ScriptMemory, owner=_OPEN, key=f"{_OPEN}/{call_id}")


async def unanswered(tx: Transaction) -> set[str]:
    """Return the responses with which the turns began that wait for outputs."""
    return {row["value"]["began"] for row in await tx.all(ScriptMemory, owner=_OPEN)}
