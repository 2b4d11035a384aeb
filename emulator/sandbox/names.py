"""Names of files that come from outside: from users who upload, and from code that nobody trusts."""

_LONGEST_PART = 255  # bytes; what Linux takes
_DEEPEST = 8


def plain_name(name: str) -> str | None:
    """Return the last part of an uploaded file's name, fit for a folder; None: it cannot be used."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return last if _is_part(last) else None


def inner_path(name: object) -> str | None:
    """Return ``name`` if it is a path that stays below the folder it is relative to; None: it is not."""
    if not isinstance(name, str):
        return None
    parts = name.split("/")
    return name if len(parts) <= _DEEPEST and all(map(_is_part, parts)) else None


def _is_part(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:  # a name that is no text: the API could not show it either
        return False
    return part not in {".", ".."} and 0 < size <= _LONGEST_PART and part.isprintable() and "/" not in part
