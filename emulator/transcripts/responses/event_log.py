"""The stream of a response: numbered events, none of them twice, whatever is played again.

Those of a response that others may follow later are kept. What is played again after a restart makes the same events
in the same order, so that those that are published already are left out by their numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from emulator.store.documents import Transaction
from emulator.store.journal import Change, Entry
from emulator.transcripts.responses import stored_events
from emulator.transcripts.responses.stored_events import NumberedEvent
from emulator.wire.pieces import Pieces

_BEGINS: Final = "response.output_item.added"
_ENDS: Final = "response.output_item.done"


@dataclass(frozen=True, slots=True)
class Published:
    """What of the stream of a response is published: its followers have it.

    next: the number of the next event. items: for each item that has begun, by its place, the number of the event that
    said so, and its id. open: the events of the item that has not ended, the first of which began it.
    """

    next: int = 0
    items: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    open: Sequence[NumberedEvent] = ()

    def with_event(self, numbered: NumberedEvent) -> "Published":
        """Return what is published behind another event."""
        published = replace(self, next=numbered.next)
        if isinstance(numbered.data, Pieces) or numbered.event not in {_BEGINS, _ENDS}:
            return replace(published, open=(*self.open, numbered)) if self.open else published
        if numbered.event == _ENDS:
            return replace(published, open=())
        item = numbered.n, numbered.data["item"]["id"]
        return replace(published, items={**self.items, numbered.data["output_index"]: item}, open=(numbered,))


class EventLog:
    """The events of one response. about: what its entries in the journal have. is_kept: whether they are kept."""

    def __init__(self, about: Mapping[str, Any], *, is_kept: bool) -> None:
        self._about = about
        self._is_kept = is_kept
        self._published = Published()
        self._next = 0
        self._is_read = not is_kept

    # --- what is published ------------------------------------------------------------------------------------------

    @property
    def published(self) -> Published:
        """What is published."""
        return self._published

    def resume(self, published: Published) -> None:
        """Go on behind what is published."""
        self._published, self._next, self._is_read = published, published.next, True

    async def load(self, tx: Transaction) -> bool:
        """Read what is kept, unless it is read; return whether it was read."""
        if self._is_read:
            return False
        published = Published()
        for numbered in await stored_events.read(tx, self._about["run_id"]):
            published = published.with_event(numbered)
        self.resume(published)
        return True

    def forget(self) -> None:
        """Read anew what is kept: others have added to it."""
        self._is_read = not self._is_kept

    def id_at(self, place: int) -> str | None:
        """Return the id of the item that has begun at a place; None where none has."""
        return self._published.items[place][1] if place in self._published.items else None

    # --- publishing -------------------------------------------------------------------------------------------------

    def begin_item(self, place: int) -> None:
        """Note that an item begins: where it has begun before, its events are made again."""
        self._next = self._published.items[place][0] if place in self._published.items else self._published.next

    def publish(self, tx: Transaction, event: str, data: Mapping[str, Any], change: Change | None = None) -> None:
        """Publish an event. change: of the status, which comes but once."""
        if change is not None:
            self._next = self._published.next
        numbered = NumberedEvent(self._next, event, data)
        self._next = numbered.next
        if numbered.n >= self._published.next:
            self._add(tx, numbered, change)

    def publish_pieces(self, tx: Transaction, event: str, pieces: Pieces) -> None:
        """Publish deltas of a text, those that are not published yet."""
        numbered = NumberedEvent(self._next, event, pieces)
        self._next = numbered.next
        if len(pieces) and (new := numbered.after(self._published.next - 1)) is not None:
            self._add(tx, new)

    async def count(self, tx: Transaction) -> None:
        """Find out how many events there are, where others have published some; before anything is published."""
        if not self._is_read:
            self.resume(Published(await stored_events.number_of_next(tx, self._about["run_id"])))

    def _add(self, tx: Transaction, numbered: NumberedEvent, change: Change | None = None) -> None:
        self._published = self._published.with_event(numbered)
        tx.record(Entry(**self._about, event=numbered.event, data=numbered.data, change=change))
        if self._is_kept:
            stored_events.keep(tx, self._about["run_id"], numbered)
