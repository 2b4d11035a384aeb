"""The files below /mnt/data: writes the input files, and finds the files that the code wrote."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROOT = Path("/mnt/data")
_MOST_ENTRIES = 10_000

Snapshot = dict[str, tuple[int, int, int, int]]


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
    """Return the inode, size and times of every regular file, by which a change is noticed; links are not followed."""
    found: Snapshot = {}
    for folder, _, names in os.walk(_ROOT):
        for name in names:
            path = Path(folder, name)
            relative = str(path.relative_to(_ROOT))
            try:
                status = path.lstat()
                relative.encode()
            except (OSError, UnicodeEncodeError):
                continue
            if stat.S_ISREG(status.st_mode):
                found[relative] = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if len(found) >= _MOST_ENTRIES:
                return found
    return found


def changes(
    before: Snapshot, now: Snapshot, ids: set[str], limits: Mapping[str, Any], room: int
) -> tuple[dict[str, bytes], list[str]]:
    """Return written and changed files with their bytes, and the names of those over the limits. room: in bytes.

    An input file has two names, its id and its own; a change is reported under its own name.
    """
    changed = sorted(name for name, status in now.items() if before.get(name) != status)
    named = {now[name][0] for name in changed if name not in ids}
    files: dict[str, bytes] = {}
    left_out = []
    for name in changed:
        inode, size = now[name][:2]
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
    """Return the content; None if it cannot be read, or has grown beyond ``room`` meanwhile."""
    try:
        with os.fdopen(os.open(_ROOT / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            content = file.read(room + 1)
    except OSError:
        return None
    return content if len(content) <= room else None
