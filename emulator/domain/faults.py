"""Faults of the transport: which requests they apply to, and how often they hit; `effects` says what happens then.

What the *model* does wrong is written in scripts; here only the wire goes wrong. A fault counts a hit only where it
did something: one of a stream is not spent by an answer that is no stream.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from emulator.domain.effects import Fault, from_json, to_json

ONE_SEGMENT: Final = "*"
ANY_SEGMENTS: Final = "**"
# More than any endpoint has, and few enough for each request to be compared with them.
_MOST_SEGMENTS: Final = 50
# A glob takes a time that grows with the square of its length.
_MOST_CHARACTERS: Final = 1_000

# Returns a number from 0 up to 1, which depends on the seed, a name and a count only.
Chance = Callable[[str, int], float]


# --- where ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, as far as faults know it. path: a template, ``/threads/{thread_id}``, or a pattern.

    method: None is any. streams: it may answer so.
    """

    method: str | None
    path: str
    streams: bool = False


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path below the mount, by segments: ``*`` is one segment, ``**`` any number; globs within a segment work too."""

    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "PathPattern":
        """Return a pattern. ``/v1`` and ``/ns/NAME`` may stand before it. Raises ValueError for one without a slash."""
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"a path has at most {_MOST_CHARACTERS:,} characters")
        if not text.startswith("/"):
            raise ValueError(f"a path begins with a slash: write /{text}")
        segments = text.split("/")[1:]
        if segments[0] == "ns":
            segments = segments[2:]
        if segments and segments[0] == "v1":
            segments = segments[1:]
        pattern: list[str] = []
        for segment in segments:
            # Two in a row mean the same as one.
            if segment != ANY_SEGMENTS or pattern[-1:] != [ANY_SEGMENTS]:
                pattern.append(segment)
        if len(pattern) > _MOST_SEGMENTS:
            raise ValueError(f"a path has at most {_MOST_SEGMENTS} segments")
        return cls(tuple(pattern))

    def matches(self, path: str) -> bool:
        """Return whether a request's path is meant."""
        return _matches(self.segments, path.split("/")[1:])

    def may_match(self, template: str) -> bool:
        """Return whether some path of an endpoint is meant."""
        return self.overlaps([_as_pattern(segment) for segment in template.split("/")[1:]])

    def overlaps(self, other: Sequence[str]) -> bool:
        """Return whether some path is meant by this pattern and by the segments of another."""
        return _overlap(self.segments, other)


def _matches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Compare segment by segment; where that fails, let the last ``**`` so far take one segment more.

    An earlier one need not take more: whatever it could reach, the last one reaches too. So a long path costs little.
    """
    at = place = begin = 0
    last_any = None
    while at < len(path):
        if place < len(pattern) and pattern[place] == ANY_SEGMENTS:
            last_any, begin, place = place, at, place + 1
        elif place < len(pattern) and _fits(path[at], pattern[place]):
            at, place = at + 1, place + 1
        elif last_any is not None:
            begin += 1
            at, place = begin, last_any + 1
        else:
            return False
    return all(segment == ANY_SEGMENTS for segment in pattern[place:])


def _fits(segment: str, pattern: str) -> bool:
    """Return whether a segment is meant; most patterns have no globs, and need none compiled."""
    return pattern in (segment, ONE_SEGMENT) or (_is_glob(pattern) and fnmatchcase(segment, pattern))


def _as_pattern(segment: str) -> str:
    if not segment.startswith("{"):
        return segment
    return ANY_SEGMENTS if segment.endswith(":path}") else ONE_SEGMENT


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether some path fits both patterns.

    From the end: each row says which rests of the other fit one rest of this, so that many `**` cost little.
    """
    row = [all(segment == ANY_SEGMENTS for segment in other[at:]) for at in range(len(other) + 1)]
    for segment in reversed(one):
        below, row = row, [*row[:-1], segment == ANY_SEGMENTS and row[-1]]
        for at in reversed(range(len(other))):
            if ANY_SEGMENTS in (segment, other[at]):
                row[at] = below[at] or row[at + 1]
            else:
                row[at] = below[at + 1] and _meet(segment, other[at])
    return row[0]


def _meet(one: str, other: str) -> bool:
    """Return whether some segment fits both; of two globs that is assumed. No segment of a real path is empty."""
    if not one or not other:
        return False
    if _is_glob(one) and _is_glob(other):
        return True
    return fnmatchcase(other, one) if _is_glob(one) else fnmatchcase(one, other)


def _is_glob(segment: str) -> bool:
    return any(mark in segment for mark in "*?[")


# --- how often ------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class ArmedFault:
    """A fault that waits for its requests.

    method, path: which requests; None: any. times: how many it hits (None: all), after the first ``after`` have passed.
    probability: of a hit, for each request that it could hit; None: certain. number: which one of its namespace it is,
    so that each has a chance of its own.
    """

    fault: Fault
    method: str | None = None
    path: str | None = None
    times: int | None = None
    after: int = 0
    probability: float | None = None
    number: int = 0
    hits: int = 0
    passed: int = 0
    draws: int = 0
    _pattern: PathPattern | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        """Read the path once."""
        self._pattern = None if self.path is None else PathPattern.parse(self.path)

    def applies(self, method: str, path: str) -> bool:
        """Return whether a request is meant, and the fault is not spent yet."""
        if (self.times is not None and self.hits >= self.times) or (self.method and self.method.upper() != method):
            return False
        return self._pattern is None or self._pattern.matches(path)

    def fire(self, chance: Chance) -> bool:
        """Count a request that the fault could hit; return whether it does, and it is not one of those that pass."""
        if self.passed < self.after:
            self.passed += 1
            return False
        if self.probability is not None:
            self.draws += 1
            if chance(f"fault/{self.number}", self.draws) >= self.probability:
                return False
        self.hits += 1
        return True

    def can_hit(self, routes: Iterable[Route]) -> bool:
        """Return whether any endpoint could ever be hit."""
        return any(
            (self.method is None or route.method in (None, self.method.upper()))
            and (self._pattern is None or self._pattern.may_match(route.path))
            and (route.streams or not self.fault.needs_stream)
            for route in routes
        )

    def to_json(self) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        chance = {} if self.probability is None else {"probability": self.probability}
        return {
            "do": to_json(self.fault),
            "method": self.method,
            "path": self.path,
            "times": self.times,
            "after": self.after,
            **chance,
            "hits": self.hits,
        }

    def state(self) -> dict[str, Any]:
        """Return the fault with all its counts, as JSON data of which `from_state` makes the same."""
        return {**self.to_json(), "number": self.number, "passed": self.passed, "draws": self.draws}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "ArmedFault":
        """Return the fault of a state. Raises ValueError, TypeError or KeyError for what is none."""
        return cls(from_json(state["do"]), **{name: value for name, value in state.items() if name != "do"})
