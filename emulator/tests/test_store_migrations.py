"""A file that an older emulator wrote is brought up to date when it is opened, or left as it is."""

import json
import re
import sqlite3
import stat

import pytest

from emulator.domain.config import ClockStart, NamespaceConfig, Pace
from emulator.store import migrations
from emulator.store.database import UnusableDatabaseError, open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.tables import ALL, SCHEMA_VERSION, NamespaceRecord, Run, RunAction, VectorStoreFile

OBJECT = "seq INTEGER NOT NULL, ns VARCHAR NOT NULL, id VARCHAR NOT NULL, deleted BOOLEAN NOT NULL"
# As the first draft made it (commit 2b3d43e).
VERSION_1 = f"""
CREATE TABLE namespaces (ns VARCHAR NOT NULL, setup JSON, clock JSON, counters JSON, script_version INTEGER NOT NULL, PRIMARY KEY (ns));
CREATE TABLE script_memory (ns VARCHAR NOT NULL, owner VARCHAR NOT NULL, "key" VARCHAR NOT NULL, value JSON, PRIMARY KEY (ns, owner, "key"));
CREATE TABLE report (seq INTEGER NOT NULL, ns VARCHAR NOT NULL, kind VARCHAR NOT NULL, run_id VARCHAR, doc JSON, PRIMARY KEY (seq));
CREATE INDEX report_in_order ON report (ns, seq);
CREATE TABLE scripts (ns VARCHAR NOT NULL, version INTEGER NOT NULL, sources JSON, PRIMARY KEY (ns, version));
CREATE TABLE assistants ({OBJECT}, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX assistants_by_id ON assistants (ns, id);
CREATE INDEX assistants_in_order ON assistants (ns, seq);
CREATE TABLE threads ({OBJECT}, doc JSON, PRIMARY KEY (seq));
CREATE INDEX threads_in_order ON threads (ns, seq);
CREATE UNIQUE INDEX threads_by_id ON threads (ns, id);
CREATE TABLE messages ({OBJECT}, thread_id VARCHAR NOT NULL, run_id VARCHAR, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX messages_by_id ON messages (ns, id);
CREATE INDEX messages_by_thread_id ON messages (ns, thread_id, seq);
CREATE TABLE runs ({OBJECT}, thread_id VARCHAR NOT NULL, status VARCHAR NOT NULL, doc JSON, "view" JSON, play JSON, PRIMARY KEY (seq));
CREATE INDEX runs_by_status ON runs (ns, status, thread_id);
CREATE INDEX runs_by_thread_id ON runs (ns, thread_id, seq);
CREATE UNIQUE INDEX runs_by_id ON runs (ns, id);
CREATE TABLE run_steps ({OBJECT}, thread_id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX run_steps_by_id ON run_steps (ns, id);
CREATE INDEX run_steps_by_run_id ON run_steps (ns, run_id, seq);
CREATE TABLE run_actions (ns VARCHAR NOT NULL, run_id VARCHAR NOT NULL, n INTEGER NOT NULL, thread_id VARCHAR NOT NULL, action JSON, result JSON, done BOOLEAN NOT NULL, note JSON, PRIMARY KEY (ns, run_id, n));
CREATE TABLE files ({OBJECT}, purpose VARCHAR NOT NULL, blob VARCHAR NOT NULL, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX files_by_id ON files (ns, id);
CREATE INDEX files_in_order ON files (ns, seq);
CREATE TABLE vector_stores ({OBJECT}, doc JSON, PRIMARY KEY (seq));
CREATE INDEX vector_stores_in_order ON vector_stores (ns, seq);
CREATE UNIQUE INDEX vector_stores_by_id ON vector_stores (ns, id);
CREATE TABLE vector_store_files ({OBJECT}, store_id VARCHAR NOT NULL, file_id VARCHAR NOT NULL, batch_id VARCHAR, status VARCHAR NOT NULL, text VARCHAR, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX vector_store_files_by_id ON vector_store_files (ns, id);
CREATE INDEX vector_store_files_by_batch_id ON vector_store_files (ns, batch_id, seq);
CREATE INDEX vector_store_files_by_store_id ON vector_store_files (ns, store_id, seq);
CREATE TABLE file_batches ({OBJECT}, store_id VARCHAR NOT NULL, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX file_batches_by_id ON file_batches (ns, id);
CREATE INDEX file_batches_by_store_id ON file_batches (ns, store_id, seq);
CREATE TABLE uploads ({OBJECT}, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX uploads_by_id ON uploads (ns, id);
CREATE INDEX uploads_in_order ON uploads (ns, seq);
CREATE TABLE upload_parts ({OBJECT}, upload_id VARCHAR NOT NULL, blob VARCHAR NOT NULL, doc JSON, PRIMARY KEY (seq));
CREATE UNIQUE INDEX upload_parts_by_id ON upload_parts (ns, id);
CREATE INDEX upload_parts_by_upload_id ON upload_parts (ns, upload_id, seq);
CREATE TABLE journal (seq INTEGER NOT NULL, ns VARCHAR NOT NULL, thread_id VARCHAR, run_id VARCHAR, event VARCHAR NOT NULL, doc JSON, PRIMARY KEY (seq));
CREATE INDEX journal_by_thread ON journal (ns, thread_id);
PRAGMA journal_mode = WAL;
PRAGMA user_version = 1;
"""

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
    connection.executescript(VERSION_1)
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


def config(path, ns="a"):
    documents = Documents(open_database(path), Journal())
    row = documents.find(NamespaceRecord, ns=ns)
    documents.connection.close()
    return row["config"]


def schema(driver):
    """Return the columns of each table and the text of each index."""
    tables = {
        table.name: {(row[1], row[2], row[3], row[5]) for row in driver.execute(f"PRAGMA table_info({table.name})")}
        for table in ALL
    }
    found = driver.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return tables, {name: re.sub(r"\s+", " ", text) for name, text in found}


def test_a_migrated_file_has_the_tables_and_indexes_of_a_new_one(tmp_path):
    migrated, new = open_database(version_1(tmp_path / "x.db", a=SETUP)), open_database(None)
    assert schema(migrated.driver) == schema(new.driver)
    assert migrated.driver.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert migrated.driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    migrated.close()
    new.close()


def test_everything_in_a_migrated_file_can_be_read(tmp_path):
    documents = Documents(open_database(version_1(tmp_path / "x.db", a=SETUP)), Journal())
    assert [row["id"] for row in documents.all(Run, "a")] == ["r1", "r2"]
    assert [row["id"] for row in documents.unfinished(Run)] == ["r2"]
    run = documents.get(Run, "a", "r2", heavy=True)
    assert (run["doc"], run["view"], run["play"]) == ({"id": "r2"}, {"v": 1}, None)
    assert documents.get(Run, "a", "r3", deleted=True)["doc"] is None
    (action,) = documents.all(RunAction, "a", run_id="r2")
    assert (action["action"], action["result"], action["done"]) == ({"is": "Say"}, None, False)
    assert action["progress"] == {"step": "s", "note": 1}
    (file,) = documents.unfinished(VectorStoreFile, heavy=True)
    assert (file["doc"], file["text"], file["batch_id"]) == ({"id": "x"}, "some text", None)
    record = documents.find(NamespaceRecord, ns="a")
    assert (record["config"], record["counters"]) == (SETUP, {"run": 3})
    documents.connection.close()


def test_a_migrated_file_is_opened_like_any_other_afterwards(tmp_path):
    path = version_1(tmp_path / "x.db", a=SETUP)
    open_database(path).close()
    before = content(path)
    documents = Documents(open_database(path), Journal())
    unit = documents.unit("a")
    unit.update(NamespaceRecord, "a", by={}, config={**SETUP, "seed": 6})
    unit.commit()
    documents.connection.close()
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
    with pytest.raises(UnusableDatabaseError, match=r"x\.db: schema version 1 cannot be migrated to 2") as refused:
        open_database(path)
    assert "\n" not in str(refused.value)
    assert content(path) == before


def test_a_migration_that_is_cut_off_leaves_the_old_version(tmp_path, monkeypatch):
    def killed(_driver):
        raise KeyboardInterrupt

    path = version_1(tmp_path / "x.db", a=SETUP)
    before = content(path)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_STEPS", (migrations._to_2, killed))
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
