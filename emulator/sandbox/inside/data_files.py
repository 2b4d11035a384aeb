"""The files below /mnt/data: writes the input files, and finds the files that the code wrote."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path("/mnt/data")
_MOST_ENTRIES = 10_000
_DEEPEST = 100  # levels of folders

Status = tuple[int, int, int, int]


class Snapshot(NamedTuple):
    """The inode, size and times of each regular file, by which a change is noticed. unseen: what was not searched."""

    files: dict[str, Status]
    unseen: str = ""


def put(content: bytes, names: list[str]) -> None:
    """Write a file under the first name and hard-link the others to it, so that all stay one file."""
    first = _ROOT / names[0]
    first.parent.mkdir(parents=True, exist_ok=True)
    first.unlink(missing_ok=True)
    first.write_bytes(content)
    for name in names[1:]:
        path = _ROOT / name
        path.unlink(missing_ok=True)
        path.hardlink_to(first)


def snapshot() -> Snapshot:
    """Find every regular file; links are not followed."""
    found: dict[str, Status] = {}
    unseen = ""
    try:
        for folder, folders, names in os.walk(_ROOT):
            parts = Path(folder).relative_to(_ROOT).parts
            if folders and len(parts) >= _DEEPEST:
                unseen = f"folders more than {_DEEPEST} levels below {_ROOT}"
                folders.clear()
            for name in names:
                relative = "/".join((*parts, name))
                if (status := _status(relative)) is None:
                    continue
                if len(found) == _MOST_ENTRIES:
                    return Snapshot(found, f"files after the first {_MOST_ENTRIES} below {_ROOT}")
                found[relative] = status
    except Exception as problem:  # noqa: BLE001 (the code may have left no memory, or broken what this needs)
        unseen = f"{_ROOT} ({type(problem).__name__})"
    return Snapshot(found, unseen)


def removed(before: Snapshot, now: Snapshot) -> list[str]:
    """Return the names of the files that are there no more; not those that were only not searched."""
    return [name for name in sorted(before.files.keys() - now.files.keys()) if _status(name) is None]


def _status(name: str) -> Status | None:
    try:
        name.encode()
        status = (_ROOT / name).lstat()
    except (OSError, UnicodeEncodeError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def changes(
    before: Snapshot, now: Snapshot, ids: set[str], limits: Mapping[str, Any], room: int
) -> tuple[dict[str, bytes], list[str]]:
    """Return written and changed files with their bytes, and the names of those over the limits. room: in bytes.

    An input file has several names, its own and those in ``ids``; a change is reported under its own name.
    """
    changed = sorted(name for name, status in now.files.items() if before.files.get(name) != status)
    named = {now.files[name][0] for name in changed if name not in ids}
    files: dict[str, bytes] = {}
    left_out = []
    for name in changed:
        inode, size = now.files[name][:2]
        if name in ids and inode in named:
            continue
        content = _read(name, room) if len(files) < limits["files"] and size <= room else None
        if content is None:
            left_out.append(name)
        else:
            files[name] = content
            room -= len(content)
    return files, left_out


def _read(name: str, room: int) -> bytes | None:
    """Return the content; None if it cannot be read, finds no memory, or has grown beyond ``room`` meanwhile."""
    try:
        with os.fdopen(os.open(_ROOT / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            content = file.read(room + 1)
    except (OSError, MemoryError):
        return None
    return content if len(content) <= room else None
