"""Names of tools in scripts: v1 named file search differently, and either name fits runs of both versions."""

from collections.abc import Iterable
from typing import Final

_NEWEST: Final = {"retrieval": "file_search"}


def newest_name(name: str) -> str:
    """Return the name that v2 has for a tool."""
    return _NEWEST.get(name, name)


def not_offered(wanted: Iterable[str], offered: frozenset[str]) -> list[str]:
    """Return the tools that are not among those offered; a function may have v1's name of a tool as its own."""
    return sorted(name for name in frozenset(wanted) if name not in offered and newest_name(name) not in offered)
