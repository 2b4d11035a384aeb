"""A recorded request with its answer, in the one form into which every format is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent one way. data: with content codings (gzip, br, …) removed; None where the recording has lost it.

    media_type: in lower case and without parameters, "" where none is known.
    """

    data: bytes | None = b""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an upload. filename: None for a plain field. data: None where the recording has lost it."""

    name: str
    filename: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, as recorded and not yet redacted.

    method: in upper case. url: whole. headers: by lower-case names; of several of one name, the values joined by ", ".
    parts: of a multipart request. at: when the request was sent, in seconds since the epoch. line: where it stands in
    its file, from 1. chunks: how a streamed answer came, as (seconds since the request, number of bytes). complete:
    whether the answer came to its end.
    """

    method: str
    url: str
    status: int
    request: Body = field(default_factory=Body)
    response: Body = field(default_factory=Body)
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    at: float | None = None
    line: int | None = None
    chunks: Sequence[tuple[float, int]] = ()
    complete: bool = True
