"""The output of a response: its items in their order, and their events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.domain.calls import Cut
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.transcripts.responses.open_text import OpenText
from emulator.transcripts.responses.record import ResponseRecord
from emulator.wire.pieces import Pieces
from emulator.wire.responses import events
from emulator.wire.responses.ids import in_partition, partition_of

Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item is. index: among those of its response."""

    item_id: str
    index: int


class Output:
    """Writes items into a response, one after the other. item: the one that is open; None where none is.

    index: the place of the item that is open, or of the next one.
    """

    def __init__(self, namespace: Namespace, tx: Transaction, record: ResponseRecord) -> None:
        self._namespace = namespace
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

    @property
    def place(self) -> Place:
        """Where the item is that is open."""
        return Place(self.opened["id"], self.index)

    def new_id(self, kind: str) -> str:
        """Return the id of the item that begins: the one that it had before a restart, or a new one."""
        if (known := self._record.log.id_at(self.index)) is not None:
            return known
        play = self._record.play
        return in_partition(
            self._namespace.ids.make(kind),
            partition=partition_of(self._record.id),
            time=self._namespace.now(),
            # A conversation keeps its items in any case (recorded).
            stored=play["store"] or play["background"] or play["conversation"] is not None,
        )

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
        self.publish(events.output_item_added(self.index, item))

    def publish(self, event: tuple[str, Mapping[str, Any]]) -> None:
        """Publish an event."""
        self._record.log.publish(self._tx, *event)

    def publish_all(self, several: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Publish several events, in their order."""
        for event in several:
            self.publish(event)

    def append(self, text: OpenText, cut: Cut, first: int, last: int) -> None:
        """Append pieces to a text of the item that is open."""
        self._record.log.publish_pieces(self._tx, text.event, Pieces(text.make, cut, first, last))
        text.reach(cut, last)

    def end(self, **changes: Any) -> None:
        """End the item that is open; it is in the response from now on."""
        item = {**self.opened, **changes}
        self.publish(events.output_item_done(self.index, item))
        self.item = None
        output = self._record.doc["output"]
        if self.index == len(output):
            self._record.set(output=[*output, item])
        self.index += 1
