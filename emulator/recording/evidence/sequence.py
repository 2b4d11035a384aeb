"""In which order the requests of several recordings were sent: by their times, and each recording in its own order."""

import re
from collections.abc import Iterator, Sequence
from heapq import merge
from math import inf
from operator import itemgetter
from typing import Final

from emulator.recording.exchange import Exchange
from emulator.recording.recordings import AnyRecording, HttpRecording

# When the service made the object that it answers with.
_CREATED: Final = re.compile(rb'"created_at": ?(\d{9,10})\b')


def in_order_of_time(recordings: Sequence[AnyRecording]) -> Iterator[tuple[int, Exchange]]:
    """Yield exchanges with the numbers of their recordings. Those without any time come last, as they were given."""
    timed = {number: _times(one.exchanges) for number, one in enumerate(recordings) if isinstance(one, HttpRecording)}
    first = sorted(timed, key=lambda number: timed[number][:1])
    merged = merge(*(_stamped(number, recordings[number], timed[number]) for number in first), key=itemgetter(0))
    return (pair for _, pair in merged)


def _stamped(
    number: int, recording: AnyRecording, times: Sequence[float]
) -> Iterator[tuple[float, tuple[int, Exchange]]]:
    assert isinstance(recording, HttpRecording)  # noqa: S101 - others have no times
    return ((time, (number, one)) for time, one in zip(times, recording.exchanges, strict=True))


def _times(exchanges: Sequence[Exchange]) -> list[float]:
    """Return when each was sent; where that is not known, when the one before it was, or the first of all."""
    known = [_time(exchange) for exchange in exchanges]
    last = next((time for time in known if time is not None), inf)
    times = []
    for time in known:
        last = last if time is None else max(last, time)
        times.append(last)
    return times


def _time(exchange: Exchange) -> float | None:
    if exchange.at is not None:
        return exchange.at
    made = _CREATED.search(exchange.response.data or b"") if exchange.method == "POST" else None
    return float(made[1]) if made else None
