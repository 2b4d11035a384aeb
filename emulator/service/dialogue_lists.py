"""Conversations, and chains of responses, as people look for them: how each began and where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, page
from emulator.service.responses.records import is_response
from emulator.service.run_records import SUMMARIZED
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import Conversation, ConversationItem, Run
from emulator.transcripts.responses.play import play_of

MOST_COUNTED: Final = 1_000
# Of the runs of a namespace, how many are looked at for one page of chains.
MOST_SEARCHED: Final = 2_000
_PIECE: Final = 250
Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListedDialogue:
    """A conversation or a chain in a list. items: how many a conversation has, None for more than `MOST_COUNTED`.

    response: the newest one of a conversation, the first one of a chain; None where there is none.
    """

    id: str
    created_at: int
    metadata: Doc
    words: str
    items: int | None
    response: Doc | None


@dataclass(frozen=True, slots=True)
class DialogueList:
    """Dialogues, newest first. more: the id behind which the next page begins."""

    dialogues: Sequence[ListedDialogue]
    more: str | None


async def conversations(namespace: Namespace, query: ListQuery) -> DialogueList:
    """Return a page of the conversations of a namespace."""
    async with namespace.transaction() as tx:
        found = await page(tx, Conversation, query)
        listed = [await _conversation(tx, row) for row in found.rows]
    return DialogueList(listed, listed[-1].id if found.has_more else None)


async def _conversation(tx: Transaction, row: Row) -> ListedDialogue:
    about = {"conversation_id": row["id"]}
    first = await tx.page(ConversationItem, Cursor(5, "asc"), **about)
    count = await tx.count_up_to(ConversationItem, MOST_COUNTED + 1, **about)
    newest = await tx.page(Run, Cursor(1), deleted=True, thread_id=row["id"])
    return ListedDialogue(
        row["id"],
        row["doc"]["created_at"],
        row["doc"]["metadata"] or {},
        words_in([one["doc"] for one in first.rows]),
        count if count <= MOST_COUNTED else None,
        next((_about(one) for one in newest.rows), None),
    )


async def chains(namespace: Namespace, query: ListQuery) -> DialogueList:
    """Return the chains that begin among some runs of a namespace, each by its first response."""
    listed: list[ListedDialogue] = []
    after, seen = query.after, 0
    while True:
        async with namespace.transaction() as tx:
            found = await page(tx, Run, ListQuery(_PIECE, "desc", after), also=SUMMARIZED, deleted=True)
        for row in found.rows:
            if is_response(row) and play_of(row)["dialogue"] == row["id"]:
                listed.append(_chain(row))
                if len(listed) == query.limit:
                    return DialogueList(listed, row["id"])
        seen += len(found.rows)
        after = found.rows[-1]["id"] if found.rows else None
        if not found.has_more or seen >= MOST_SEARCHED:
            return DialogueList(listed, after if found.has_more else None)


def _chain(row: Row) -> ListedDialogue:
    doc = row["doc"]
    words = words_in(play_of(row)["input"])
    return ListedDialogue(row["id"], int(doc["created_at"]), doc["metadata"] or {}, words, None, _about(row))


def _about(row: Row) -> Doc:
    return {"id": row["id"], "status": row["status"], "model": row["doc"]["model"]}


def words_in(items: Sequence[Doc]) -> str:
    """Return what the first message among items says."""
    said = (item for item in items if item["type"] == "message")
    return next((_said(item) for item in said), "")[:400]


def _said(item: Doc) -> str:
    content = item["content"]
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text") or part.get("refusal") or f"[{part['type']}]") for part in content)
