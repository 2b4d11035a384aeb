"""How far a run is to go, as ``step.until`` names it: a status, a number of steps, an event, a hold, or to its rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from emulator.domain.lifecycle import MESSAGE, RUN, RUN_STEP, Machine
from emulator.domain.nearest import did_you_mean

SETTLED: Final = "settled"
_FORMS: Final = ("step:NUMBER", "event:NAME", "hold:NAME")
_MOST_DIGITS: Final = 9  # of a number of steps; no run has more


def _events_of(prefix: str, machine: Machine, *more: str) -> Iterator[str]:
    yield from (f"{prefix}.{name}" for name in ("created", *more))
    yield from (arrival.event for row in machine.values() for arrival in row.values() if arrival.event)


# Everything that happens to one run, as its stream calls it.
EVENTS: Final = tuple(
    dict.fromkeys((
        *_events_of("thread.run", RUN, "queued"),
        *_events_of("thread.run.step", RUN_STEP, "in_progress", "delta"),
        *_events_of("thread.message", MESSAGE, "in_progress", "delta"),
    ))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a run is to go. what: the status, the number of steps, the name of the event or of the hold."""

    kind: Literal["status", "settled", "step", "event", "hold"]
    what: str = ""


def destination(text: str) -> Destination:
    """Return what a text names; raise ValueError, which says what is taken, for one that names nothing."""
    kind, colon, what = text.partition(":")
    match kind:
        case "event" if colon:
            if what not in EVENTS:
                hint = did_you_mean(what, EVENTS)
                raise ValueError(f"a run has no event {what!r}{hint}; taken are {_listed(EVENTS)}")
            return Destination("event", what)
        case "step" if colon:
            if not (what.isascii() and what.isdigit()):
                raise ValueError(f"step: takes a number of steps, such as step:2, not {what!r}")
            return Destination("step", what.lstrip("0") or "0")
        case "hold" if colon:
            if not what:
                raise ValueError("hold: takes the name of a hold, such as hold:thinking")
            return Destination("hold", what)
    if text == SETTLED:
        return Destination("settled")
    if text in RUN:
        return Destination("status", text)
    words = (*RUN, SETTLED)
    hint = did_you_mean(text, (*words, "step:", "event:", "hold:"))
    raise ValueError(f"{text!r} is no place to go to{hint}; taken are {_listed((*words, *_FORMS))}")


def has_steps(number: int, wanted: str) -> bool:
    """Return whether there are as many steps as are wanted. wanted: in digits, as a `Destination` has it."""
    return len(wanted) <= _MOST_DIGITS and number >= int(wanted)


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
