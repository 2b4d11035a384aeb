"""Exports of threads as a namespace takes them: a file, a folder or a zip file, with the bytes that lie beside it."""

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from emulator.domain.exported_files import JSON as THREAD
from emulator.domain.exported_files import path_of_file
from emulator.harness.control import JSON
from emulator.harness.forms import Part

Read = Callable[[str], bytes | None]


def is_export(path: Path) -> bool:
    """Return whether a folder or a zip file is one that an export of a thread made."""
    if path.is_dir():
        return (path / THREAD).is_file()
    try:
        with zipfile.ZipFile(path) as archive:
            return THREAD in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def parts_of_recording(path: Path) -> list[Part]:
    """Return the parts of a form that imports a recording. Raises as `parts_of_export`."""
    if path.is_dir() or zipfile.is_zipfile(path):
        return parts_of_export(path)
    return [Part("recording", path.name, "application/octet-stream", path.read_bytes())]


def parts_of_export(path: Path) -> list[Part]:
    """Return the parts of a form that imports an export. Raises OSError, and `zipfile.BadZipFile` for a broken one."""
    if path.is_dir():
        return _parts((path / THREAD).read_bytes(), THREAD, lambda name: _bytes(path / name))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            there = set(archive.namelist())
            return _parts(archive.read(THREAD), THREAD, lambda name: archive.read(name) if name in there else None)
    return _parts(path.read_bytes(), path.name, lambda name: _bytes(path.parent / name))


def _parts(data: bytes, name: str, read: Read) -> list[Part]:
    named = [(id_, filename, read(path_of_file(id_, filename))) for id_, filename in _files(data)]
    files = [Part(id_, filename, "application/octet-stream", data) for id_, filename, data in named if data is not None]
    return [Part("objects", name, JSON, data), *files]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _files(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield ids and names of the files that an export of ours lists; of others nothing lies beside them."""
    if b'"files"' not in data:
        return
    try:
        value: Any = json.loads(data)
    except ValueError:
        return
    files = value.get("files") if isinstance(value, dict) else None
    for one in files if isinstance(files, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("id"), str) and isinstance(one.get("filename"), str):
            yield one["id"], one["filename"]
