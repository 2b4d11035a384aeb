"""A chain of responses as people read it, from its first one on.

Whoever looks moves nothing. A page reads the runs of its namespace behind a response, which are many where much else
goes on: only so many.
"""

from collections.abc import Sequence
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.dialogue_entries import Answers, DialoguePage, active_of, files_in, found_in, of_response
from emulator.service.responses.records import is_response
from emulator.service.run_records import SUMMARIZED
from emulator.service.thread_pages import names_of
from emulator.store.documents import Cursor, Row
from emulator.store.tables import File, Run
from emulator.transcripts.responses.play import play_of

AT_ONCE: Final = 50
MOST_SEARCHED: Final = 2_000
_PIECE: Final = 250
Doc = dict[str, Any]


async def page(namespace: Namespace, id_: str, after: str | None) -> DialoguePage:
    """Return a page of the chain that begins with a response, oldest first. after: a response; what comes behind it."""
    first = await _response(namespace, id_)
    last = (await _response(namespace, after))["seq"] if after else first["seq"] - 1
    await namespace.runs.settle(id_, unless_reachable=True)
    rows, newer = await _in_chain(namespace, id_, last)
    async with namespace.transaction() as tx:
        files = await names_of(tx, File, [*files_in([_whole(row) for row in rows])], "filename")
        previous = play_of(first)["previous"] or play_of(first)["source"]
        before = await tx.get(Run, previous, deleted=True, also=("play",)) if previous else None
    answers = Answers([item for row in rows for item in play_of(row)["input"]], rows)
    entries = [entry for row in rows for entry in of_response(row, _new(play_of(row)["input"]), answers)]
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
        active_of(active),
        files,
        found_in(rows),
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


def _whole(row: Row) -> Any:
    return [list(play_of(row)["input"]), row["doc"]["output"]]
