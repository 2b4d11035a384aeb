"""What the stream of a response tells: numbered events, none of them twice, whatever is played again.

Those of a response that others may follow later are kept. What is played again after a restart makes the same events
in the same order, so that those that are known already are left out by their numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from emulator.store.documents import Transaction
from emulator.store.journal import Change, Entry
from emulator.transcripts.responses import kept_events
from emulator.transcripts.responses.kept_events import ToldEvent
from emulator.wire.pieces import Pieces

_BEGINS: Final = "response.output_item.added"
_ENDS: Final = "response.output_item.done"


@dataclass(frozen=True, slots=True)
class Known:
    """What followers know of a response.

    next: the number of the next event. items: for each item that has begun, by its place, the number of the event that
    said so, and its id. open: the events of the item that has not ended, the first of which began it.
    """

    next: int = 0
    items: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    open: Sequence[ToldEvent] = ()

    def with_event(self, told: ToldEvent) -> "Known":
        """Return what they know behind another event."""
        known = replace(self, next=told.next)
        if isinstance(told.data, Pieces) or told.event not in {_BEGINS, _ENDS}:
            return replace(known, open=(*self.open, told)) if self.open else known
        if told.event == _ENDS:
            return replace(known, open=())
        item = told.n, told.data["item"]["id"]
        return replace(known, items={**self.items, told.data["output_index"]: item}, open=(told,))


class EventLog:
    """The events of one response. about: what its entries in the journal have. is_kept: whether they are kept."""

    def __init__(self, about: Mapping[str, Any], *, is_kept: bool) -> None:
        self._about = about
        self._is_kept = is_kept
        self._known = Known()
        self._next = 0
        self._is_read = not is_kept

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def known(self) -> Known:
        """What followers know."""
        return self._known

    def resume(self, known: Known) -> None:
        """Go on behind what followers know."""
        self._known, self._next, self._is_read = known, known.next, True

    async def load(self, tx: Transaction) -> bool:
        """Read what is kept, unless it is known; return whether it was read."""
        if self._is_read:
            return False
        known = Known()
        for told in await kept_events.read(tx, self._about["run_id"]):
            known = known.with_event(told)
        self.resume(known)
        return True

    def forget(self) -> None:
        """Read anew what is kept: others have added to it."""
        self._is_read = not self._is_kept

    def id_at(self, place: int) -> str | None:
        """Return the id of the item that has begun at a place; None where none has."""
        return self._known.items[place][1] if place in self._known.items else None

    # --- telling ----------------------------------------------------------------------------------------------------

    def begin_item(self, place: int) -> None:
        """Note that an item begins: where it has begun before, its events are told again."""
        self._next = self._known.items[place][0] if place in self._known.items else self._known.next

    def tell(self, tx: Transaction, event: str, data: Mapping[str, Any], change: Change | None = None) -> None:
        """Tell of something. change: of the status, which comes but once."""
        self._count(tx)
        if change is not None:
            self._next = self._known.next
        told = ToldEvent(self._next, event, data)
        self._next = told.next
        if told.n >= self._known.next:
            self._add(tx, told, change)

    def tell_pieces(self, tx: Transaction, event: str, pieces: Pieces) -> None:
        """Tell deltas of a text, those that are not known."""
        self._count(tx)
        told = ToldEvent(self._next, event, pieces)
        self._next = told.next
        if len(pieces) and (new := told.after(self._known.next - 1)) is not None:
            self._add(tx, new)

    def _count(self, tx: Transaction) -> None:
        """Find out how many events there are, where others have told some."""
        if not self._is_read:
            self.resume(Known(kept_events.number_of_next(tx, self._about["run_id"])))

    def _add(self, tx: Transaction, told: ToldEvent, change: Change | None = None) -> None:
        self._known = self._known.with_event(told)
        tx.record(Entry(**self._about, event=told.event, data=told.data, change=change))
        if self._is_kept:
            kept_events.keep(tx, self._about["run_id"], told)
