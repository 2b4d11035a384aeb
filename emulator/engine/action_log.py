"""The action log of one run: what its script did and was answered, so that it can be played again after a restart."""

from collections.abc import Sequence
from typing import Any

import orjson

from emulator.domain.actions import Action, Result, to_json
from emulator.engine.script_player import ScriptFaultError, ScriptPlayer
from emulator.store.documents import Row, Unit
from emulator.store.tables import RunAction


class ActionLog:
    """Logs the actions that come from a script, one row each, the one in hand being the last.

    rows: what was logged before a restart. again: the row of an action that was begun then and has to be done again.
    """

    def __init__(self, run_id: str, thread_id: str, playing: ScriptPlayer) -> None:
        self._about = {"run_id": run_id, "thread_id": thread_id}
        self._player = playing
        self.rows: Sequence[Row] = ()
        self.again: Row | None = None

    def begin(self, unit: Unit, action: Action) -> None:
        """Log that an action begins; raise `ScriptFaultError` for one that is not JSON, or not the logged one."""
        if self.again is not None:
            self.check(action, self.again)
            return
        try:
            logged = orjson.loads(orjson.dumps(to_json(action)))
        except TypeError as error:
            name = type(action).__name__
            raise ScriptFaultError(f"[emulator] script yielded a {name} that is not JSON: {error}") from error
        n = self._player.count
        key = (self._about["run_id"], n)
        unit.insert(RunAction, key, n=n, action=logged, result=None, done=False, **self._about)

    def log_progress(self, unit: Unit, progress: dict[str, Any]) -> None:
        """Log how far the action has got, for a start after a crash."""
        self._update(unit, progress=progress)

    def end(self, unit: Unit, result: Result) -> None:
        """Log that the action is done, and its result."""
        self._update(unit, done=True, result=to_json(result))

    def _update(self, unit: Unit, **columns: Any) -> None:
        where = {"run_id": self._about["run_id"], "n": self._player.count}
        unit.update(RunAction, tuple(where.values()), by=where, **columns)

    def take_again(self) -> Row | None:
        """Return the row of the action that is to be done again, once."""
        again, self.again = self.again, None
        return again

    @staticmethod
    def check(action: Action | None, row: Row) -> None:
        """Raise `ScriptFaultError` for an action that is not the one that was logged in its place."""
        if _canonical(to_json(action)) != _canonical(row["action"]):
            raise ScriptFaultError(f"[emulator] script is not deterministic at action {row['n']}")


def _canonical(data: Any) -> bytes:
    return orjson.dumps(orjson.loads(orjson.dumps(data)), option=orjson.OPT_SORT_KEYS)
