"""The threads of a namespace as people look for them: how each began, where it stands, and what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, page
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import File, Message, Run, Thread

MOST_COUNTED: Final = 1_000
# Of a search, at a time: what is looked at, and the threads that are found.
MOST_THREADS: Final = 5_000
MOST_MESSAGES: Final = 10_000
MOST_CHARACTERS: Final = 20_000_000
MOST_FOUND: Final = 50
_PIECE: Final = 100
_AROUND: Final = 80  # characters before what was found
_LONGEST: Final = 400
Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListedThread:
    """A thread in a list. words: the beginning of what was said first, or what a search has found.

    messages, runs: how many there are, None for more than `MOST_COUNTED`. run: the newest one. message_id: of the
    message that a search has found.
    """

    id: str
    created_at: int
    metadata: Doc
    words: str
    messages: int | None
    runs: int | None
    run: Doc | None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class ThreadList:
    """Threads, newest first. more: where the next page begins, or the search goes on."""

    threads: Sequence[ListedThread]
    more: str | None


@dataclass(frozen=True, slots=True)
class NamedObject:
    """What an id names: thread, message, run or file. thread_id: that on which it is, None for a file."""

    kind: str
    id: str
    thread_id: str | None


async def listing(namespace: Namespace, query: ListQuery) -> ThreadList:
    """Return a page of the threads of a namespace."""
    async with namespace.transaction() as tx:
        found = await page(tx, Thread, query)
        threads = [await _listed(tx, row) for row in found.rows]
    return ThreadList(threads, threads[-1].id if found.has_more else None)


async def _listed(tx: Transaction, row: Row, hit: tuple[str, str] | None = None) -> ListedThread:
    """Return what a list says of a thread. hit: the message that a search has found, and its words."""
    thread_id = row["id"]
    messages = await tx.count_up_to(Message, MOST_COUNTED + 1, thread_id=thread_id)
    runs = await tx.count_up_to(Run, MOST_COUNTED + 1, thread_id=thread_id)
    if hit is None:
        first = await tx.page(Message, Cursor(1, "asc"), thread_id=thread_id)
        words = next((words_of(one["doc"]) for one in first.rows), "")
    else:
        words = hit[1]
    newest = await tx.page(Run, Cursor(1), thread_id=thread_id)
    run = next(({"id": one["id"], "status": one["status"]} for one in newest.rows), None)
    return ListedThread(
        thread_id,
        row["doc"]["created_at"],
        row["doc"]["metadata"],
        words[:_LONGEST],
        messages if messages <= MOST_COUNTED else None,
        runs if runs <= MOST_COUNTED else None,
        run,
        hit[0] if hit else None,
    )


def words_of(message: Doc) -> str:
    """Return what a message says, or what it has instead."""
    said = [str(part["text"]["value"]) for part in message["content"] if part["type"] == "text"]
    return " ".join(said) or " ".join(f"[{part['type']}]" for part in message["content"])


# --- search ---------------------------------------------------------------------------------------------------------


async def named(namespace: Namespace, id_: str) -> NamedObject | None:
    """Return what an id names; None if it names nothing that is there."""
    async with namespace.transaction() as tx:
        for kind, table in (("thread", Thread), ("message", Message), ("run", Run), ("file", File)):
            row = await tx.get(table, id_, deleted=table is Run)
            if row is not None and row["doc"] is not None:
                return NamedObject(kind, id_, id_ if kind == "thread" else row.get("thread_id"))
    return None


@dataclass(slots=True)
class _Search:
    """A search under way. wanted: without capitals. found: threads, with the message and the words that were found.

    messages, threads, characters: how many may still be looked at.
    """

    namespace: Namespace
    wanted: str
    messages: int
    threads: int
    characters: int
    found: dict[str, tuple[str, str] | None] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return min(self.messages, self.threads, self.characters) <= 0 or len(self.found) >= MOST_FOUND

    def matches(self, *texts: str) -> bool:
        return any(self.wanted in text.casefold() for text in texts)

    async def walk(self, last: int | None) -> str | None:
        """Search threads, the newest first; return where the next search goes on. last: those before this place."""
        while True:
            async with self.namespace.transaction() as tx:
                piece = await tx.page(Thread, Cursor(_PIECE, after=last))
            for row in piece.rows:
                self.threads -= 1
                if self.matches(row["id"], *_texts(row["doc"]["metadata"])):
                    self.found[row["id"]] = None
                elif (stop := await self.on_thread(row["id"], None)) is not None:
                    return stop
                if self.is_over:
                    return str(row["id"])
            if not piece.has_more:
                return None
            last = piece.rows[-1]["seq"]
            await self.namespace.clock.yield_to_loop()

    async def on_thread(self, thread_id: str, last: int | None) -> str | None:
        """Search the messages of a thread up to one that has it; return that behind which it stopped too early."""
        while True:
            async with self.namespace.transaction() as tx:
                piece = await tx.page(Message, Cursor(_PIECE, after=last), thread_id=thread_id)
            for row in piece.rows:
                said = words_of(row["doc"])
                self.messages -= 1
                self.characters -= len(said)
                if self.matches(row["id"], said, *_texts(row["doc"]["metadata"])):
                    self.found[thread_id] = (row["id"], _around(said, self.wanted))
                    return None
                if self.is_over:
                    return str(row["id"])
            if not piece.has_more:
                return None
            last = piece.rows[-1]["seq"]
            await self.namespace.clock.yield_to_loop()


async def search(namespace: Namespace, text: str, after: str | None) -> ThreadList:
    """Return the threads whose id or metadata have a text, and those on which it was said; capitals do not matter.

    Only so much is looked at at a time: ``more`` is the thread, or the message, behind which the next search goes on.
    after: where that of before has stopped.
    """
    search = _Search(namespace, text.casefold(), MOST_MESSAGES, MOST_THREADS, MOST_CHARACTERS)
    thread, last = await _place(namespace, after)
    more = await search.on_thread(thread["id"], last) if thread is not None and last is not None else None
    more = more or await search.walk(None if thread is None else thread["seq"])
    async with namespace.transaction() as tx:
        rows = [(await tx.get(Thread, id_), hit) for id_, hit in search.found.items()]
        threads = [await _listed(tx, row, hit) for row, hit in rows if row is not None]
    return ThreadList(threads, more)


async def _place(namespace: Namespace, id_: str | None) -> tuple[Row | None, int | None]:
    """Return the thread at which a search goes on, and the place of the message on it, if it is one."""
    if id_ is None:
        return None, None
    async with namespace.transaction() as tx:
        message = await tx.get(Message, id_, deleted=True)
        thread = await tx.get(Thread, id_ if message is None else message["thread_id"], deleted=True)
    if thread is None:
        raise ApiError(404, f"There is nothing of the id '{id_}' behind which the search could go on.")
    return thread, None if message is None else int(message["seq"])


def _texts(metadata: Doc) -> Iterator[str]:
    for name, value in metadata.items():
        yield f"{name}: {value}"


def _around(text: str, wanted: str) -> str:
    """Return what stands around what was found; lower case may have other lengths, so that the place is about right."""
    begin = max(0, text.casefold().find(wanted) - _AROUND)
    return ("… " if begin else "") + text[begin : begin + _LONGEST]
