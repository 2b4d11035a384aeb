"""The export of a thread as one file: its JSON, its Markdown, pictures of its runs, and the bytes of its files."""

import tempfile
import zipfile
from collections.abc import Mapping
from typing import IO, Any, Final

import orjson

from emulator.domain.exported_files import JSON, MARKDOWN, path_of_file, path_of_timeline
from emulator.service.thread_exports import ThreadExport
from emulator.service.thread_markdown import markdown
from emulator.store.blobs import Blobs
from emulator.timeline_pictures.picture import svg

# The same bytes for the same thread, whenever it is exported.
_WHEN: Final = (1980, 1, 1, 0, 0, 0)
_MOST_IN_MEMORY: Final = 4 * 1024 * 1024


def as_json(export: ThreadExport) -> bytes:
    """Return a thread as JSON that people can read, too."""
    return readable(export.to_json())


def readable(value: Mapping[str, Any]) -> bytes:
    """Return a value as JSON that people can read, too."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_markdown(export: ThreadExport, blobs: Blobs) -> str:
    """Return a thread as Markdown, with links to the files beside it."""
    return markdown(export, paths_of(export, blobs))


def paths_of(export: ThreadExport, blobs: Blobs) -> Mapping[str, str]:
    """Return where the files of an export lie, by their ids; without those whose bytes are not there."""
    there = {id_ for id_, blob in export.blobs.items() if blobs.has(blob)}
    return {file["id"]: path_of_file(file["id"], file["filename"]) for file in export.files if file["id"] in there}


def as_archive(export: ThreadExport, blobs: Blobs) -> IO[bytes]:
    """Return a thread with its files as an open zip file, which is gone once it is closed."""
    paths = paths_of(export, blobs)
    file = tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY)  # noqa: SIM115 - whoever reads it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(JSON), as_json(export))
        archive.writestr(_entry(MARKDOWN), markdown(export, paths))
        for run_id, timeline in export.timelines.items():
            archive.writestr(_entry(path_of_timeline(run_id)), svg(timeline))
        for file_id, name in paths.items():
            with archive.open(_entry(name), "w", force_zip64=True) as target:
                for piece in blobs.pieces(export.blobs[file_id]):
                    target.write(piece)
    file.seek(0)
    return file


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
