"""A schedule: what a test changes about time, transport and other programs, and nothing about the model."""

from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from emulator.domain.config import Chunks, Pace
from emulator.schedules.faults import ScheduledFault
from emulator.schedules.lines import Line

# Where a run can be ended from outside.
Status = Literal["queued", "in_progress", "requires_action"]
# Those of `Namespace.together`.
PROGRAMS: Final = ("a", "b")


@dataclass(frozen=True, slots=True, repr=False)
class Schedule:
    """What happens to the requests of a program; without anything, what always does.

    pace: how long each status is shown. chunks: how streams are cut where the script does not say. cancel, expire: the
    status at which the next run is ended. order: of the programs of `Namespace.together`; None where there are none.

    `str` is a line of the Python face for each of these; together they do what `apply` does.
    """

    pace: Pace | None = None
    chunks: Chunks | None = None
    faults: tuple[ScheduledFault, ...] = ()
    cancel: Status | None = None
    expire: Status | None = None
    order: str | None = None

    def __post_init__(self) -> None:
        """Raise TypeError or ValueError for what is no schedule."""
        if not (self.pace is None or isinstance(self.pace, Pace)):
            raise TypeError(f"pace: {self.pace!r} is none: give one as Pace('polls', times=2)")
        faults: object = self.faults
        if not (isinstance(faults, tuple) and all(isinstance(one, ScheduledFault) for one in faults)):
            raise TypeError(f"faults: {self.faults!r}: give a tuple of ScheduledFault")
        for name, at in (("cancel", self.cancel), ("expire", self.expire)):
            if at is not None and at not in get_args(Status):
                raise ValueError(f"{name}: a run ends from outside at {', '.join(get_args(Status))}, not at {at!r}")
        if unknown := sorted(set(self.order or "") - set(PROGRAMS)):
            raise ValueError(f"order: there is no program {unknown[0]!r}: it is made of {', '.join(PROGRAMS)}")

    @property
    def settings(self) -> tuple[Line, ...]:
        """What is set before the program begins."""
        lines = [] if self.pace is None else [_pace(self.pace)]
        if self.chunks is not None:
            lines.append(Line("configure", (), {"chunks": self.chunks}))
        lines += [fault.line for fault in self.faults]
        ends = {"cancel": self.cancel, "expire": self.expire}
        return (*lines, *(Line(name, ("next",), {"at": at}) for name, at in ends.items() if at is not None))

    def apply(self, namespace: Any) -> None:
        """Set all of it but the order, which `Namespace.together` is given."""
        for line in self.settings:
            line.call(namespace)

    def __repr__(self) -> str:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        changed = [f"{name}={value!r}" for name, value in values.items() if value not in (None, ())]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __str__(self) -> str:
        together = [] if self.order is None else [f'ns.together(a, b, "{self.order}")']
        return "\n".join([*map(str, self.settings), *together])


def _pace(pace: Pace) -> Line:
    match pace.progression:
        case "polls":
            options: dict[str, Any] = {"times": pace.times}
        case "time":
            options = {"seconds": pace.seconds}
        case _:
            options = {}
    return Line("pace", (pace.progression,), options)
