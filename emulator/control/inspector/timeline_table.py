"""The events of a timeline as a table: what the picture shows, for whoever does not see it."""

from collections.abc import Sequence
from typing import NamedTuple

from emulator.domain.timelines import Timeline
from emulator.timeline_pictures.scale import Scale, lasting

_LANES = {"status": "status", "work": "work", "client": "client"}


class Row(NamedTuple):
    """An event. at: behind the beginning; lasted: empty where that is not known, or nothing."""

    at: str
    lasted: str
    lane: str
    name: str
    detail: str
    request: str | None


def rows(timeline: Timeline) -> Sequence[Row]:
    """Return the events in their order."""
    scale = Scale.of(timeline, 0, 1)
    return [
        Row(
            scale.since(span.began.at),
            "still" if span.ended is None else _lasted(span.ended.at - span.began.at),
            _LANES[span.lane],
            span.title,
            span.detail,
            span.id if span.lane == "client" else None,
        )
        for span in timeline.spans
    ]


def _lasted(seconds: float) -> str:
    return lasting(seconds) if seconds > 0 else ""
