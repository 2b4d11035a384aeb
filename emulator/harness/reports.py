"""The report of a namespace: what a test should know when it is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.drift import texts
from emulator.harness.hints import PlacedHint, hint_lines

_MOST_DRIFT: Final = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What was noticed in a namespace.

    failures: what fails a test, {kind, message, run}, whether the program under test showed it or not. unmatched,
    script, check, drift: by kind; of drift, many lines are counted only. unused: turns that were never played; waiting:
    runs that are not over; hints: what the program probably did not mean; faults: those that never hit. faulted: how
    many requests of the log met one.
    """

    failures: Sequence[Mapping[str, Any]] = ()
    unmatched: Sequence[Mapping[str, Any]] = ()
    script: Sequence[Mapping[str, Any]] = ()
    check: Sequence[Mapping[str, Any]] = ()
    drift: Sequence[Mapping[str, Any]] = ()
    drift_left_out: int = 0
    unused: Sequence[Mapping[str, Any]] = ()
    waiting: Sequence[Mapping[str, Any]] = ()
    hints: Sequence[Mapping[str, Any]] = ()
    faults: Sequence[Mapping[str, Any]] = ()
    faulted: int = 0
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """Return the report that the control API answers with."""
        known = {name: data[name] for name in cls.__slots__ if name in data and name != "data"}
        return cls(**known, data=data)

    @property
    def problems(self) -> list[str]:
        """What fails a test, a line for each."""
        return [str(failure["message"]) for failure in self.failures]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, *, with_hints: bool = True) -> list[str]:
        """Return all that is worth reading, a line for each, of hints for each kind; of the rest what is unusual."""
        lines = [f"{failure['kind']}: {failure['message']}" for failure in self.failures]
        lines += self._drift()
        if with_hints:
            lines += hint_lines(PlacedHint("", hint) for hint in self.hints)
        lines += [f"waiting: {_waiting(run)}" for run in self.waiting]
        if not any(failure["kind"] == "fault" for failure in self.failures):  # which say it already
            lines += [f"fault: {_fault(fault)} never hit" for fault in self.faults]
        return lines

    def _drift(self) -> list[str]:
        """Return what drifted and is no failure, a line for all that say the same."""
        failed = {failure["message"] for failure in self.failures}
        found = [text for text in texts(self.drift) if text not in failed]
        more = len(found) - _MOST_DRIFT + self.drift_left_out
        lines = [f"drift: {text}" for text in found[:_MOST_DRIFT]]
        return [*lines, f"drift: {more:,} more lines in the report"] if more > 0 else lines


def _waiting(run: Mapping[str, Any]) -> str:
    waits_for = run.get("waits_for")
    return f"{run['run']} is {run['status']}" + (f", waiting for {waits_for}" if waits_for else "")


def _fault(fault: Mapping[str, Any]) -> str:
    do = ", ".join(f"{name}: {value}" for name, value in fault["do"].items())
    return f"{fault['method'] or 'any method'} {fault['path'] or 'any path'} {{{do}}}"
