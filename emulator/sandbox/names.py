"""Checks names of files that come from outside: from uploads, and from untrusted code."""

_LONGEST_PART = 255  # bytes; what Linux takes
_DEEPEST = 8


def plain_name(name: str) -> str | None:
    """Return the last part of an uploaded file's name; None if it cannot be the name of a file."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return last if _is_part(last) else None


def inner_path(name: object) -> str | None:
    """Return ``name`` if it is a path that stays below the folder that it is relative to, else None."""
    if not isinstance(name, str):
        return None
    parts = name.split("/")
    return name if len(parts) <= _DEEPEST and all(map(_is_part, parts)) else None


def _is_part(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:  # the API could not show such a name either
        return False
    return part not in {".", ".."} and 0 < size <= _LONGEST_PART and part.isprintable() and "/" not in part
