"""What a fault does to a request: a closed union, which the ``do`` of the control API describes.

One `Outcome` at most takes the place of the real answer or changes it, and a delay may stand before it. What
contradicts itself cannot be expressed. Events of a stream are counted from 1, as the run makes them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from emulator.domain.durations import seconds, spell

# Seconds. Longer than any client waits.
LONGEST_PAUSE: Final = 3600.0
# RFC 9110: a name is a token; a value holds no control characters.
# Longer ones are more than some clients can read.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")
# They follow from the body.
_OF_BODY: Final = ("content-length", "content-type", "content-encoding", "transfer-encoding", "trailer")
# RFC 9110: they speak of the connection, which is the server's.
_OF_CONNECTION: Final = ("connection", "keep-alive", "proxy-connection", "te", "upgrade")


# --- the union ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Respond:
    """This answer in place of the real one. error: of the envelope; None for what the service said under the status."""

    status: int
    error: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection is reset before a byte is answered."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """The body breaks off after so many bytes, and the connection with it."""

    after: int


@dataclass(frozen=True, slots=True)
class CutStream:
    """The stream ends after so many events.

    error_event: with an `event: error` behind them, which holds error. clean: as a whole answer ends; else the
    connection breaks off behind what has been sent.
    """

    after: int
    error_event: bool = False
    error: Mapping[str, Any] | None = None
    clean: bool = False


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An `event: error` in place of the stream's `done`, or of the last event of a response."""

    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OmitDone:
    """The stream ends without its `done`, or without the last event of a response."""


@dataclass(frozen=True, slots=True)
class Stall:
    """The stream pauses after so many events, for so many seconds of the machine, and stays open."""

    after: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ChangeStream:
    """The events of a stream change. garble: the number of one that cannot be parsed; duplicate: of one sent twice."""

    garble: int | None = None
    duplicate: int | None = None
    stall: Stall | None = None
    end: CutStream | ErrorEvent | OmitDone | None = None


Outcome = Respond | Disconnect | Truncate | ChangeStream


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.

    outcome: None for the real answer. delay: seconds of the machine that the head of the answer is late. before: all
    this happens before the endpoint is asked; else the work is done first.
    """

    outcome: Outcome | None = None
    delay: float = 0.0
    before: bool = True

    @property
    def changes_answer(self) -> bool:
        """Whether it changes the real answer while that is sent."""
        return isinstance(self.outcome, Truncate | ChangeStream)

    @property
    def needs_stream(self) -> bool:
        """Whether only an answer that is a stream can be hit."""
        return isinstance(self.outcome, ChangeStream)


# --- reading --------------------------------------------------------------------------------------------------------

_OF_STREAMS: Final = (
    "cut_stream_after",
    "error_event",
    "omit_done",
    "garble_event",
    "duplicate_event",
    "stall_stream_after",
)
# Why nothing else can be given beside it.
_ALONE: Final = {
    "status": "status replaces the answer",
    "disconnect": "disconnect leaves no answer",
    "truncate": "truncate breaks the answer off by its bytes",
}
# A field, what it belongs to, and what to do.
_BELONGS: Final = (
    ("headers", ("status",), "headers belong to status"),
    ("error", ("status", "error_event"), "error is sent in an event: add error_event"),
    ("clean", ("cut_stream_after",), "clean says how a stream is cut: add cut_stream_after"),
    ("for", ("stall_stream_after",), "for says how long a stream stalls: add stall_stream_after"),
    ("stall_stream_after", ("for",), "say how long the stream stalls: add for, such as 30s"),
    ("before", ("status", "delay", "disconnect"), "before says when status, delay or disconnect happen: add one"),
)
_FLAGS: Final = ("disconnect", "error_event", "omit_done")


def from_json(do: Mapping[str, Any]) -> Fault:
    """Return the fault that a ``do`` describes, its durations in seconds.

    Raises ValueError for one that does nothing, or that contradicts itself.
    """
    do = {name: value for name, value in do.items() if value is not None and not (name in _FLAGS and value is False)}
    changes = [name for name in _OF_STREAMS if name in do]
    outcomes = [name for name in _ALONE if name in do]
    if not (changes or outcomes or "delay" in do):
        raise ValueError(f"a fault has to do something: give {', '.join((*_ALONE, 'delay', *_OF_STREAMS))}")
    if outcomes and (others := [*outcomes[1:], *changes]):
        raise ValueError(f"{_ALONE[outcomes[0]]}, so nothing is left for {others[0]}: give one or the other")
    is_change = bool(changes) or "truncate" in do
    if is_change and "before" in do:
        raise ValueError("what changes an answer acts behind the endpoint: leave before out")
    for name, owners, advice in _BELONGS:
        if name in do and not any(owner in do for owner in owners):
            raise ValueError(advice)
    return Fault(_outcome(do, changes), _pause(do.get("delay", 0.0)), do.get("before", not is_change))


def _pause(length: object) -> float:
    """Return seconds, also of what `to_json` has spelled."""
    return seconds(length, longest=LONGEST_PAUSE)


def _outcome(do: Mapping[str, Any], changes: Iterable[str]) -> Outcome | None:
    if "status" in do:
        return Respond(do["status"], do.get("error"), checked_headers(do.get("headers") or {}))
    if "disconnect" in do:
        return Disconnect()
    if "truncate" in do:
        return Truncate(do["truncate"])
    return _change(do) if changes else None


def _change(do: Mapping[str, Any]) -> ChangeStream:
    stall = Stall(do["stall_stream_after"], _pause(do["for"])) if "stall_stream_after" in do else None
    end: CutStream | ErrorEvent | OmitDone | None = None
    has_error = "error_event" in do
    if "omit_done" in do:
        if has_error or "cut_stream_after" in do:
            raise ValueError("a stream that is cut, or ends with an error, has no done: leave omit_done out")
        end = OmitDone()
    elif "cut_stream_after" in do:
        after = do["cut_stream_after"]
        end = CutStream(after, has_error, do.get("error"), do.get("clean", has_error))
        for name in ("garble_event", "duplicate_event", "stall_stream_after"):
            if do.get(name, 0) > after:
                raise ValueError(f"{name}: event {do[name]} is never sent, the stream is cut after {after}")
    elif has_error:
        end = ErrorEvent(do.get("error"))
    return ChangeStream(do.get("garble_event"), do.get("duplicate_event"), stall, end)


def checked_headers(headers: Mapping[str, str], allowed: Collection[str] = ()) -> Mapping[str, str]:
    """Return headers that a test chose; raise ValueError for what cannot be sent. allowed: of those of the body."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"headers: {name[:80]!r}: {value[:80]!r} cannot be sent")
        if name.lower() in _OF_BODY and name.lower() not in allowed:
            raise ValueError(f"headers: {name} follows from the body, leave it out")
        if name.lower() in _OF_CONNECTION:
            raise ValueError(f"headers: {name} belongs to the connection, leave it out")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("headers: one name is there twice, in upper and lower case")
    return headers


# --- showing --------------------------------------------------------------------------------------------------------


def to_json(fault: Fault) -> dict[str, Any]:
    """Return the ``do`` that describes a fault."""
    do: dict[str, Any] = {}
    match fault.outcome:
        case Respond(status, error, headers):
            do = {"status": status, "error": error, "headers": dict(headers) or None}
        case Disconnect():
            do = {"disconnect": True}
        case Truncate(after):
            do = {"truncate": after}
        case ChangeStream():
            do = _change_to_json(fault.outcome)
        case None:
            pass
        case _:
            assert_never(fault.outcome)
    do["delay"] = spell(fault.delay) if fault.delay else None
    if not fault.before and not fault.changes_answer:
        do["before"] = False
    return {name: value for name, value in do.items() if value is not None}


def _change_to_json(change: ChangeStream) -> dict[str, Any]:
    do: dict[str, Any] = {}
    match change.end:
        case CutStream(after, error_event, error, clean):
            do = {"cut_stream_after": after, "error_event": error_event or None, "error": error}
            do["clean"] = clean if clean != error_event else None
        case ErrorEvent(error):
            do = {"error_event": True, "error": error}
        case OmitDone():
            do = {"omit_done": True}
        case None:
            pass
        case _:
            assert_never(change.end)
    do |= {"garble_event": change.garble, "duplicate_event": change.duplicate}
    if change.stall is not None:
        do |= {"stall_stream_after": change.stall.after, "for": spell(change.stall.seconds)}
    return do
