"""The snapshots that are named on the command line, and the namespaces that they become."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emulator.cli.refusals import RefusedError
from emulator.harness.names import namespace_name

_SUFFIX: Final = ".zip"
_DATABASE: Final = b"SQLite format 3\0"
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """by_name: files by the names of their namespaces. renamed: which of them are not called as their files are."""

    by_name: Mapping[str, Path]
    renamed: Mapping[str, str]


def snapshot_files(named: Sequence[Path]) -> SnapshotFiles:
    """Return the files that are named, and those in folders, however deep: workers of pytest have one each.

    Raises `RefusedError` for what can be no snapshot.
    """
    files = {path.resolve(): path for one in named for path in _files_of(one)}
    by_name: dict[str, Path] = {}
    renamed: dict[str, str] = {}
    for path in files.values():
        wanted = path.name.removesuffix(_SUFFIX)
        name = _free(namespace_name(wanted), by_name)
        by_name[name] = path
        if name != wanted:
            renamed[name] = wanted
    return SnapshotFiles(by_name, renamed)


def _files_of(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        _check(path)
        return [path]
    found = sorted(one for one in path.rglob(f"*{_SUFFIX}") if one.is_file() and not one.name.startswith("."))
    if not found:
        raise RefusedError(f"{path}: no snapshot is in it, NAME.zip")
    return found


def _check(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(len(_DATABASE))
    if start == _DATABASE:
        shown = shlex.quote(str(path))
        raise RefusedError(f"{path} is a database: assistants-emulator serve --db {shown} --open shows it")


def _free(name: str, taken: Mapping[str, Path]) -> str:
    """Return a name that no other snapshot has: this one, or with a number behind it."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name[: _LONGEST - len(str(number)) - 1]}-{number}"
    return free
