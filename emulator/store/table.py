"""What a statement needs to know of a table. The values are in `emulator.store.tables`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table; two are the same if they are one object.

    columns: all of them, in their order. json: those kept as JSON text. booleans: those kept as 0 and 1.
    defaults: what an insert writes into columns that it does not name; all others become NULL. key: the primary key.
    heavy: large columns, read only when they are asked for. in_order: the index that begins with a namespace and ends
    with the order of insertion, if there is one. owner: the column with the id of what the rows go with. stays: whether
    the rows carry a namespace's name and outlive its reset; all others carry a generation.
    unfinished: the SQL condition that the rows fulfil that a restart resumes, as in the index ``<name>_unfinished``;
    None if there are none. ended_badly: likewise, that of rows which came to an end, and not to the good one.
    ddl: the statements that make the table and its indexes.
    """

    name: str
    columns: tuple[str, ...]
    json: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] = ("seq",)
    heavy: tuple[str, ...] = ()
    in_order: str | None = None
    owner: str | None = None
    stays: bool = False
    ended_badly: str | None = None
    unfinished: str | None = None
    ddl: tuple[str, ...] = field(default=(), repr=False)

    @property
    def light(self) -> tuple[str, ...]:
        """The columns that are not heavy."""
        return tuple(name for name in self.columns if name not in self.heavy)

    @property
    def portable(self) -> tuple[str, ...]:
        """The columns that mean the same in another namespace: all but where the row belongs, and its place."""
        return tuple(name for name in self.columns if name not in {"ns", "seq"})

    @property
    def has_seq(self) -> bool:
        """Whether its rows are in the order of their insertion."""
        return "seq" in self.columns

    @property
    def has_deleted(self) -> bool:
        """Whether a deleted row keeps its place."""
        return "deleted" in self.columns
