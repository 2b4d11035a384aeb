"""Lists of the API: their members, the order of these, and whether any can be missing."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from emulator.recording.evidence.commands import run_in
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import Doc
from emulator.recording.evidence.order import Order

_MEMBERS: Final[Mapping[str, str]] = {"assistants": "assistant", "files": "file"}


def note_list(documents: Documents, segments: Sequence[str], query: str, document: Doc) -> None:
    """Take in a page of a list."""
    page = _Page(query, document)
    match list(segments):
        case ["threads", thread_id, "messages"]:
            _note_messages(documents, thread_id, page)
        case ["threads", thread_id, "runs"]:
            page.put_in(documents.thread(thread_id).run_order)
            for one in page.members:
                documents.note_run({"thread_id": thread_id, **one})
        case ["threads", _, "runs", _, "steps"]:
            _note_steps(documents, segments, page)
        case [noun, *_] if noun != "vector_stores":  # members of these are no files, although they have their ids
            for one in page.members:
                documents.note(one, _MEMBERS.get(segments[-1]))
        case _:
            pass


def _note_messages(documents: Documents, thread_id: str, page: "_Page") -> None:
    page.put_in(documents.thread(thread_id).order)
    for one in page.members:
        documents.note_message(one, None, thread_id)
    if page.is_last:
        _close_texts(documents, thread_id, page.of_run)


def _note_steps(documents: Documents, segments: Sequence[str], page: "_Page") -> None:
    run = run_in(documents, segments)
    if run is not None:
        page.put_in(run.step_order)
        for one in page.members:
            documents.note_step(one, run)
        run.steps_whole = run.steps_whole or (page.is_last and run.end is not None)


class _Page:
    """A page, oldest first. is_last: whether nothing can follow it. of_run: whose messages were asked for."""

    def __init__(self, query: str, document: Doc) -> None:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        is_ascending = asked.get("order") == "asc"
        found = [one for one in document["data"] if "id" in one]
        self.members: list[Doc] = found if is_ascending else found[::-1]
        self.is_last = not document.get("has_more") and "before" not in asked
        self.of_run = asked.get("run_id")
        self._after = asked.get("after")
        self._is_ascending = is_ascending

    def put_in(self, order: Order) -> None:
        """Merge the page into what is known of its list: it stands beside the object that it was asked to follow."""
        keys = [str(one["id"]) for one in self.members]
        if self._after is not None and self._after in order:
            keys = [self._after, *keys] if self._is_ascending else [*keys, self._after]
        order.merge(keys)


def _close_texts(documents: Documents, thread_id: str, run_id: str | None) -> None:
    """Take in that all messages of a thread, or of one of its runs, are known: those of ended runs are complete."""
    open_runs = documents.threads[thread_id].open_runs
    for run in [run for run in open_runs.values() if run.end is not None and run_id in (None, run.id)]:
        run.texts_whole = True
        del open_runs[run.id]
