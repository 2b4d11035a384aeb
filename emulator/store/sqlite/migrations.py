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


# --- 2 -> 3: a journal of changes instead of documents, signals as rows, and runs with a timeline ---------------------


def _to_3(driver: sqlite3.Connection) -> None:
    driver.execute("ALTER TABLE runs ADD COLUMN waits_for VARCHAR")
    driver.execute("ALTER TABLE runs ADD COLUMN timeline JSON")
    # A run that waits is played again by the next start, which finds out what it waits for.
    driver.execute("DROP INDEX runs_unfinished")
    driver.execute(
        "CREATE UNIQUE INDEX runs_unfinished ON runs (ns, thread_id)"
        " WHERE deleted = 0 AND status IN ('cancelling', 'in_progress', 'queued', 'requires_action')"
    )
    driver.execute(
        "CREATE TABLE run_signals (seq INTEGER NOT NULL, ns VARCHAR NOT NULL, run_id VARCHAR NOT NULL,"
        " signal VARCHAR NOT NULL, data JSON, PRIMARY KEY (seq))"
    )
    driver.execute("CREATE INDEX run_signals_by_run_id ON run_signals (ns, run_id, seq)")
    driver.execute("ALTER TABLE journal RENAME TO old_journal")
    driver.execute(
        "CREATE TABLE journal (ns VARCHAR NOT NULL, seq INTEGER NOT NULL, at FLOAT NOT NULL, event VARCHAR NOT NULL,"
        " object_id VARCHAR NOT NULL, status VARCHAR NOT NULL, cause VARCHAR NOT NULL, thread_id VARCHAR,"
        " run_id VARCHAR, PRIMARY KEY (ns, seq)) WITHOUT ROWID"
    )
    _keep_changes(driver)
    driver.execute("DROP TABLE old_journal")


# Event -> what caused it. The journal of version 2 did not say it.
_CAUSES_OF_3: Final[Mapping[str, str]] = {
    "thread.run.queued": "create",
    "thread.run.in_progress": "start",
    "thread.run.requires_action": "require_action",
    "thread.run.cancelling": "cancel",
    "thread.run.cancelled": "cancelled",
    "thread.run.completed": "complete",
    "thread.run.incomplete": "stop",
    "thread.run.failed": "fail",
    "thread.run.expired": "expire",
    "thread.run.step.in_progress": "create",
    "thread.run.step.completed": "complete",
    "thread.run.step.failed": "fail",
    "thread.run.step.cancelled": "cancel",
    "thread.run.step.expired": "expire",
    "thread.message.in_progress": "create",
    "thread.message.completed": "complete",
    "thread.message.incomplete": "stop",
}
_TIMES_OF_3: Final = (
    "incomplete_at", "completed_at", "failed_at", "cancelled_at", "started_at", "created_at",
)  # fmt: skip


def _keep_changes(driver: sqlite3.Connection) -> None:
    """Write the changes of statuses that the old journal tells of, and from those of runs their timelines."""
    last: dict[str, int] = {}
    timelines: dict[tuple[str, str], list[dict[str, Any]]] = {}
    # One by one, because each holds a whole document.
    old = driver.execute("SELECT ns, thread_id, run_id, event, doc FROM old_journal ORDER BY seq")
    for ns, thread_id, run_id, event, text in old:
        if event not in _CAUSES_OF_3 or run_id is None:
            continue
        doc = orjson.loads(text)
        at = float(next((doc[name] for name in _TIMES_OF_3 if doc.get(name)), 0))
        cause = "submit" if event == "thread.run.queued" and (ns, run_id) in timelines else _CAUSES_OF_3[event]
        seq = last[ns] = last.get(ns, 0) + 1
        row = (ns, seq, at, event, doc.get("id"), doc.get("status"), cause, thread_id, run_id)
        driver.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        if doc.get("object") == "thread.run":
            timelines.setdefault((ns, run_id), []).append({"status": doc["status"], "at": at, "cause": cause})
    for (ns, run_id), timeline in timelines.items():
        kept = orjson.dumps(timeline).decode()
        driver.execute("UPDATE runs SET timeline = ? WHERE ns = ? AND id = ?", (kept, ns, run_id))


# --- 3 -> 4: generations, so that what is deleted is gone before its rows are -----------------------------------------


def _to_4(driver: sqlite3.Connection) -> None:
    driver.execute("ALTER TABLE namespaces ADD COLUMN generation VARCHAR")
    driver.execute(
        "CREATE TABLE removals (ns VARCHAR NOT NULL, kind VARCHAR NOT NULL, owner VARCHAR NOT NULL,"
        " PRIMARY KEY (ns, kind, owner))"
    )


# --- 4 -> 5: responses and conversations, and what parity asks for ---------------------------------------------------

_OBJECT_OF_5: Final = "seq INTEGER NOT NULL, ns VARCHAR NOT NULL, id VARCHAR NOT NULL, deleted BOOLEAN NOT NULL"
# Name -> (columns of its own, what its rows are in order below).
_OBJECTS_OF_5: Final[Mapping[str, tuple[str, str | None]]] = {
    "conversations": ("", None),
    "items": (" response_id VARCHAR,", None),
    "conversation_items": (" conversation_id VARCHAR NOT NULL,", "conversation_id"),
    "containers": ("", None),
    "container_files": (" container_id VARCHAR NOT NULL, blob VARCHAR NOT NULL,", "container_id"),
}


def _to_5(driver: sqlite3.Connection) -> None:
    for name, (columns, parent) in _OBJECTS_OF_5.items():
        driver.execute(f"CREATE TABLE {name} ({_OBJECT_OF_5},{columns} doc JSON, PRIMARY KEY (seq))")
        driver.execute(f"CREATE UNIQUE INDEX {name}_by_id ON {name} (ns, id)")
        if parent is None:
            driver.execute(f"CREATE INDEX {name}_in_order ON {name} (ns, seq)")
        else:
            driver.execute(f"CREATE INDEX {name}_by_{parent} ON {name} (ns, {parent}, seq)")
    driver.execute(
        "CREATE TABLE response_events (ns VARCHAR NOT NULL, response_id VARCHAR NOT NULL, n INTEGER NOT NULL,"
        " count INTEGER NOT NULL, event VARCHAR NOT NULL, data JSON, PRIMARY KEY (ns, response_id, n))"
    )
    driver.execute("ALTER TABLE run_steps ADD COLUMN query VARCHAR")
    driver.execute("ALTER TABLE files ADD COLUMN name VARCHAR")
    driver.execute(
        "CREATE TABLE kept_turns (seq INTEGER NOT NULL, ns VARCHAR NOT NULL, thread_id VARCHAR NOT NULL,"
        " at FLOAT NOT NULL, place INTEGER, doc JSON, PRIMARY KEY (seq))"
    )
    driver.execute("CREATE INDEX kept_turns_in_order ON kept_turns (ns, seq)")


# --- 5 -> 6: the runs of a namespace in their order, and those that ended badly ---------------------------------------


def _to_6(driver: sqlite3.Connection) -> None:
    driver.execute("CREATE INDEX runs_in_order ON runs (ns, seq)")
    driver.execute(
        "CREATE INDEX runs_ended_badly ON runs (ns, seq, status)"
        " WHERE status IN ('cancelled', 'expired', 'failed', 'incomplete')"
    )


_STEPS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (_to_2, _to_3, _to_4, _to_5, _to_6)
