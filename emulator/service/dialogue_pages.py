"""A conversation, or a chain of responses, as people read it: items, with the responses that wrote them.

Whoever looks moves nothing. A page of a conversation reads some of its items, and the responses beside them; of a chain
it reads the runs of its namespace behind the first response, which are many where much else goes on: only so many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.responses.records import calls_in, is_response
from emulator.service.run_records import SUMMARIZED, summary
from emulator.service.thread_pages import Place, ShownRun, names_of
from emulator.store.documents import Cursor, Page, Row, Transaction
from emulator.store.tables import Conversation, ConversationItem, File, Item, Run
from emulator.transcripts.responses.play import play_of

AT_ONCE: Final = 50
MOST_SEARCHED: Final = 2_000
_PIECE: Final = 250
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DialoguePage:
    """A page of a dialogue. entries: items and responses, as they came to be. metadata: of a conversation.

    older, newer: the item (of a chain: the response) before or after which the next page lies. source: the dialogue
    that a chain goes on from. active: a response that is not over. files, found: as of a page of a thread.
    """

    id: str
    created_at: int
    metadata: Mapping[str, Any]
    entries: Sequence[Doc | ShownRun]
    older: str | None
    newer: str | None
    source: str | None
    active: Doc | None
    files: Mapping[str, str]
    found: Mapping[str, Sequence[str]]


# --- conversations --------------------------------------------------------------------------------------------------


async def conversation(namespace: Namespace, id_: str, place: Place) -> DialoguePage:
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
            _active(active),
            await names_of(tx, File, [*_files_in([one["doc"] for one in (*rows, *responses)])], "filename"),
            _found(responses),
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
    answers = _answers([row["doc"] for row in rows])
    places = {row["doc"]["id"]: n for n, row in enumerate(rows)}
    placed = _placed(responses, places, is_oldest=is_oldest)
    entries: list[Doc | ShownRun] = []
    for n, item in enumerate([None, *(row["doc"] for row in rows)], -1):
        for response in placed.before.get(n, ()):
            entries += _of_response(response, (), answers)
        if item is not None and n not in placed.written and item["type"] != "function_call_output":
            entries.append(item)
        for response in placed.behind.get(n, ()):
            new = [one for one in play_of(response)["input"] if one["id"] not in places]
            entries += _of_response(response, new, answers)
    return entries


# --- chains ---------------------------------------------------------------------------------------------------------


async def chain(namespace: Namespace, id_: str, after: str | None) -> DialoguePage:
    """Return a page of the chain that begins with a response, oldest first. after: a response; what comes behind it."""
    first = await _response(namespace, id_)
    last = (await _response(namespace, after))["seq"] if after else first["seq"] - 1
    await namespace.runs.settle(id_, unless_reachable=True)
    rows, newer = await _in_chain(namespace, id_, last)
    async with namespace.transaction() as tx:
        files = await names_of(tx, File, [*_files_in([_whole(row) for row in rows])], "filename")
        previous = play_of(first)["previous"] or play_of(first)["source"]
        before = await tx.get(Run, previous, deleted=True, also=("play",)) if previous else None
    answers = _answers([item for row in rows for item in play_of(row)["input"]])
    entries = [entry for row in rows for entry in _of_response(row, _new(play_of(row)["input"]), answers)]
    active = next((row for row in rows if row["status"] not in RESPONSE_TERMINAL), None)
    source = play_of(before)["dialogue"] if before is not None and before["play"] else None
    return DialoguePage(
        id_,
        int(first["doc"]["created_at"]),
        {},
        entries,
        id_ if after else None,
        newer,
        source if source != id_ else None,
        _active(active),
        files,
        _found(rows),
    )


async def dialogue_of(namespace: Namespace, response_id: str) -> str:
    """Return the dialogue of a response; raise the 404 of one that is not there."""
    return str(play_of(await _response(namespace, response_id))["dialogue"])


async def _response(namespace: Namespace, id_: str) -> Row:
    async with namespace.transaction() as tx:
        row = await tx.get(Run, id_, deleted=True, also=SUMMARIZED)
    if row is None or row["doc"] is None or not is_response(row):
        raise ApiError(404, f"No response found with id '{id_}'.")
    return row


async def _in_chain(namespace: Namespace, id_: str, last: int) -> tuple[list[Row], str | None]:
    """Return the responses of a chain behind a place, and the response behind which there may be more."""
    rows: list[Row] = []
    seen = 0
    while True:
        async with namespace.transaction() as tx:
            found = await tx.page(Run, Cursor(_PIECE, "asc", after=last), also=SUMMARIZED, deleted=True)
        for n, row in enumerate(found.rows):
            if is_response(row) and play_of(row)["dialogue"] == id_:
                rows.append(row)
                if len(rows) == AT_ONCE:
                    is_last = n + 1 == len(found.rows) and not found.has_more
                    return rows, None if is_last else row["id"]
        seen += len(found.rows)
        if not found.has_more:
            return rows, None
        if seen >= MOST_SEARCHED:
            return rows, next((row["id"] for row in found.rows[::-1] if is_response(row)), None)
        last = found.rows[-1]["seq"]
        await namespace.clock.yield_to_loop()


def _new(given: Sequence[Doc]) -> Sequence[Doc]:
    """Return what a request says that was not said before: a client may send everything again."""
    last = max((place for place, item in enumerate(given) if _is_of_model(item)), default=-1)
    return given[last + 1 :]


def _is_of_model(item: Doc) -> bool:
    return item["type"] in {"function_call", "reasoning"} or item.get("role") == "assistant"


# --- responses ------------------------------------------------------------------------------------------------------


def _of_response(row: Row, given: Sequence[Doc], answers: Mapping[str, str]) -> Iterator[Doc | ShownRun]:
    """Yield what was sent, the response, and what it wrote, its calls before the messages that follow them."""
    yield from (item for item in given if item["type"] != "function_call_output")
    about, doc = summary(row), dict(row["doc"])
    calls: list[Doc] = []
    thoughts: list[str] = []
    begins = True
    for item in doc["output"]:
        if item["type"] == "message":
            if begins or calls or thoughts:
                yield ShownRun(about, doc, calls, begins, thoughts=thoughts)
            yield item
            calls, thoughts, begins = [], [], False
        elif item["type"] == "reasoning":
            thoughts += [str(one.get("text") or "") for one in item.get("summary") or ()]
        else:
            calls += [{**call, "output": answers.get(str(call["id"]), call["output"])} for call in calls_in([item])]
    if begins or calls or thoughts:
        yield ShownRun(about, doc, calls, begins, thoughts=thoughts)


def _answers(items: Sequence[Doc]) -> dict[str, str]:
    """Return what clients sent as outputs, by the ids of the calls."""
    given = (item for item in items if item["type"] == "function_call_output")
    return {item["call_id"]: item["output"] if isinstance(item["output"], str) else "[parts]" for item in given}


def _active(row: Row | None) -> Doc | None:
    return None if row is None else {"id": row["id"], "status": row["status"], "waits_for": row["waits_for"]}


def _whole(row: Row) -> Any:
    return [list(play_of(row)["input"]), row["doc"]["output"]]


def _files_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(id_ := value.get("file_id"), str):
            yield id_
        for inner in value.values():
            yield from _files_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _files_in(inner)


def _found(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Return the passages that searches found, by the ids of their files."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for item in row["doc"]["output"]:
            for result in item.get("results") or ():
                if text := result.get("text"):
                    found.setdefault(str(result.get("file_id")), []).append(str(text))
    return found
