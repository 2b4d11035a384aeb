"""Items that are kept: each is known by its id from then on, and stands in its conversation."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final

from emulator.store.documents import Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Conversation, ConversationItem, Item

Doc = dict[str, Any]

# How many ids one statement looks up.
_AT_ONCE: Final = 500


async def known(tx: Transaction, ids: Iterable[str]) -> Mapping[str, Doc]:
    """Return the items that some ids name, by their ids, as they were when they were kept."""
    return {row["id"]: row["doc"] for row in await _rows(tx, Item, ids)}


async def keep(tx: Transaction, items: Sequence[Doc], response_id: str | None = None) -> None:
    """Make items known by their ids; those that are known already stay as they are. response_id: whose they are."""
    taken = set(await known(tx, (item["id"] for item in items)))
    for item in items:
        if (id_ := item["id"]) not in taken:
            taken.add(id_)
            tx.insert(Item, id_, id=id_, response_id=response_id, doc=item)


async def append(tx: Transaction, conversation_id: str, items: Sequence[Doc], response_id: str | None = None) -> None:
    """Keep items, and put them at the end of a conversation; one that was deleted meanwhile takes nothing.

    An item may stand there several times (recorded).
    """
    await keep(tx, items, response_id)
    if not await tx.has(Conversation, conversation_id):
        return
    for item, place in zip(items, await _new_places(tx, conversation_id, items), strict=True):
        tx.insert(ConversationItem, place, id=place, conversation_id=conversation_id, doc=item)


async def contents(tx: Transaction, conversation_id: str) -> list[Doc]:
    """Return the items of a conversation, oldest first."""
    return [row["doc"] for row in await tx.all(ConversationItem, conversation_id=conversation_id)]


async def copies(tx: Transaction, conversation_id: str, item_id: str) -> list[Row]:
    """Return the rows of an item in a conversation, oldest first; none if it is not there."""
    found: list[Row] = []
    for n in count():
        if (row := await tx.get(ConversationItem, _place(conversation_id, item_id, n))) is None:
            return found
        found.append(row)
    raise AssertionError("there is always another number")


async def present(tx: Transaction, conversation_id: str, ids: Iterable[str]) -> set[str]:
    """Return which of some items stand in a conversation."""
    rows = await _rows(tx, ConversationItem, (_place(conversation_id, id_, 0) for id_ in ids))
    return {row["doc"]["id"] for row in rows}


async def _new_places(tx: Transaction, conversation_id: str, items: Sequence[Doc]) -> list[str]:
    """Return the ids of the rows that items will have in a conversation."""
    before = await present(tx, conversation_id, (item["id"] for item in items))
    number = {id_: len(await copies(tx, conversation_id, id_)) for id_ in before}
    places = []
    for item in items:
        n = number.get(item["id"], 0)
        number[item["id"]] = n + 1
        places.append(_place(conversation_id, item["id"], n))
    return places


def _place(conversation_id: str, item_id: str, n: int) -> str:
    """Return the id of the row of an item's nth copy; no item has an id that begins with a number."""
    return f"{conversation_id}/{f'{n}/' if n else ''}{item_id}"


async def _rows(tx: Transaction, table: Table, ids: Iterable[str]) -> list[Row]:
    wanted = list(dict.fromkeys(ids))
    found: list[Row] = []
    for begin in range(0, len(wanted), _AT_ONCE):
        found += await tx.all_of(table, "id", wanted[begin : begin + _AT_ONCE])
    return found
