"""The row of a namespace as it stood when a transaction began, where other processes change it, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import orjson

COLUMNS: Final = ("config", "clock", "counters", "script_version", "generation")
_JSON: Final = ("config", "clock", "counters")


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """The columns of the row as the database has them, JSON as text; empty where there is no row.

    load: returns the value of such a text. has_unread: whether there may be a thread of which something is unread; told
    in passing, because most requests have to know.
    """

    raw: Mapping[str, Any] = field(default_factory=dict)
    load: Callable[[str], Any] = orjson.loads
    has_unread: bool = True

    @property
    def exists(self) -> bool:
        """Whether the namespace is stored."""
        return bool(self.raw)

    def changes_since(self, last: "Self | None") -> dict[str, Any]:
        """Return the columns that differ from those of an earlier row; all of them where there is none.

        Mostly hardly any do, and what is the same is not read. Raises ValueError for what is no JSON.
        """
        before = last.raw if last is not None else {}
        changed = {name: value for name, value in self.raw.items() if name not in before or before[name] != value}
        for name in _JSON:
            if (text := changed.get(name)) is not None:
                changed[name] = self.load(text)
        return changed
