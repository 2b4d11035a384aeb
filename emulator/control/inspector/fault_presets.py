"""The faults that people try, as the page of a namespace offers them: what each does, and to what it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Preset:
    """A fault under a name that forms send. do: as of the control API."""

    name: str
    label: str
    do: Mapping[str, Any]


_ANSWERS: Final = (
    Preset("429", "429 with Retry-After: 1", {"status": 429, "headers": {"retry-after": "1"}}),
    Preset("500", "500", {"status": 500}),
    Preset("503", "503", {"status": 503}),
    Preset("503-after", "503 after the work is done", {"status": 503, "before": False}),
    Preset("400", "400", {"status": 400}),
    Preset("delay", "3 seconds late", {"delay": "3s"}),
    Preset("time-out", "an hour late: a time-out", {"delay": "1h"}),
    Preset("time-out-after", "an hour late, after the work is done", {"delay": "1h", "before": False}),
    Preset("disconnect", "connection reset", {"disconnect": True}),
    Preset("disconnect-after", "connection reset after the work is done", {"disconnect": True, "before": False}),
    Preset("truncate", "body breaks off after 20 bytes", {"truncate": 20}),
)
_STREAMS: Final = (
    Preset("cut", "breaks off after 7 events", {"cut_stream_after": 7}),
    Preset("clean-cut", "ends after 7 events as if it were whole", {"cut_stream_after": 7, "clean": True}),
    Preset("cut-error", "error event after 7 events", {"cut_stream_after": 7, "error_event": True}),
    Preset("error-event", "error event at its end", {"error_event": True}),
    Preset("omit-done", "no done at its end", {"omit_done": True}),
    Preset("garble", "event 3 cannot be parsed", {"garble_event": 3}),
    Preset("duplicate", "event 3 comes twice", {"duplicate_event": 3}),
    Preset("stall", "silence after 7 events", {"stall_stream_after": 7, "for": "1h"}),
)
GROUPS: Final[Mapping[str, Sequence[Preset]]] = {"Any answer": _ANSWERS, "Streams": _STREAMS}
_BY_NAME: Final = {preset.name: preset for presets in GROUPS.values() for preset in presets}


def preset_named(name: str) -> Preset | None:
    """Return the preset of a name; None if there is none."""
    return _BY_NAME.get(name)
