"""A conversation as people read it: a page of its items, with the responses that wrote them, or began beside them.

Whoever looks moves nothing, and what a page reads does not grow with the conversation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.dialogue_entries import Answers, DialoguePage, active_of, files_in, found_in, of_response
from emulator.service.responses.records import is_response
from emulator.service.run_records import SUMMARIZED
from emulator.service.thread_pages import ShownRun, names_of
from emulator.service.thread_windows import Place
from emulator.store.documents import Cursor, Page, Row, Transaction
from emulator.store.tables import Conversation, ConversationItem, File, Item, Run
from emulator.transcripts.responses.play import play_of

AT_ONCE: Final = 50
Doc = dict[str, Any]


async def page(namespace: Namespace, id_: str, place: Place) -> DialoguePage:
    """Return a page of a conversation; raise the 404 of one, or of an item, that is not there."""
    async with namespace.transaction(thread=id_, unless_reachable=True) as tx:
        row = await tx.get(Conversation, id_)
        if row is None:
            raise ApiError(404, f"No conversation found with id '{id_}'.")
        rows, older, newer = await _items(tx, id_, place)
        responses = await _beside(tx, id_, rows, is_newest=newer is None)
        entries = _in_conversation(rows, responses, is_oldest=older is None)
        active = next((one for one in responses if one["status"] not in RESPONSE_TERMINAL), None)
        return DialoguePage(
            id_,
            row["doc"]["created_at"],
            row["doc"]["metadata"] or {},
            entries,
            older,
            newer,
            None,
            active_of(active),
            await names_of(tx, File, [*files_in([one["doc"] for one in (*rows, *responses)])], "filename"),
            found_in(responses),
        )


async def _items(tx: Transaction, id_: str, place: Place) -> tuple[Sequence[Row], str | None, str | None]:
    """Return the items of a page, and those before and after which the next pages lie."""
    seq = await _seq(tx, id_, place.before or place.after or place.at)
    if place.after:
        found = await _page(tx, id_, Cursor(AT_ONCE, "asc", after=seq))
        rows, newer, older = found.rows, found.has_more, True
    else:
        # Of an item that is looked for, the page that ends somewhat behind it.
        if place.at and seq is not None:
            behind = await _page(tx, id_, Cursor(AT_ONCE // 2, "asc", after=seq))
            seq = behind.rows[-1]["seq"] + 1 if behind.has_more else None
        found = await _page(tx, id_, Cursor(AT_ONCE, "desc", after=seq))
        rows, newer, older = found.rows[::-1], seq is not None, found.has_more
    if not rows:
        return rows, None, None
    return rows, _id(rows[0]) if older else None, _id(rows[-1]) if newer else None


async def _page(tx: Transaction, id_: str, cursor: Cursor) -> Page:
    return await tx.page(ConversationItem, cursor, conversation_id=id_)


def _id(row: Row) -> str:
    """Return the name of an item's place: what stands behind that of its conversation."""
    return str(row["id"]).partition("/")[2]


async def _seq(tx: Transaction, id_: str, item: str | None) -> int | None:
    if not item:
        return None
    row = await tx.get(ConversationItem, f"{id_}/{item}", deleted=True)
    if row is None:
        raise ApiError(404, f"There is no item '{item}' in the conversation '{id_}'.")
    return int(row["seq"])


async def _beside(tx: Transaction, id_: str, rows: Sequence[Row], *, is_newest: bool) -> list[Row]:
    """Return the responses that wrote items of a page, and those between them that left none; oldest first."""
    kept = await tx.all_of(Item, "id", [row["doc"]["id"] for row in rows]) if rows else ()
    ids = dict.fromkeys(row["response_id"] for row in kept if row["response_id"])
    wrote = [row for one in ids if (row := await tx.get(Run, one, deleted=True, also=SUMMARIZED)) is not None]
    newest = max((row["seq"] for row in wrote), default=None)
    if not is_newest and newest is None:
        return wrote
    cursor = Cursor(AT_ONCE, "desc", after=None if is_newest or newest is None else newest)
    around = await tx.page(Run, cursor, also=SUMMARIZED, deleted=True, thread_id=id_)
    found = {row["id"]: row for row in (*wrote, *around.rows) if row["doc"] is not None and is_response(row)}
    return sorted(found.values(), key=lambda row: int(row["seq"]))


@dataclass(slots=True)
class _Placed:
    """Where the responses of a page stand.

    before: by the place of the first item that each wrote. behind: of those that wrote none, by the place of the item
    behind which they began; -1 for none. written: the places of what they wrote.
    """

    before: dict[int, list[Row]] = field(default_factory=dict)
    behind: dict[int, list[Row]] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)


def _placed(responses: Sequence[Row], places: Mapping[str, int], *, is_oldest: bool) -> _Placed:
    placed = _Placed()
    for response in responses:
        own = [places[item["id"]] for item in response["doc"]["output"] if item["id"] in places]
        given = [places[item["id"]] for item in play_of(response)["input"] if item["id"] in places]
        seen = play_of(response)["seen"]
        if own:
            placed.written.update(own)
            placed.before.setdefault(min(own), []).append(response)
        elif given:
            placed.behind.setdefault(max(given), []).append(response)
        elif seen and seen[-1] in places:
            placed.behind.setdefault(places[seen[-1]], []).append(response)
        elif not seen and is_oldest:
            placed.behind.setdefault(-1, []).append(response)
    return placed


def _in_conversation(rows: Sequence[Row], responses: Sequence[Row], *, is_oldest: bool) -> list[Doc | ShownRun]:
    answers = Answers([row["doc"] for row in rows], responses)
    places = {row["doc"]["id"]: n for n, row in enumerate(rows)}
    placed = _placed(responses, places, is_oldest=is_oldest)
    entries: list[Doc | ShownRun] = []
    for n, item in enumerate([None, *(row["doc"] for row in rows)], -1):
        for response in placed.before.get(n, ()):
            entries += of_response(response, (), answers)
        if item is not None and n not in placed.written and not answers.has(item):
            entries.append(item)
        for response in placed.behind.get(n, ()):
            new = [one for one in play_of(response)["input"] if one["id"] not in places]
            entries += of_response(response, new, answers)
    return entries
