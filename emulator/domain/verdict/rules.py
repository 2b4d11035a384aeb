"""All rules of a verdict, and the verdict that they come to."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from emulator.domain.verdict.findings import MOST_OF_A_KIND, Finding, FindingKind, Verdict
from emulator.domain.verdict.history import History
from emulator.domain.verdict.polling import polling
from emulator.domain.verdict.repetition import repetitions
from emulator.domain.verdict.retries import retries
from emulator.domain.verdict.run_ends import run_ends
from emulator.domain.verdict.streams import streams
from emulator.domain.verdict.time_outs import time_outs

Rule = Callable[[History], Iterable[Finding]]
RULES: Final[tuple[Rule, ...]] = (retries, repetitions, streams, run_ends, time_outs, polling)


def verdict_on(history: History) -> Verdict:
    """Return the verdict on what happened: failures first, of each kind the first ones."""
    order = list(FindingKind)
    found = sorted((one for rule in RULES for one in rule(history)), key=lambda one: order.index(one.kind))
    met = sum(request.fault is not None for request in history.requests)
    return Verdict(tuple(_first_ones(found)), len(history.requests), met)


def _first_ones(findings: Iterable[Finding]) -> Iterator[Finding]:
    counts: Counter[FindingKind] = Counter()
    for finding in findings:
        counts[finding.kind] += 1
        if counts[finding.kind] <= MOST_OF_A_KIND:
            yield finding
