"""What a run waits for while it is settled, as its row says it."""

from typing import Final

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
