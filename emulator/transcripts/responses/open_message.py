"""The message of a response that is not over, by what its followers were told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.calls import Cut
from emulator.transcripts.responses.kept_events import ToldEvent
from emulator.transcripts.responses.open_text import OpenText
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


def open_message(told: Sequence[ToldEvent]) -> OpenMessage | None:
    """Return the message that is open; None where none is. told: the events of its item, from its begin on."""
    if not told or isinstance(told[0].data, Pieces) or told[0].data["item"]["type"] != "message":
        return None
    item, index = dict(told[0].data["item"]), told[0].data["output_index"]
    kinds = {events.TEXT_DELTA: events.text_delta, events.REFUSAL_DELTA: events.refusal_delta}
    deltas = [one for one in told if one.event in kinds]
    text = OpenText(*kinds[deltas[0].event](item["id"], index, 0)) if deltas else None
    if text is not None:
        whole = "".join("".join(_pieces(one)) for one in deltas)
        text.reach(Cut.of([whole]), 1)
    annotations = [one.data["annotation"] for one in told if one.event == _ANNOTATION and isinstance(one.data, Mapping)]
    return OpenMessage(item, index, text, annotations)


def _pieces(told: ToldEvent) -> Sequence[str]:
    data = told.data
    return [*data.cut.pieces(data.first, data.last)] if isinstance(data, Pieces) else [data["delta"]]
