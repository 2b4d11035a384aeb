"""What goes wrong, one thing at a time, while a library asks a question and answers the call of a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

ANSWER: Final = "Four boats lie at the pier."
# Where the run ends early.
PART: Final = "Four boats"

_CREATES: Final = ("POST", "/threads/*/runs")
_SUBMITS: Final = ("POST", "/threads/*/runs/*/submit_tool_outputs")
_ADDS: Final = ("POST", "/threads/*/messages")
_READS: Final = ("GET", "/threads/*/runs/*")
_BUSY: Final = {"status": 429, "headers": {"retry-after": "1"}}
_BROKEN: Final = {"status": 500}
_LOST: Final = {"disconnect": True, "before": False}
_END: Final[Sequence[Mapping[str, Any]]] = ({"say": ANSWER, "stream": {"chunk": 4}},)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that goes wrong. where: the request that meets it; times: how often, None: each time.

    end: how the run goes on when the function has been answered. of: the loops that can meet it.
    """

    name: str
    where: tuple[str, str] = _CREATES
    do: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = 1
    end: Sequence[Mapping[str, Any]] = _END
    function_raises: bool = False
    of: Literal["all", "polls", "streams"] = "all"

    @property
    def goes_wrong(self) -> bool:
        """Whether anything does: there is one case to compare with."""
        return bool(self.do) or self.end is not _END or self.function_raises


CASES: Final = (
    Case("nothing"),
    Case("creating the run: 429, `Retry-After: 1`, once", _CREATES, _BUSY),
    Case("creating the run: 429, `Retry-After: 1`, always", _CREATES, _BUSY, None),
    Case("creating the run: 500 once", _CREATES, _BROKEN),
    Case("creating the run: 500 always", _CREATES, _BROKEN, None),
    Case("creating the run: disconnected before the work", _CREATES, {"disconnect": True}),
    Case("creating the run: disconnected behind the work", _CREATES, _LOST),
    Case("creating the run: the answer is truncated", _CREATES, {"truncate": 20}, of="polls"),
    Case("adding the message: the answer is lost", _ADDS, _LOST),
    Case("reading the run: 429, `Retry-After: 1`, always", _READS, _BUSY, None, of="polls"),
    Case("reading the run: 500 once", _READS, _BROKEN, of="polls"),
    Case("reading the run: 500 always", _READS, _BROKEN, None, of="polls"),
    Case("reading the run: 6 s late", _READS, {"delay": "6s"}, of="polls"),
    Case("outputs: 429, `Retry-After: 1`, always", _SUBMITS, _BUSY, None),
    Case("outputs: 500 once", _SUBMITS, _BROKEN),
    Case("outputs: disconnected before the work", _SUBMITS, {"disconnect": True}),
    Case("outputs: disconnected behind the work", _SUBMITS, _LOST),
    Case("the run fails", end=({"fail": "server_error", "message": "broken"},)),
    Case("the run expires", end=({"expire": "now"},)),
    Case("the run is incomplete", end=({"say": PART}, {"stop": "max_completion_tokens"})),
    Case("the function raises", function_raises=True),
    Case("first stream: cut clean before the call", _CREATES, {"cut_stream_after": 3, "clean": True}, of="streams"),
    Case("last stream: cut in the answer", _SUBMITS, {"cut_stream_after": 8}, of="streams"),
    Case("last stream: cut clean in the answer", _SUBMITS, {"cut_stream_after": 8, "clean": True}, of="streams"),
    Case("last stream: no `done`", _SUBMITS, {"omit_done": True}, of="streams"),
    Case("last stream: an event is garbled", _SUBMITS, {"garble_event": 8}, of="streams"),
    Case("last stream: `error` in the answer", _SUBMITS, {"cut_stream_after": 8, "error_event": True}, of="streams"),
    Case("last stream: stalls for 6 s", _SUBMITS, {"stall_stream_after": 8, "for": "6s"}, of="streams"),
)
