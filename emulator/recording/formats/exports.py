"""Home-made exports of threads and dumps of their messages, as objects in the API's own JSON."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from emulator.domain.exported_files import FOLDER, path_of_file
from emulator.recording.exports.reading import MORE_PAGES, read_objects
from emulator.recording.exports.states import joined_objects
from emulator.recording.groups import Groups
from emulator.recording.recordings import AnyRecording, Export, UnreadableRecordingError
from emulator.service.stand_ins import stand_ins

Doc = Mapping[str, Any]
# What is said of one object that is only named, and of several.
_LOST: Final[Mapping[str, tuple[str, str]]] = {
    "thread": (
        "the thread itself was not exported, so its metadata and files are lost",
        "the threads themselves were not exported, so their metadata and files are lost",
    ),
    "thread.run": (
        "a run that was not exported: a completed one stands in for it, without steps, usage and calls",
        "runs that were not exported: completed ones stand in for them, without steps, usage and calls",
    ),
    "assistant": (
        "an assistant that was not exported: one stands in for it, with what its runs say of it",
        "assistants that were not exported: others stand in for them, with what their runs say of them",
    ),
    "file": ("the bytes of a file were not exported: a text that says so stands in for them",) * 2,
    "vector_store": (
        "a vector store that was not exported: an empty one stands in for it",
        "vector stores that were not exported: empty ones stand in for them",
    ),
}


def read_export(path: Path, kind: str, data: bytes) -> Export:
    """Return what an export holds. kind: as it was recognized. Raises `UnreadableRecordingError`."""
    try:
        read = read_objects(data)
    except ValueError as error:
        raise UnreadableRecordingError(f"{path}: {error}") from None
    contents = dict(_contents_beside(path, read.objects))
    about = Export(path, kind, hashlib.sha256(data).hexdigest(), [], contents=contents)
    return _with(about, read.objects, stand_ins(read.objects, read.names), read.findings.lines())


def _contents_beside(path: Path, objects: Sequence[Doc]) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes that the export of a thread has put beside itself, by the ids of their files."""
    if not (path.parent / FOLDER).is_dir():
        return
    for one in objects:
        if one["object"] == "file":
            beside = path.parent / path_of_file(str(one["id"]), str(one.get("filename")))
            if beside.is_file():
                yield str(one["id"]), beside.read_bytes()


def joined(recordings: Sequence[AnyRecording]) -> list[AnyRecording]:
    """Return recordings, of which exports that share a thread have become one, in the place of the first of them."""
    if sum(isinstance(one, Export) for one in recordings) < 2:
        return list(recordings)
    threads = [_threads_of(one) for one in recordings]
    groups = Groups(len(recordings))
    places: dict[str, list[int]] = {}
    for number, ids in enumerate(threads):
        for id_ in ids:
            places.setdefault(id_, []).append(number)
    for sharing in places.values():
        groups.join(sharing)
    return [
        join([one for number in members if isinstance(one := recordings[number], Export)])
        if len(members) > 1
        else recordings[members[0]]
        for members in groups.members().values()
    ]


def _threads_of(recording: AnyRecording) -> set[str]:
    objects = recording.objects if isinstance(recording, Export) else ()
    return {str(one["id"] if one["object"] == "thread" else one.get("thread_id")) for one in objects if _on_thread(one)}


def _on_thread(one: Doc) -> bool:
    return one["object"] == "thread" or one.get("thread_id") is not None


def join(exports: Sequence[Export]) -> Export:
    """Return exports as one: each object once and in its later state, and stand-ins only for what none of them holds.

    Which of two states is the later one is said by the order of the exports. There has to be one at least.
    """
    if len(exports) == 1:
        return exports[0]
    held = [[one for one in export.objects if one["id"] not in export.stand_ins] for export in exports]
    made = [one for export in exports for one in export.objects if one["id"] in export.stand_ins]
    names = {
        str(one["id"]): str(one["filename"]) for one in made if one["object"] == "file" and one["filename"] != one["id"]
    }
    objects = joined_objects(held)
    notes = [f"{export.path.name}: {note}" for export in exports for note in export.notes if not _is_settled(note)]
    first = replace(
        exports[0],
        others=[path for export in exports[1:] for path in export.paths],
        contents={id_: data for export in exports for id_, data in export.contents.items()},
    )
    return _with(first, objects, stand_ins(objects, names), notes)


def _is_settled(note: str) -> bool:
    """Return whether a note is about what is not in one file, and may be in another."""
    return note.endswith((MORE_PAGES, *(text for texts in _LOST.values() for text in texts)))


def _with(about: Export, objects: Sequence[Doc], made: Sequence[Doc], notes: Sequence[str]) -> Export:
    """Return an export with objects, and with what stands in for others."""
    ids = frozenset(str(one["id"]) for one in made)
    return replace(about, objects=[*made, *objects], stand_ins=ids, notes=[*notes, *_losses(made)])


def _losses(made: Sequence[Doc]) -> list[str]:
    ids: dict[str, list[str]] = {}
    for one in made:
        ids.setdefault(str(one["object"]), []).append(str(one["id"]))
    return [f"{_some(ids[kind])}: {texts[len(ids[kind]) > 1]}" for kind, texts in _LOST.items() if kind in ids]


def _some(ids: Sequence[str], most: int = 5) -> str:
    more = len(ids) - most
    return ", ".join(ids[:most]) + (f" and {more:,} more" if more > 0 else "")
