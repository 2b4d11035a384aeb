"""Steps from one schema version to the next. They are never changed: a file of any older version takes them in turn.

`emulator.store.database` runs them in one transaction. A step is self-contained and imports nothing of the
emulator, because that describes the newest version only.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson


def migrate(driver: sqlite3.Connection, version: int) -> None:
    """Bring the tables from a version to the newest. Raises `sqlite3.Error`, ValueError for what cannot be read."""
    for step in _STEPS[version - 1 :]:
        step(driver)


# --- 1 -> 2: plain names, and indexes for what a restart and the deletion of a file look for --------------------------


def _to_2(driver: sqlite3.Connection) -> None:
    driver.execute("ALTER TABLE namespaces RENAME COLUMN setup TO config")
    driver.execute("ALTER TABLE run_actions RENAME COLUMN note TO progress")
    driver.execute("DROP INDEX IF EXISTS runs_by_status")
    driver.execute(
        "CREATE INDEX runs_unfinished ON runs (seq)"
        " WHERE deleted = 0 AND status IN ('cancelling', 'in_progress', 'queued', 'requires_action')"
    )
    driver.execute(
        "CREATE INDEX vector_store_files_unfinished ON vector_store_files (seq)"
        " WHERE deleted = 0 AND status IN ('in_progress')"
    )
    driver.execute("CREATE INDEX vector_store_files_by_file_id ON vector_store_files (ns, file_id, seq)")
    for ns, setup in driver.execute("SELECT ns, config FROM namespaces").fetchall():
        config = orjson.dumps(_config_of_2(orjson.loads(setup or "{}") or {})).decode()
        driver.execute("UPDATE namespaces SET config = ? WHERE ns = ?", (config, ns))


_CONFIG_OF_2: Final[Mapping[str, Any]] = {
    "seed": 0,
    "clock": {"mode": "real", "at": None, "speed": 1.0},
    "wire": "2026-08-25",
    "pace": {"progression": "immediate", "times": 1, "seconds": 1.0},
    "models": [],
    "v1": "served",
    "sunset": False,
    "strict": False,
}


def _config_of_2(setup: Mapping[str, Any]) -> dict[str, Any]:
    """Return a set-up of version 1 with every key that version 2 has, and no other."""
    return _fill(_CONFIG_OF_2, setup)


def _fill(shape: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given under the keys of the shape, and the shape's own values where nothing is."""
    return {
        name: _fill(value, given.get(name) or {}) if isinstance(value, dict) else given.get(name, value)
        for name, value in shape.items()
    }


_STEPS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (_to_2,)
