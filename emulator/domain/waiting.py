"""What a run waits for while it is settled, as its row says it."""

from typing import Final

from emulator.domain.lifecycle import Signal

CLOCK: Final = "clock"  # a delay of the script, or of a stream
GATE: Final = "gate"  # its status is shown for as long as the pace says
OUTPUTS: Final = "outputs"
EXPIRY: Final = "expiry"
CODE: Final = "code"  # code is running; nothing but its end, or the end of the run, goes on
READER: Final = "reader"  # a client that reads the stream too slowly
_HOLD: Final = "hold:"

# The statuses that a run leaves by itself, and at which it can be held: what a client or nobody ends needs no hold.
HELD_AT: Final = ("queued", "in_progress", "cancelling")


def hold(name: str) -> str:
    """Return what a run waits for at a breakpoint of its script, or at a status at which it is held."""
    return f"{_HOLD}{name}"


def held_at(waits_for: str) -> str | None:
    """Return the breakpoint or the status at which a run is held that waits for this; None where it is not held."""
    return waits_for.removeprefix(_HOLD) if waits_for.startswith(_HOLD) else None


# Signals that only end a wait, and mean nothing to a run that waits for something else.
ENDS_A_WAIT: Final = frozenset((Signal.RELEASE, Signal.STEP))


def ended_by(signal: Signal, name: object) -> str | None:
    """Return the only thing that a signal ends, which the run has to wait for; None for one that comes at any time."""
    if signal not in ENDS_A_WAIT:
        return None
    return GATE if signal is Signal.STEP else hold(str(name))
