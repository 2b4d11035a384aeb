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


def ended_by(signal: Signal, name: object) -> str | None:
    """Return the only thing that a signal ends, which the run has to wait for; None for one that comes at any time."""
    if signal is Signal.STEP:
        return GATE
    return hold(str(name)) if signal is Signal.RELEASE else None
