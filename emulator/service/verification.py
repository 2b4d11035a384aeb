"""Whether the requests of a log are those that a test expects, and if not, which came nearest."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from emulator.domain.request_log import LoggedRequest
from emulator.service.expected_requests import Difference, Expected, path_of

MOST_NEAR: Final = 5
# Of one request; a body may differ in each of its fields, of which the message names a few.
_MOST_DIFFERENCES: Final = 20
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Times:
    """How often. most: None: any number of times."""

    least: int = 1
    most: int | None = None

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.least} request{'s' * (self.least != 1)}"
        if self.most is None:
            return f"at least {self.least} request{'s' * (self.least != 1)}"
        if not self.least:
            return f"at most {self.most} request{'s' * (self.most != 1)}"
        return f"{self.least} to {self.most} requests"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A request that is not the expected one, and why."""

    request: LoggedRequest
    differences: Sequence[Difference]

    @property
    def distance(self) -> int:
        """How far it is from the expected one."""
        return sum(one.weight for one in self.differences)

    def to_json(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        request = self.request
        about = {"id": request.id, "method": request.method, "path": path_of(request), "status": request.status}
        return {"request": about, "differs": [one.to_json() for one in self.differences]}

    def __str__(self) -> str:
        why = ", ".join(str(one) for one in self.differences[:_MOST_NAMED])
        hint = f" ({self.request.hint})" if self.request.hint else ""
        return f"{self.request.method} {path_of(self.request)} ({self.request.id}): {why}{hint}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which requests were the expected ones, and what is wrong with that; None: nothing. near: the nearest first."""

    requests: Sequence[str]
    message: str | None
    near: Sequence[NearMiss] = ()


def verify(log: Sequence[LoggedRequest], dropped: int, expected: Expected, times: Times) -> Outcome:
    """Compare a log with what is expected. dropped: how many requests the log no longer has."""
    found, others = _parted(log, expected)
    ids = [request.id for request in found]
    count = len(found)
    if times.least <= count and (times.most is None or count <= times.most):
        return Outcome(ids, None)
    message = f"expected {times} {expected}".rstrip() + f", got {count}"
    if count > times.least:
        more = ", …" * (count > MOST_NEAR)
        return Outcome(ids, f"{message}: {', '.join(ids[:MOST_NEAR])}{more}")
    near = _nearest(others, expected)
    if near:
        message += f"; nearest: {near[0]}"
    elif not count:
        message += "; there were no requests"
    if dropped:
        message += f"; the log no longer has {dropped} earlier request{'s' * (dropped != 1)}"
    return Outcome(ids, message, near)


def _parted(log: Sequence[LoggedRequest], expected: Expected) -> tuple[list[LoggedRequest], list[LoggedRequest]]:
    """Return the expected requests, and the others; bodies are decoded only where everything else is as expected."""
    found: list[LoggedRequest] = []
    others: list[LoggedRequest] = []
    for request in log:
        differs = next(expected.outside(request), None) or next(expected.inside(request), None)
        (found if differs is None else others).append(request)
    return found, others


def _nearest(others: Sequence[LoggedRequest], expected: Expected) -> list[NearMiss]:
    """Return the nearest requests; of those that are as near, the newest first."""

    def rough(place: int) -> tuple[int, int]:
        return sum(one.weight for one in expected.outside(others[place])), -place

    # Bodies are compared for some of them only.
    places = heapq.nsmallest(4 * MOST_NEAR, range(len(others)), key=rough)
    near = [NearMiss(others[place], _all(expected, others[place])) for place in places]
    return sorted(near, key=lambda one: one.distance)[:MOST_NEAR]


def _all(expected: Expected, request: LoggedRequest) -> list[Difference]:
    outside = list(expected.outside(request))
    return [*outside, *islice(expected.inside(request), _MOST_DIFFERENCES)]
