"""Names of tools in scripts: v1 named file search differently, and either name fits runs of both versions."""

from collections.abc import Sequence
from typing import Final

_OLDER: Final = {"file_search": "retrieval"}
_NEWEST: Final = {older: name for name, older in _OLDER.items()}


def newest_name(name: str) -> str:
    """Return the name that v2 has for a tool."""
    return _NEWEST.get(name, name)


def names_of(offered: str) -> Sequence[str]:
    """Return all names of a tool that a run offers; a function may have v1's name of a tool as its own."""
    return (offered, _OLDER[offered]) if offered in _OLDER else (offered,)
