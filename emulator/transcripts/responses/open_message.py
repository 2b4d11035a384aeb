"""The message of a response that is not over, by the events that were published of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.calls import Cut
from emulator.transcripts.responses.open_text import OpenText
from emulator.transcripts.responses.stored_events import NumberedEvent
from emulator.wire.pieces import Pieces
from emulator.wire.responses import events

_ANNOTATION: Final = "response.output_text.annotation.added"


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A message. index: its place in the output. text: as far as it came; None where none has begun."""

    item: dict[str, Any]
    index: int
    text: OpenText | None
    annotations: Sequence[Mapping[str, Any]]


def open_message(published: Sequence[NumberedEvent]) -> OpenMessage | None:
    """Return the message that is open; None where none is. published: the events of its item, from its begin on."""
    if not published or isinstance(published[0].data, Pieces) or published[0].data["item"]["type"] != "message":
        return None
    item, index = dict(published[0].data["item"]), published[0].data["output_index"]
    kinds = {events.TEXT_DELTA: events.text_delta, events.REFUSAL_DELTA: events.refusal_delta}
    deltas = [one for one in published if one.event in kinds]
    text = OpenText(*kinds[deltas[0].event](item["id"], index, 0)) if deltas else None
    if text is not None:
        whole = "".join("".join(_pieces(one)) for one in deltas)
        text.reach(Cut.of([whole]), 1)
    annotations = [
        one.data["annotation"] for one in published if one.event == _ANNOTATION and isinstance(one.data, Mapping)
    ]
    return OpenMessage(item, index, text, annotations)


def _pieces(numbered: NumberedEvent) -> Sequence[str]:
    data = numbered.data
    return [*data.cut.pieces(data.first, data.last)] if isinstance(data, Pieces) else [data["delta"]]
