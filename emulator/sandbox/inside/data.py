"""The files below /mnt/data: putting given ones there, and finding out which the code wrote."""

import os
import stat
from typing import Any

_ROOT = "/mnt/data"
_MOST_ENTRIES = 10_000

State = dict[str, tuple[int, int, int, int]]


def put(content: bytes, names: list[str]) -> None:
    """Write a file under the first name and link the others to it, so that all stay one file."""
    first = os.path.join(_ROOT, names[0])
    os.makedirs(os.path.dirname(first), exist_ok=True)
    _remove(first)
    with open(first, "wb") as file:
        file.write(content)
    for name in names[1:]:
        path = os.path.join(_ROOT, name)
        _remove(path)
        os.link(first, path)


def state() -> State:
    """Return every regular file with what tells a change: inode, size, times. Links and devices are not looked at."""
    found: State = {}
    for folder, _, names in os.walk(_ROOT):
        for name in names:
            path = os.path.join(folder, name)
            try:
                seen = os.lstat(path)
                relative = os.path.relpath(path, _ROOT)
                relative.encode()
            except (OSError, UnicodeEncodeError):
                continue
            if stat.S_ISREG(seen.st_mode):
                found[relative] = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
            if len(found) >= _MOST_ENTRIES:
                return found
    return found


def changes(before: State, ids: set[str], bounds: dict[str, Any], room: int) -> tuple[dict[str, bytes], list[str]]:
    """Return written and changed files with their bytes, and the names of those that are over the bounds.

    A given file has two names; a change is reported under the one that people use.
    """
    now = state()
    changed = sorted(name for name, seen in now.items() if before.get(name) != seen)
    named = {now[name][0] for name in changed if name not in ids}
    files: dict[str, bytes] = {}
    left_out = []
    for name in changed:
        inode, size = now[name][:2]
        if name in ids and inode in named:
            continue
        if len(files) >= bounds["files"] or size > room:
            left_out.append(name)
            continue
        try:
            descriptor = os.open(os.path.join(_ROOT, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb") as file:
                files[name] = file.read(room + 1)
        except OSError:
            left_out.append(name)
            continue
        if len(files[name]) > room:  # it grew meanwhile
            del files[name]
            left_out.append(name)
        else:
            room -= len(files[name])
    return files, left_out


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
