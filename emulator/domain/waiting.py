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


def hold(name: str) -> str:
    """Return what a run waits for at a breakpoint."""
    return f"{_HOLD}{name}"


# Signals that only end a wait, and mean nothing to a run that waits for something else.
ENDS_A_WAIT: Final = frozenset((Signal.RELEASE, Signal.STEP))


def ended_by(signal: Signal, name: object) -> str | None:
    """Return the only thing that a signal ends, which the run has to wait for; None for one that comes at any time."""
    if signal not in ENDS_A_WAIT:
        return None
    return GATE if signal is Signal.STEP else hold(str(name))
