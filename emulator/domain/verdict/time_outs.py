"""Findings about answers that were waited for as long as they took."""

from collections.abc import Iterator
from typing import Final

from emulator.domain.durations import seconds
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import is_lost
from emulator.domain.verdict.findings import Finding, FindingKind, call_of
from emulator.domain.verdict.history import History

# Seconds. An answer that is as late as that is no longer merely slow.
LONG: Final = 5.0
# Of a wait: what is measured begins a little later than the wait itself.
_NEARLY: Final = 0.95


def time_outs(history: History) -> Iterator[Finding]:
    """Yield a finding for each stall of a stream, and each long delay, that a client sat through to its end."""
    for request in history.requests:
        fault = request.fault or {}
        if "stall_stream_after" in fault:
            what, wait, has_left = "stalled for", fault["for"], _has_left(request)
        elif "delay" in fault and seconds(fault["delay"]) >= LONG:
            what, wait, has_left = "was late by", fault["delay"], is_lost(request) and "truncate" not in fault
        else:
            continue
        # Whoever removes a fault ends what it holds up.
        if not has_left and request.ms >= seconds(wait) * 1000 * _NEARLY:
            message = f"the answer to {call_of(request)} {what} {wait}, and was waited for to the end"
            yield Finding.of(FindingKind.NO_READ_TIMEOUT, message, request)


def _has_left(request: LoggedRequest) -> bool:
    return request.observed is not None and request.observed.ending == "left"
