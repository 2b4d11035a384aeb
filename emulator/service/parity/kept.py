"""Turns of threads that are deleted: many programs delete theirs at the end, and what they did is to be known still."""

from dataclasses import asdict
from typing import Final

from emulator.domain.parity.reading import turn_from
from emulator.service.parity import runs
from emulator.service.parity.file_names import FileNames
from emulator.service.parity.played import Began, PlayedDialogue, PlayedTurn
from emulator.store.documents import Cursor, Transaction
from emulator.store.tables import KeptTurn, Run

# Of one thread, the first; of a namespace, the newest.
MOST_OF_THREAD: Final = 200
MOST: Final = 2_000
READ: Final = ("view", "play", "timeline")


async def keep(tx: Transaction, thread_id: str) -> None:
    """Keep the turns of a thread that is about to be deleted."""
    page = await tx.page(Run, Cursor(MOST_OF_THREAD, "asc"), also=READ, thread_id=thread_id)
    if not page.rows:
        return
    names = FileNames()
    found = await runs.dialogue_of(tx, thread_id, page.rows, names)
    if found is None:
        return
    for turn in found.turns:
        about = {"at": turn.began.at, "place": turn.began.place, "doc": asdict(turn.turn)}
        tx.insert(KeptTurn, turn.runs[0], thread_id=thread_id, **about)
    over = await tx.count(KeptTurn) - MOST
    if over > 0:
        await tx.delete_some(KeptTurn, over)


async def dialogues(tx: Transaction) -> tuple[list[PlayedDialogue], list[str]]:
    """Return the dialogues that are kept, and what is to be said of them."""
    rows = await tx.all(KeptTurn)
    threads: dict[str, list[PlayedTurn]] = {}
    notes = []
    for row in rows:
        try:
            turn, began = turn_from(row["doc"]), Began(float(row["at"]), row["place"])
        except ValueError as error:  # of a snapshot that somebody has changed
            notes.append(f"A turn of {row['thread_id']}, which was deleted, cannot be read: {error}.")
            continue
        played = PlayedTurn(turn, [saw.object for saw in turn.saw], began)
        threads.setdefault(row["thread_id"], []).append(played)
    if len(rows) >= MOST:
        notes.append(f"Of threads that were deleted, the newest {MOST} turns are kept: there may have been more.")
    long = [id_ for id_, turns in threads.items() if len(turns) >= MOST_OF_THREAD]
    notes += [f"Of {id_}, which was deleted, the first {MOST_OF_THREAD} turns are kept." for id_ in long]
    return [PlayedDialogue(id_, "assistants", turns, is_deleted=True) for id_, turns in threads.items()], notes
