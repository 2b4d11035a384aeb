"""The output of a response: its items in their order, and the events that tell of them."""

from collections.abc import Mapping
from typing import Any

from emulator.store.documents import Transaction
from emulator.transcripts.responses.record import ResponseRecord
from emulator.wire.pieces import Pieces
from emulator.wire.responses import events

Doc = dict[str, Any]


class Output:
    """Writes items into a response, one after the other. item: the one that is open; None where none is.

    index: the place of the item that is open, or of the next one.
    """

    def __init__(self, tx: Transaction, record: ResponseRecord) -> None:
        self._tx = tx
        self._record = record
        self.item: Doc | None = None
        self.index = len(record.doc["output"])

    def use(self, tx: Transaction) -> None:
        """Write into a transaction from now on."""
        self._tx = tx

    @property
    def opened(self) -> Doc:
        """The item that is open."""
        if self.item is None:
            raise LookupError("no item is open")
        return self.item

    def go_back(self, index: int) -> None:
        """Write the items from a place on once more: those that are there stay as they are."""
        self.item, self.index = None, index

    def take_up(self, item: Doc, index: int) -> None:
        """Go on with an item that has begun."""
        self.item, self.index = item, index

    def begin(self, item: Doc) -> None:
        """Begin an item."""
        self.item = item
        self._record.log.begin_item(self.index)
        self.tell(events.output_item_added(self.index, item))

    def tell(self, event: tuple[str, Mapping[str, Any]]) -> None:
        """Tell of something."""
        self._record.log.tell(self._tx, *event)

    def tell_pieces(self, event: str, pieces: Pieces) -> None:
        """Tell deltas of a text."""
        self._record.log.tell_pieces(self._tx, event, pieces)

    def end(self, **changes: Any) -> None:
        """End the item that is open; it is in the response from now on."""
        item = {**self.opened, **changes}
        self.tell(events.output_item_done(self.index, item))
        self.item = None
        output = self._record.doc["output"]
        if self.index == len(output):
            self._record.set(output=[*output, item])
        self.index += 1
