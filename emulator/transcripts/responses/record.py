"""A response as its row has it: the document, the timeline, and what it waits for."""

from collections.abc import Mapping
from typing import Any

from emulator.domain import context_refusals, lifecycle
from emulator.domain.lifecycle import RESPONSE_TERMINAL, Signal
from emulator.store.documents import Row, Transaction
from emulator.store.journal import Change
from emulator.store.tables import Run
from emulator.transcripts.responses.event_log import EventLog
from emulator.transcripts.responses.play import Play, play_of


class ResponseRecord:
    """One response. doc: its document. play: what it is played with. log: of its events."""

    def __init__(self, row: Row) -> None:
        self.take(row)
        self.id: str = self.doc["id"]
        self.log = EventLog({"thread_id": row["thread_id"], "run_id": self.id}, is_kept=keeps_events(self.play))

    def take(self, row: Row) -> None:
        """Be as a row has it."""
        self.doc: dict[str, Any] = row["doc"]
        self.play = play_of(row)
        self._timeline: list[Mapping[str, Any]] = list(row.get("timeline") or ())
        self._waits_for: str | None = row.get("waits_for")
        self._is_changed = False

    @property
    def status(self) -> str:
        """The status of the response."""
        status: str = self.doc["status"]
        return status

    def set(self, **fields: Any) -> None:
        """Change fields of the document, which is written at the next pause or at the end."""
        self.doc = {**self.doc, **fields}
        self._is_changed = True

    def flush(self, tx: Transaction) -> None:
        """Write the document, if it has changed."""
        if self._is_changed:
            self._is_changed = False
            tx.update(Run, self.id, doc=self.doc)

    def move(self, tx: Transaction, signal: Signal, at: float, **fields: Any) -> None:
        """Move the response, and set what comes with the move. at: seconds since the epoch."""
        changed, event = lifecycle.apply(lifecycle.RESPONSE, self.doc, signal, int(at))
        self.doc = {**changed, **fields}
        change = Change(self.id, self.status, at, signal)
        self._timeline = [*self._timeline, change.in_timeline()]
        tx.update(Run, self.id, status=change.status, doc=self.doc, timeline=self._timeline)
        self._is_changed = False
        if change.status in RESPONSE_TERMINAL:
            self.wait_for(tx, None)
        if event:
            self.log.publish(tx, event, {"response": self.doc}, change)

    def wait_for(self, tx: Transaction, what: str | None) -> None:
        """Say what the response waits for (see `emulator.domain.waiting`); None while nothing holds it up."""
        if what != self._waits_for:
            self._waits_for = what
            tx.update(Run, self.id, waits_for=what)


def is_refused(doc: Mapping[str, Any]) -> bool:
    """Return whether a response that is over was none: its client waited, and is refused as if it had not begun.

    The service says that an input is too long before it answers (recorded).
    """
    error = doc["error"]
    is_too_long = error is not None and error["code"] == context_refusals.CONTEXT_LENGTH_EXCEEDED
    return bool(is_too_long and doc["status"] == "failed" and not doc["background"] and not doc["output"])


def is_followed(play: Play) -> bool:
    """Return whether others can follow the stream of a response later (documented: one of the background)."""
    return play["background"] and play["stream"]


def keeps_events(play: Play) -> bool:
    """Return whether the events of a response are stored: for those who follow later, or for whoever plays it next."""
    return is_followed(play) or play.get("is_shared", False)
