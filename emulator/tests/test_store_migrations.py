"""A file that an older emulator wrote is brought up to date when it is opened, or left as it is."""

import json
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from emulator.domain.config import ClockStart, NamespaceConfig, Pace
from emulator.store.database import UnusableDatabaseError
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.sqlite import migrations
from emulator.store.sqlite.opening import open_database
from emulator.store.statements import StatementCache
from emulator.store.tables import ALL, SCHEMA_VERSION, NamespaceRecord, Run, RunAction, VectorStoreFile

DATABASES = Path(__file__).parent / "databases"

SETUP = {
    "seed": 5,
    "clock": {"mode": "frozen", "at": 1_767_603_600.0, "speed": 1.0},
    "wire": "2025-03-20",
    "pace": {"progression": "polls", "times": 2, "seconds": 0.5},
    "models": ["gpt-4o"],
    "v1": "refused",
    "sunset": True,
    "strict": True,
}


def version_1(path, **setups):
    """Make a file as the first version left it, with a namespace of each set-up."""
    connection = sqlite3.connect(path)
    connection.executescript((DATABASES / "version_1.sql").read_text())
    for ns, setup in setups.items():
        text = setup if isinstance(setup, (str, bytes)) or setup is None else json.dumps(setup)
        connection.execute("INSERT INTO namespaces VALUES (?, ?, '{}', '{\"run\": 3}', 0)", (ns, text))
    insert = "INSERT INTO runs (ns, id, deleted, thread_id, status, doc, view, play) VALUES ('a', ?, ?, 't', ?, ?, '{\"v\": 1}', 'null')"
    connection.execute(insert, ("r1", 0, "completed", '{"id": "r1"}'))
    connection.execute(insert, ("r2", 0, "requires_action", '{"id": "r2"}'))
    connection.execute(insert, ("r3", 1, "completed", "null"))
    connection.execute(
        "INSERT INTO run_actions VALUES ('a', 'r2', 1, 't', '{\"is\": \"Say\"}', 'null', 0, '{\"step\": \"s\", \"note\": 1}')"
    )
    connection.execute(
        "INSERT INTO vector_store_files VALUES (1, 'a', 'x', 0, 's', 'f', NULL, 'in_progress', 'some text', '{\"id\": \"x\"}')"
    )
    connection.commit()
    connection.close()
    return path


def content(path):
    connection = sqlite3.connect(path)
    dump = [*connection.iterdump(), connection.execute("PRAGMA user_version").fetchone()]
    connection.close()
    return dump


def rows(connection, table, **where):
    """Return the rows of a namespace, whole."""
    select = StatementCache().every(table, ("ns", *where), True)  # noqa: FBT003 - with heavy columns
    return select.rows(connection.driver.execute(select.text, ("a", *where.values())))


def config(path, ns="a"):
    connection = open_database(path)
    (text,) = connection.driver.execute("SELECT config FROM namespaces WHERE ns = ?", (ns,)).fetchone()
    connection.close()
    return json.loads(text)


def schema(driver):
    """Return the columns of each table, whether it has row numbers, and the text of each index."""
    tables = {
        table.name: {(row[1], row[2], row[3], row[5]) for row in driver.execute(f"PRAGMA table_info({table.name})")}
        for table in ALL
    }
    numbered = dict(
        driver.execute("SELECT name, sql NOT LIKE '%WITHOUT ROWID' FROM sqlite_master WHERE type = 'table'")
    )
    found = driver.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return tables, numbered, {name: re.sub(r"\s+", " ", text) for name, text in found}


def test_a_migrated_file_has_the_tables_and_indexes_of_a_new_one(tmp_path):
    migrated, new = open_database(version_1(tmp_path / "x.db", a=SETUP)), open_database(None)
    assert schema(migrated.driver) == schema(new.driver)
    assert migrated.driver.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert migrated.driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    migrated.close()
    new.close()


def test_everything_in_a_migrated_file_can_be_read(tmp_path):
    connection = open_database(version_1(tmp_path / "x.db", a=SETUP))
    first, second = rows(connection, Run)
    assert (first["id"], first["status"]) == ("r1", "completed")
    assert (second["doc"], second["view"], second["play"]) == ({"id": "r2"}, {"v": 1}, None)
    assert connection.driver.execute("SELECT doc FROM runs WHERE deleted = 1").fetchall() == [("null",)]
    (action,) = rows(connection, RunAction, run_id="r2")
    assert (action["action"], action["result"], action["done"]) == ({"is": "Say"}, None, False)
    assert action["progress"] == {"step": "s", "note": 1}
    (file,) = rows(connection, VectorStoreFile)
    assert (file["doc"], file["text"], file["batch_id"]) == ({"id": "x"}, "some text", None)
    (record,) = rows(connection, NamespaceRecord)
    assert (record["config"], record["counters"]) == (SETUP, {"run": 3})
    connection.close()


async def test_what_a_restart_resumes_is_found_in_a_migrated_file(tmp_path):
    documents = Documents(open_database(version_1(tmp_path / "x.db", a=SETUP)), Journal())
    assert [row["id"] for row in await documents.unfinished(Run)] == ["r2"]
    assert [row["id"] for row in await documents.unfinished(VectorStoreFile)] == ["x"]
    documents.database.close()


async def test_a_migrated_file_is_opened_like_any_other_afterwards(tmp_path):
    path = version_1(tmp_path / "x.db", a=SETUP)
    open_database(path).close()
    before = content(path)
    documents = Documents(open_database(path), Journal())
    async with documents.transaction("a") as tx:
        tx.update(NamespaceRecord, "a", by={}, config={**SETUP, "seed": 6})
    documents.database.close()
    assert config(path)["seed"] == 6
    assert content(path) != before


def test_what_a_set_up_lacks_is_filled_in_and_what_it_has_too_much_is_left_out(tmp_path):
    bare = {**SETUP, "pace": {"progression": "time"}, "clock": {"mode": "real", "shift": 3.5, "at": None, "speed": 2.0}}
    path = version_1(tmp_path / "x.db", a=bare, b={**SETUP, "left": "over"}, c={}, d=None, e="null")
    assert config(path, "a")["pace"] == {"progression": "time", "times": 1, "seconds": 1.0}
    assert config(path, "a")["clock"] == {"mode": "real", "at": None, "speed": 2.0}
    assert config(path, "b") == SETUP
    for ns in "cde":
        assert config(path, ns) == migrations._CONFIG_OF_2


@pytest.mark.parametrize("setup", [SETUP, {}, {**SETUP, "pace": {"progression": "manual"}}])
def test_a_migrated_set_up_is_a_configuration(tmp_path, setup):
    read = NamespaceConfig.from_json(config(version_1(tmp_path / "x.db", a=setup)))
    assert isinstance(read.pace, Pace)
    assert isinstance(read.clock, ClockStart)
    assert read.seed == setup.get("seed", 0)


@pytest.mark.parametrize("setup", ["{no json", "[1]", '"text"', '{"pace": 5}', b"\xff\xfe"])
def test_a_file_that_cannot_be_migrated_is_refused_in_one_line_and_left_as_it_was(tmp_path, setup):
    path = version_1(tmp_path / "x.db", a=SETUP, b=setup)
    before = content(path)
    message = rf"x\.db: schema version 1 cannot be migrated to {SCHEMA_VERSION}"
    with pytest.raises(UnusableDatabaseError, match=message) as refused:
        open_database(path)
    assert "\n" not in str(refused.value)
    assert content(path) == before


def test_a_migration_that_is_cut_off_leaves_the_old_version(tmp_path, monkeypatch):
    def killed(_driver):
        raise KeyboardInterrupt

    path = version_1(tmp_path / "x.db", a=SETUP)
    before = content(path)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_STEPS", (migrations._to_2, migrations._to_3, killed))
        with pytest.raises(KeyboardInterrupt):
            open_database(path)
    assert content(path) == before
    assert config(path) == SETUP


def test_a_table_that_is_missing_is_refused_in_one_line(tmp_path):
    path = version_1(tmp_path / "x.db", a=SETUP)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE run_actions")
    connection.close()
    with pytest.raises(UnusableDatabaseError, match="no such table: run_actions"):
        open_database(path)


def test_migrating_keeps_the_rights_of_the_file(tmp_path):
    path = version_1(tmp_path / "x.db", a=SETUP)
    path.chmod(0o640)
    open_database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_there_is_a_step_to_every_version():
    assert len(migrations._STEPS) == SCHEMA_VERSION - 1
