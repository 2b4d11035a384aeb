"""What the script of a run remembers: read once in a segment, changed as often as it likes, and written at its end."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from emulator.domain.errors import EmulatorError
from emulator.store.documents import Transaction
from emulator.store.tables import ScriptMemory

# Of all variables of a scope, as JSON. Every run whose script has the scope is given them, and keeps them.
MOST_BYTES: Final = 4_000_000


class TooMuchToRememberError(EmulatorError):
    """A scope with more variables than are kept; the message is for the report."""


class ScopeMemory:
    """The state and variables of a scope, its rows being those of other runs too. scope: None: nothing is kept."""

    def __init__(self, scope: str | None) -> None:
        self._scope = scope
        self._read_in: Transaction | None = None
        self._value: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._has_changed = self._is_there = False

    async def change(self, tx: Transaction, *, state: str | None = None, vars: Mapping[str, Any] | None = None) -> None:  # noqa: A002
        """Let a state or variables be others. Raises `TooMuchToRememberError`, and keeps them as they were."""
        if self._scope is None:
            return
        if self._read_in is not tx:
            await self._read(tx, self._scope)
        if state is not None:
            self._value["state"] = state
        if vars is not None:
            self._set(vars)
        self._has_changed = True

    async def _read(self, tx: Transaction, scope: str) -> None:
        row = await tx.find(ScriptMemory, owner=scope.partition("/")[0], key=scope)
        self._value = dict(row["value"]) if row is not None else {}
        self._sizes = {name: _size(value) for name, value in self._value.get("vars", {}).items()}
        self._read_in, self._is_there, self._has_changed = tx, row is not None, False

    def _set(self, changed: Mapping[str, Any]) -> None:
        sizes = {**self._sizes, **{name: _size(value) for name, value in changed.items()}}
        if (size := sum(sizes.values())) > MOST_BYTES:
            raise TooMuchToRememberError(
                f"set: the variables of {self._scope} would have {size:,} bytes as JSON, and {MOST_BYTES:,} are kept"
            )
        self._sizes = sizes
        self._value["vars"] = {**self._value.get("vars", {}), **changed}

    def write(self, tx: Transaction) -> None:
        """Keep what has changed in the segment of a transaction."""
        if not self._has_changed or self._scope is None or self._read_in is not tx:
            return
        self._has_changed = False
        where = {"owner": self._scope.partition("/")[0], "key": self._scope}
        if self._is_there:
            tx.update(ScriptMemory, self._scope, by=where, value=self._value)
        else:
            tx.insert(ScriptMemory, self._scope, **where, value=self._value)


def _size(value: Any) -> int:
    return len(orjson.dumps(value))
