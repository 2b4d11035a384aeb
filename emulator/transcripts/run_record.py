"""A run as its row has it: the document, the timeline, and what it waits for."""

from collections.abc import Mapping
from typing import Any

from emulator.domain import lifecycle
from emulator.domain.caller import Caller
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.store.documents import Row, Transaction
from emulator.store.journal import Change, Entry
from emulator.store.tables import Run


class RunRecord:
    """One run. doc: its document. caller: who began it, of whom only mount and payer are kept."""

    def __init__(self, row: Row) -> None:
        self.doc: dict[str, Any] = row["doc"]
        self._timeline: list[Mapping[str, Any]] = list(row["timeline"] or ())
        self._waits_for: str | None = row.get("waits_for")
        play = row.get("play") or {}
        self.caller = Caller(mount=play.get("mount", "openai"), payer=play.get("payer"))

    @property
    def status(self) -> str:
        """The status of the run."""
        status: str = self.doc["status"]
        return status

    @property
    def about(self) -> dict[str, Any]:
        """What every row and every entry of the run has."""
        return {"thread_id": self.doc["thread_id"], "run_id": self.doc["id"]}

    def move(self, tx: Transaction, signal: Signal, at: float, **fields: Any) -> None:
        """Move the run, and set what comes with the move. at: seconds since the epoch."""
        changed, event = lifecycle.apply(lifecycle.RUN, self.doc, signal, int(at))
        self.doc = {**changed, **fields}
        change = Change(self.doc["id"], self.status, at, signal)
        self._timeline = [*self._timeline, change.in_timeline()]
        tx.update(Run, self.doc["id"], status=change.status, doc=self.doc, timeline=self._timeline)
        if change.status in RUN_TERMINAL:
            self.wait_for(tx, None)
        if event:
            tx.record(Entry(**self.about, event=event, data=self.doc, change=change))

    def wait_for(self, tx: Transaction, what: str | None) -> None:
        """Say what the run waits for (see `emulator.domain.waiting`); None while nothing holds it up."""
        if what != self._waits_for:
            self._waits_for = what
            tx.update(Run, self.doc["id"], waits_for=what)
