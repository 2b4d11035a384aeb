"""Exported objects: what they show of conversations, of which nothing else is known."""

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import Doc
from emulator.recording.evidence.shapes import shaped
from emulator.recording.recordings import Export


def read_export(documents: Documents, source: int, export: Export) -> None:
    """Take in the objects of an export, oldest first; of a thread that is there, all messages are."""
    documents.source, documents.line, documents.at = source, None, None
    for document in map(shaped, export.objects):
        documents.position += 1
        if not (document["id"] in export.stand_ins and _says_nothing(document)):
            documents.note(document)
    runs = [run for run in documents.all_runs if source in run.sources]
    has_steps = any(run.steps for run in runs)
    for run in runs:
        run.stand_in = run.stand_in or run.id in export.stand_ins
        run.texts_whole = True
        # One that failed before it did anything has none, where others were exported with theirs.
        did_nothing = has_steps and run.end != "completed" and not run.messages
        run.steps_whole = run.steps_whole or (run.end is not None and (bool(run.steps) or did_nothing))


def _says_nothing(stand_in: Doc) -> bool:
    """Return whether a stand-in shows nothing: what it says of an assistant, its runs say, and an id is no name."""
    kind: str = stand_in["object"]
    return kind == "assistant" or (kind == "file" and str(stand_in.get("filename")) == stand_in["id"])
