"""The Hypothesis strategy of schedules: simplest first, so that a failure shrinks to what it needs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from emulator.domain.config import Chunks, Pace
from emulator.schedules.faults import STREAMING, ScheduledFault
from emulator.schedules.schedule import Schedule, Status

# Official clients send a request three times; a fault that hits more of them, they do not survive.
_MOST_HITS: Final = 2
_POLLS: Final = (1, 2, 3)
_MOST_FAULTS: Final = 3
# Letters of an order: so many requests are shuffled, the rest takes turns.
_LONGEST_ORDER: Final = 16
# Of a stream that says a sentence, so many events are changed.
_MOST_EVENTS: Final = 8
# How the service asked to be called again; none of these waits longer than a test should.
_SOON: Final = {"retry-after-ms": "1"}
_STATUSES: Final = get_args(Status)
Effects = SearchStrategy[tuple[Mapping[str, Any], int]]


def schedules(
    *,
    pace: bool,
    chunks: bool,
    kinds: Sequence[str],
    cancel: bool,
    expire: bool,
    has_order: bool,
    paths: Collection[str],
) -> SearchStrategy[Schedule]:
    """Return it. kinds: of faults."""
    ends = [("cancel", cancel), ("expire", expire)]
    chosen_ends = [{}, *({name: at} for at in _STATUSES for name, is_varied in ends if is_varied)]
    found = [one for path in paths if (one := _faults(path, kinds)) is not None]
    return _schedules(
        pace=st.sampled_from((None, *(Pace("polls", times) for times in _POLLS))) if pace else st.none(),
        chunks=st.sampled_from((None, "whole", "char", 3)) if chunks else st.none(),
        faults=st.lists(st.one_of(found), max_size=_MOST_FAULTS, unique_by=_path) if found else st.just([]),
        end=st.sampled_from(chosen_ends),
        order=st.text("ab", max_size=_LONGEST_ORDER) if has_order else st.none(),
    )


# Composed, and not built, so that a failure shows the value and not how it was drawn.
@st.composite
def _schedules(
    draw: st.DrawFn,
    *,
    pace: SearchStrategy[Pace | None],
    chunks: SearchStrategy[Chunks | None],
    faults: SearchStrategy[Sequence[ScheduledFault]],
    end: SearchStrategy[Mapping[str, Status]],
    order: SearchStrategy[str | None],
) -> Schedule:
    return Schedule(pace=draw(pace), chunks=draw(chunks), faults=tuple(draw(faults)), order=draw(order), **draw(end))


def _path(fault: ScheduledFault) -> str:
    return fault.path


def _faults(path: str, kinds: Collection[str]) -> SearchStrategy[ScheduledFault] | None:
    """Return the faults of one path; None where there is none of these kinds."""
    effects = [_OF_KIND[kind] for kind in kinds if kind != "stream" or path in STREAMING]
    return _faults_of(path, st.one_of(effects)) if effects else None


@st.composite
def _faults_of(draw: st.DrawFn, path: str, effects: Effects) -> ScheduledFault:
    do, times = draw(effects)
    return ScheduledFault(path, do, times, after=draw(st.integers(0, 2)))


def _once(*effects: Mapping[str, Any]) -> Effects:
    return st.sampled_from([(effect, 1) for effect in effects])


def _repeated(*effects: Mapping[str, Any]) -> Effects:
    return st.sampled_from([(effect, times) for times in range(1, _MOST_HITS + 1) for effect in effects])


_EVENTS: Final = range(1, _MOST_EVENTS + 1)
_OF_KIND: Final[Mapping[str, Effects]] = {
    "connection": _repeated({"disconnect": True}),
    "lost_answer": _once({"disconnect": True, "before": False}, {"truncate": 0}),
    "status": _repeated(*({"status": status, "headers": _SOON} for status in (500, 503, 429))),
    "stream": _once(
        *({"cut_stream_after": event} for event in _EVENTS),
        *({"cut_stream_after": event, "clean": True} for event in _EVENTS),
        {"omit_done": True},
        *({"garble_event": event} for event in _EVENTS),
        *({"duplicate_event": event} for event in _EVENTS),
    ),
    "delay": _once({"delay": "1ms"}),
}
