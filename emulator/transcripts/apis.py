"""Which API a run is shown by: each has transcripts of its own."""

from emulator.domain.ports import Usage
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.engine.transcripts import StoredTranscript
from emulator.store.documents import Row, Transaction
from emulator.transcripts.assistants import AssistantsTranscript


def transcript_of(
    namespace: Namespace, tx: Transaction, row: Row, view: ModelView, usage: Usage | None
) -> StoredTranscript:
    """Return the transcript of a row."""
    if row["doc"]["object"] != "response":
        return AssistantsTranscript(namespace, tx, row, view, usage)
    from emulator.transcripts.responses.transcript import ResponsesTranscript  # noqa: PLC0415 - loaded once one comes

    return ResponsesTranscript(namespace, tx, row, view, usage)
