"""The clock of a namespace."""

import datetime
from dataclasses import dataclass
from typing import Any

from emulator.harness.control import NamespaceControl

Instant = str | datetime.datetime
Duration = str | float | datetime.timedelta


@dataclass(frozen=True, slots=True)
class Fired:
    """An event that the clock caused. run: the id of its run; event: its name."""

    run: str
    event: str


class Clock:
    """The clock of one namespace. Instants are ISO texts or datetimes; durations "10m1s", seconds or timedeltas."""

    def __init__(self, control: NamespaceControl) -> None:
        self._control = control

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return float(self._control.ask("GET", "/clock")["now"])

    @property
    def mode(self) -> str:
        """``real``, ``frozen`` or ``auto``."""
        return str(self._control.ask("GET", "/clock")["mode"])

    def freeze(self, at: Instant | None = None) -> None:
        """Let time pass only by `advance`. at: where the clock stops; None: where it is."""
        self._change(mode="frozen", at=None if at is None else as_instant(at))

    def auto(self) -> None:
        """Let the delays of scripts pass at once."""
        self._change(mode="auto")

    def real(self, speed: float | None = None) -> None:
        """Let time pass as it does. speed: seconds of the clock for each second."""
        self._change(mode="real", speed=speed)

    def advance(self, by: Duration) -> list[Fired]:
        """Move the clock on; whatever is due on the way happens, in order. Return the events of runs among it."""
        fired = self._control.ask("POST", "/clock/advance", {"by": as_duration(by)})["fired"]
        return [Fired(one["run"], one["event"]) for one in fired]

    def _change(self, **change: Any) -> None:
        self._control.ask("PATCH", "/clock", {name: value for name, value in change.items() if value is not None})


def as_instant(value: Instant) -> str:
    """Return an instant as the control API takes it; a datetime without a zone is one of UTC."""
    if isinstance(value, str):
        return value
    return (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).isoformat()


def as_duration(value: Duration) -> str | float:
    """Return a duration as the control API takes it."""
    return value.total_seconds() if isinstance(value, datetime.timedelta) else value
