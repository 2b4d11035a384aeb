"""The output of a response: its items in their order, and the events that tell of them."""

from collections.abc import Mapping
from typing import Any

from emulator.store.documents import Transaction
from emulator.store.journal import Entry
from emulator.transcripts.responses.record import ResponseRecord
from emulator.wire.pieces import Pieces
from emulator.wire.responses import events

Doc = dict[str, Any]


class Output:
    """Writes items into a response, one after the other. item: the one that is open; None where none is."""

    def __init__(self, tx: Transaction, record: ResponseRecord) -> None:
        self._tx = tx
        self.record = record
        self.item: Doc | None = None

    def use(self, tx: Transaction) -> None:
        """Write into a transaction from now on."""
        self._tx = tx

    @property
    def index(self) -> int:
        """The place of the item that is open, or of the next one."""
        return len(self.record.doc["output"])

    @property
    def opened(self) -> Doc:
        """The item that is open."""
        if self.item is None:
            raise LookupError("no item is open")
        return self.item

    def begin(self, item: Doc) -> None:
        """Begin an item."""
        self.item = item
        self.tell(events.output_item_added(self.index, item))

    def tell(self, event: tuple[str, Mapping[str, Any]]) -> None:
        """Record an event."""
        name, data = event
        self._tx.record(Entry(**self.record.about, event=name, data=data))

    def tell_pieces(self, event: str, pieces: Pieces) -> None:
        """Record deltas of a text."""
        if len(pieces):
            self._tx.record(Entry(**self.record.about, event=event, data=pieces))

    def end(self, **changes: Any) -> None:
        """End the item that is open; it is in the response from now on."""
        item = {**self.opened, **changes}
        self.tell(events.output_item_done(self.index, item))
        self.item = None
        self.record.set(output=[*self.record.doc["output"], item])
