"""Counting runs, from what is published of them once it is committed."""

from collections.abc import Sequence

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.measures import RUNS_BEGUN, RUNS_ENDED, Measures
from emulator.store.journal import Entry, Journal


def count_runs(measures: Measures, entries: Sequence[Entry]) -> None:
    """Count the runs that began and ended with some entries."""
    for entry in entries:
        change = entry.change
        if change is None or change.object_id != entry.run_id:  # of a step, or of a message
            continue
        if change.cause == "create":
            measures.count(RUNS_BEGUN)
        if change.status in RUN_TERMINAL:
            measures.count(RUNS_ENDED, status=change.status)


class MeasuredJournal(Journal):
    """A journal that also counts the runs which began and ended in what this server has committed."""

    def __init__(self, measures: Measures) -> None:
        super().__init__()
        self._measures = measures

    def publish(self, ns: str, entries: Sequence[Entry]) -> None:
        """Count, and give each entry to its followers."""
        count_runs(self._measures, entries)
        super().publish(ns, entries)
