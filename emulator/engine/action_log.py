"""The action log of one run: what its script did and was answered, so that it can be played again after a restart."""

from collections.abc import Sequence
from typing import Any

import orjson

from emulator.domain.actions import Action, Result, from_json, to_json
from emulator.engine.script_player import ScriptFaultError, ScriptPlayer
from emulator.store.documents import Row, Transaction
from emulator.store.tables import RunAction


class ActionLog:
    """Logs the actions that come from a script, one row each, the one in hand being the last.

    Rows are written when the run pauses: nobody goes on with one that is over. rows: what was logged before a restart,
    None for a run that was never played. again: the row of an action that was begun then and has to be done again.
    has_changed: whether the script is another one than that which was logged.
    """

    def __init__(
        self,
        run_id: str,
        thread_id: str,
        script: ScriptPlayer,
        rows: Sequence[Row] | None,
        *,
        has_changed: bool = False,
    ) -> None:
        self._has_changed = has_changed
        self._about = {"run_id": run_id, "thread_id": thread_id}
        self._script = script
        self.is_resumed = rows is not None
        self.rows = rows or ()
        self.again: Row | None = None
        self._new: dict[int, dict[str, Any]] = {}

    @property
    def thread_id(self) -> str:
        """The thread of the run."""
        return self._about["thread_id"]

    @property
    def count(self) -> int:
        """The number of the action in hand, from 1 on."""
        return self._script.count

    def begin(self, action: Action) -> None:
        """Log that an action begins; raise `ScriptFaultError` for one that is not JSON, or not the logged one."""
        if self.again is not None:
            self.check(action, self.again)
            return
        try:
            logged = orjson.dumps(to_json(action))  # as it is now: a script may change what it has yielded
        except TypeError as error:
            name = type(action).__name__
            raise ScriptFaultError(f"[emulator] script yielded a {name} that is not JSON: {error}") from error
        self._new[self.count] = {"action": logged, "result": None, "done": False}

    def log_progress(self, tx: Transaction, progress: dict[str, Any]) -> None:
        """Log how far the action has got, for a start after a crash."""
        self._update(tx, progress=progress)

    def end(self, tx: Transaction, result: Result) -> None:
        """Log that the action is done, and its result."""
        self._update(tx, done=True, result=result)

    def _update(self, tx: Transaction, **columns: Any) -> None:
        n = self.count
        if n in self._new:
            self._new[n].update(columns)
            return
        if "result" in columns:
            columns["result"] = to_json(columns["result"])
        where = {"run_id": self._about["run_id"], "n": n}
        tx.update(RunAction, tuple(where.values()), by=where, **columns)

    def write(self, tx: Transaction) -> None:
        """Write what was logged since the last pause."""
        for n, row in self._new.items():
            row |= {"action": orjson.loads(row["action"]), "result": to_json(row["result"])}
            tx.insert(RunAction, (self._about["run_id"], n), n=n, **row, **self._about)
        self._new.clear()

    def take_again(self) -> Row | None:
        """Return the row of the action that is to be done again, once."""
        again, self.again = self.again, None
        return again

    def check(self, action: Action | None, row: Row) -> None:
        """Raise `ScriptFaultError` for an action that is not the one that was logged in its place."""
        # The logged one may have been written by an earlier version, which knew fewer fields.
        if _canonical(to_json(action)) != _canonical(to_json(from_json(row["action"]))):
            if self._has_changed:
                raise ScriptFaultError(
                    f"[emulator] the script changed since this run began: it is another one at action {row['n']}"
                )
            raise ScriptFaultError(f"[emulator] script is not deterministic at action {row['n']}")


def _canonical(data: Any) -> bytes:
    return orjson.dumps(orjson.loads(orjson.dumps(data)), option=orjson.OPT_SORT_KEYS)
