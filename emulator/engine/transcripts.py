"""Where the transcripts of runs come from: each API brings its own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from emulator.domain.ports import Usage
from emulator.domain.transcript import Transcript
from emulator.domain.view import ModelView
from emulator.store.documents import Row, Transaction

if TYPE_CHECKING:
    from emulator.engine.namespace import Namespace


class StoredTranscript(Transcript, Protocol):
    """A transcript that lives in the store, written by one transaction after the other.

    told: what the followers know already, and are not told again where the run takes up what is open; None where that
    is not known. What it looks like is the transcript's own business.
    """

    told: Any

    def use(self, tx: Transaction) -> None:
        """Write into a transaction from now on; what was written into the last one is kept."""

    def state(self) -> Sequence[Any] | None:
        """Return what the followers will know once all that is written is kept, as JSON data for `told`.

        None where that is nothing, or stands in the store.
        """

    async def count_published(self) -> None:
        """Learn how much the followers know already, where that is not known; before anything is published."""

    async def load(self) -> None:
        """Take the run as the store has it: its document, the step that is open, and what it has cost so far."""

    async def conclude(self) -> None:
        """Write what is left to write of a run that is over, into the transaction in which it ended."""

    def wait_for(self, what: str | None) -> None:
        """Say what the run waits for (see `emulator.domain.waiting`); None while nothing holds it up."""


class Transcripts(Protocol):
    """Makes the transcript of a run from its row."""

    def __call__(
        self, namespace: "Namespace", tx: Transaction, row: Row, view: ModelView, usage: Usage | None
    ) -> StoredTranscript:
        """Return the transcript. usage: of the whole turn, as the script says it; None for an estimate."""
