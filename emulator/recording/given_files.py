"""The recordings that somebody names: files, folders of them, and zip archives of them."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from emulator.domain.exported_files import FOLDER, JSON
from emulator.recording.recognition import kind_of
from emulator.store.archives import Archive, ArchiveError

_ZIP: Final = b"PK\x03\x04"
_MOST_NAMED: Final = 3
_UNSAFE: Final = re.compile(r"[^\w. -]+")
_LONGEST: Final = 100
# That are found in one folder or archive.
_MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file. shown: how messages call it, which is another path for a file of an archive."""

    path: Path
    shown: Path


@dataclass(slots=True)
class GivenFiles:
    """files: those that were named, and the recordings in what was named. passed_over, problems: each a line."""

    files: list[GivenFile] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@contextmanager
def given_files(paths: Sequence[Path], without: Path | None = None) -> Iterator[GivenFiles]:
    """Yield the files that are meant by some paths, each once. without: a folder in which none is looked for.

    Of a folder or an archive, these are the recordings in it, also further down; what is hidden is not looked at.
    """
    given = GivenFiles()
    with ExitStack() as stack:
        for path in dict.fromkeys(paths):
            if path.is_dir():
                names = list(_in_folder(path, without))
                _take(given, path, [GivenFile(path / name, path / name) for name in names])
            elif _is_archive(path):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emulator-recordings-")))
                try:
                    _take(given, path, list(_unpacked(path, folder)))
                except (ArchiveError, OSError) as error:
                    given.problems.append(f"{path}: {getattr(error, 'strerror', None) or error}")
            else:
                given.files.append(GivenFile(path, path))
        yield given


def _take(given: GivenFiles, path: Path, found: Sequence[GivenFile]) -> None:
    """Take the recordings among the files in a folder or an archive."""
    kinds = [kind_of(one.path) for one in found[:_MOST_FILES]]
    recordings = [one for one, kind in zip(found, kinds, strict=False) if kind is not None]
    threads = {one.shown.parent for one in recordings if one.shown.name == JSON}
    others = [
        str(one.shown.relative_to(path))
        for one, kind in zip(found, kinds, strict=False)
        if kind is None and not (one.shown.parent.name == FOLDER and one.shown.parent.parent in threads)
    ]
    given.files += recordings
    if len(found) > _MOST_FILES:
        given.problems.append(f"{path}: holds more than {_MOST_FILES:,} files: name the folders in it")
    elif not recordings:
        given.problems.append(f"{path}: holds no recordings")
    if others and recordings:
        more = f" and {len(others) - _MOST_NAMED:,} more" if len(others) > _MOST_NAMED else ""
        given.passed_over.append(f"{path}: no recordings: {', '.join(others[:_MOST_NAMED])}{more}")


def _in_folder(folder: Path, without: Path | None) -> Iterator[Path]:
    """Yield the files below a folder by their names, as paths from there."""
    left_out = without and without.resolve()
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(one for one in folders if not one.startswith(".") and (here / one).resolve() != left_out)
        yield from (
            (here / one).relative_to(folder)
            for one in sorted(files)
            if not one.startswith(".") and (here / one).is_file()
        )


def _is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP
    except OSError:
        return False


def _unpacked(path: Path, folder: Path) -> Iterator[GivenFile]:
    """Yield the files of an archive, each unpacked into a folder of its own, but those of an exported thread beside it.

    Raises `ArchiveError`.
    """
    with Archive(path) as archive:
        names = sorted(name for name in archive.names if not name.endswith("/") and not _is_hidden(name))
        threads = {PurePosixPath(name).parent: n for n, name in enumerate(names) if PurePosixPath(name).name == JSON}
        for number, name in enumerate(names):
            place = PurePosixPath(name)
            thread = threads.get(place.parent.parent) if place.parent.name == FOLDER else None
            beside = folder / str(number) if thread is None else folder / str(thread) / FOLDER
            beside.mkdir(parents=True, exist_ok=True)
            target = beside / (_UNSAFE.sub("-", place.name)[-_LONGEST:] or "file")
            with target.open("wb") as file:
                archive.copy(name, file.write)
            yield GivenFile(target, path / name.lstrip("/"))


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
