"""What is left of a response when it is over: its items, their place in the conversation, and where its turn goes on.

Everything is written in the transaction in which the response ends.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.store.documents import Transaction
from emulator.store.tables import ConversationItem, Item, ScriptMemory
from emulator.wire.responses import digests

# Rows beside those that scripts remember, in which a turn finds its beginning.
DIALOGUES: Final = "dialogue"


def keep_items(tx: Transaction, items: Sequence[Mapping[str, Any]], *, response_id: str, conversation_id: str | None) -> None:
    """Keep items of a response, and append them to its conversation, if it has one; those that are known stay."""
    for item in items:
        if not item.get("linked"):
            tx.insert(Item, item["id"], id=item["id"], response_id=response_id, doc=dict(item))
        if conversation_id is not None:
            append(tx, conversation_id, item)


def append(tx: Transaction, conversation_id: str, item: Mapping[str, Any]) -> None:
    """Append an item to a conversation."""
    key = f"{conversation_id}/{item['id']}"
    tx.insert(ConversationItem, key, id=key, conversation_id=conversation_id, doc=dict(item))


def point(tx: Transaction, what: str, name: str, **where: Any) -> None:
    """Note where a turn that is known by a name began; the newest that has the name counts."""
    key = f"{DIALOGUES}/{what}/{name}"
    tx.delete(ScriptMemory, owner=DIALOGUES, key=key)
    tx.insert(ScriptMemory, key, owner=DIALOGUES, key=key, value=where)


async def pointed(tx: Transaction, what: str, name: str) -> Mapping[str, Any] | None:
    """Return what was noted of a name."""
    row = await tx.find(ScriptMemory, owner=DIALOGUES, key=f"{DIALOGUES}/{what}/{name}")
    value: Mapping[str, Any] | None = None if row is None else row["value"]
    return value


def point_at_end(tx: Transaction, response: Mapping[str, Any], play: Mapping[str, Any], *, is_over: bool) -> None:
    """Note where a turn goes on whose response is over. is_over: so is the turn."""
    where = {"began": play["began"], "response": response["id"]}
    for item in response["output"]:
        if item["type"] == "function_call":
            point(tx, "call", item["call_id"], **where)
    if is_over and (digest := play.get("digest_before")) is not None:
        point(tx, "context", digests.extended(digest, response["output"]), **where)
