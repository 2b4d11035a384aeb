"""What a soak prints: a line for each figure with its aim, and what counts in the end."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.benchmarks.lateness import Lateness

MOST_LATE = 0.3
# What makes a soak fail; no time does.
WRONG = ("lost", "doubled", "stuck", "tracebacks")


@dataclass(slots=True)
class Report:
    """The figures so far. section: that they belong to. wrong: how often something must not have happened."""

    section: str = ""
    wrong: Counter[str] = field(default_factory=Counter)
    memory: float = 0.0
    late: float = 0.0
    first_search: str = "not measured"
    restart: str = "not measured"

    def figure(self, what: str, value: float, unit: str = "", most: float | None = None) -> None:
        """Print a figure. most: the aim."""
        digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 3
        aim = "" if most is None else f"aim ≤ {most:g}: {'met' if value <= most else 'NOT MET'}"
        print(f"{self.section:<9} {what:<58} {value:>12,.{digits}f} {unit:<6} {aim}".rstrip(), flush=True)

    def count(self, kind: str, number: int, message: str = "") -> None:
        """Count what must not happen. kind: one of `WRONG`; message: what happened."""
        self.wrong[kind] += number
        if number:
            print(f"{self.section:<9} {kind}: {message}", flush=True)

    def watched(self, seen: Lateness, peak: float, log: Path) -> None:
        """Print what was seen of a server beside its work."""
        self.memory, self.late = max(self.memory, peak), max(self.late, seen.longest)
        self.figure("peak memory, with its children", peak, "MB")
        self.figure("longest lateness of /_emulator/health", seen.longest, "s", MOST_LATE)
        self.figure("  for comparison: of the process that asked", seen.own, "s")
        text = log.read_text(errors="replace") if log.exists() else ""
        self.count("tracebacks", text.count("Traceback (most recent call last)"), text[-3_000:])

    def end(self) -> int:
        """Print what counts; return the exit status."""
        print()
        for kind in WRONG:
            print(f"{kind:<18} {self.wrong[kind]}")
        print(f"{'peak memory':<18} {self.memory:,.0f} MB")
        print(f"{'longest lateness':<18} {self.late:.3f} s")
        print(f"{'first search':<18} {self.first_search}")
        print(f"{'restart':<18} {self.restart}")
        return 1 if self.wrong.total() else 0
