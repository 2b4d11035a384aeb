"""The verdict on the program under test, as tests see it: what a sound program would have done otherwise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a sound program does otherwise: see docs/verdict.md.

    kind: such as ``gave_up``. message: what happened; advice: what a sound program does. request: the id of the request
    that shows it; line: that request as a line of the log; fault: the ``do`` of the fault that it met.
    """

    kind: str
    severity: Literal["fail", "warn"]
    message: str
    request: str | None
    fault: Mapping[str, Any] | None
    advice: str
    line: str | None

    def __str__(self) -> str:
        return f"{self.severity}: {self.kind}: {self.message}"

    def lines(self) -> list[str]:
        """Return what there is to read of it, a line for each."""
        lines = [str(self)]
        if self.line:
            met = ", ".join(f"{name}: {value}" for name, value in (self.fault or {}).items())
            lines.append(f"  {self.line}" + (f", met {{{met}}}" if met else ""))
        return [*lines, f"  {self.advice}"]


def finding_lines(findings: Iterable[Finding], given: set[str] | None = None) -> Iterator[str]:
    """Yield what there is to read of findings, a line for each; advice that several have in common once.

    given: advice that was given already; what is given here is added.
    """
    given = set() if given is None else given
    for one in findings:
        *found, advice = one.lines()
        yield from found
        if advice not in given:
            given.add(advice)
            yield advice


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, failures first. requests: how many were judged; faults: how many of them met one."""

    findings: Sequence[Finding] = ()
    requests: int = 0
    faults: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the verdict that the control API answers with."""
        return cls([Finding(**one) for one in data["findings"]], data["requests"], data["faults"])

    @property
    def passed(self) -> bool:
        """Whether nothing fails; warnings may be there."""
        return not self.failing()

    def failing(self, *, strict: bool = False) -> list[Finding]:
        """Return what fails a check. strict: warnings, too."""
        return [one for one in self.findings if strict or one.severity == "fail"]

    def kinds(self) -> list[str]:
        """Return the kinds of all findings, each once."""
        return list(dict.fromkeys(one.kind for one in self.findings))

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return all that is worth reading, a line for each."""
        found = list(finding_lines(self.findings))
        return found or [f"no finding in {self.requests} requests, {self.faults} of which met a fault"]
