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


class ToolNames(list[str]):
    """The tools that a run offers; v1's names of them are among them."""

    def __contains__(self, name: object) -> bool:
        return list.__contains__(self, newest_name(name) if isinstance(name, str) else name) or (
            list.__contains__(self, name)
        )
