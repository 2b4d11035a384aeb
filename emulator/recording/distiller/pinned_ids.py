"""The ids that a recording shows, for scenarios whose new objects are to have the same."""

from collections.abc import Iterable, Iterator

from emulator.domain.id_forms import is_file_id, is_well_formed
from emulator.recording.distiller.conversation import Conversation
from emulator.recording.evidence.known import KnownRun, KnownThread
from emulator.recording.recordings import HttpRecording


def pinned_ids(found: Conversation) -> dict[str, list[str]]:
    """Return the ids of what was made in recorded requests, by their prefixes, in the order in which it was made.

    What was exported keeps its ids anyway.
    """
    http = {number for number, one in enumerate(found.all_recordings) if isinstance(one, HttpRecording)}
    threads = [thread for thread in found.threads if http & set(thread.sources)]
    runs = [run for run in found.runs if http & set(run.sources) and not run.stand_in]
    documents = found.documents
    by_kind = {
        "asst": (id_ for id_, one in documents.assistants.items() if one.made),
        "thread": (thread.id for thread in threads if thread.made),
        "msg": _messages(threads),
        "run": (run.id for run in runs),
        "step": _steps(runs),
        "file": (id_ for id_, one in documents.files.items() if one.made),
        "vs": documents.stores,
    }
    pinned = {kind: [id_ for id_ in dict.fromkeys(ids) if _is_one(kind, id_)] for kind, ids in by_kind.items()}
    return {kind: ids for kind, ids in pinned.items() if ids}


def _messages(threads: Iterable[KnownThread]) -> Iterator[str]:
    found = [message for thread in threads for message in thread.messages.values()]
    for message in sorted(found, key=lambda one: (one.created_at or 0, one.order)):
        yield message.key


def _steps(runs: Iterable[KnownRun]) -> Iterator[str]:
    for run in runs:
        yield from (step.id for step in sorted(run.steps.values(), key=lambda one: one.created_at or 0))


def _is_one(kind: str, id_: str) -> bool:
    return is_well_formed(id_) and (is_file_id(id_) if kind == "file" else id_.startswith(f"{kind}_"))
