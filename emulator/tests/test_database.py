import os
import sqlite3
import stat
import subprocess
import sys

import pytest
from sqlalchemy import text

from emulator.store.database import UnusableDatabaseError, open_database, transaction
from emulator.store.tables import SCHEMA_VERSION


def version(path):
    with sqlite3.connect(path) as connection:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return found


def test_a_new_file_carries_the_schema_version(tmp_path):
    open_database(tmp_path / "new.db").close()
    assert version(tmp_path / "new.db") == SCHEMA_VERSION


def test_a_file_is_found_again_as_it_was_left(tmp_path):
    connection = open_database(tmp_path / "x.db")
    with transaction(connection):
        connection.execute(text("INSERT INTO report (ns, kind, doc) VALUES ('a', 'drift', '{}')"))
    connection.close()
    connection = open_database(tmp_path / "x.db")
    assert connection.scalar(text("SELECT count(*) FROM report")) == 1
    connection.close()


def test_an_empty_file_is_as_good_as_none(tmp_path):
    (tmp_path / "empty.db").touch()
    open_database(tmp_path / "empty.db").close()
    assert version(tmp_path / "empty.db") == SCHEMA_VERSION


def test_memory_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_database(None).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("other", [SCHEMA_VERSION + 1, 99])
def test_another_schema_version_is_refused_and_named(tmp_path, other):
    path = tmp_path / "x.db"
    open_database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {other}")
    connection.close()
    with pytest.raises(
        UnusableDatabaseError, match=rf"x\.db: schema version {other}, this emulator needs {SCHEMA_VERSION}"
    ):
        open_database(path)
    assert version(path) == other


@pytest.mark.parametrize("its_version", [0, SCHEMA_VERSION])
def test_somebody_elses_database_is_refused_and_left_alone(tmp_path, its_version):
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title)")
        connection.execute(f"PRAGMA user_version = {its_version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UnusableDatabaseError, match="not a database of this emulator"):
        open_database(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["theirs.db"]


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("milk, eggs and a very long list of other things\n" * 50)
    with pytest.raises(UnusableDatabaseError, match=r"notes\.db: file is not a database"):
        open_database(path)
    assert path.read_text().startswith("milk")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnusableDatabaseError, match="unable to open"):
        open_database(tmp_path / "no" / "x.db")


HOLDING = """
import sys
from pathlib import Path
from emulator.store.database import open_database
connection = open_database(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_server_holds_is_refused_until_it_is_gone(tmp_path):
    path = tmp_path / "x.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UnusableDatabaseError, match=r"x\.db: database is locked"):
            open_database(path)
        holder.kill()
    open_database(path).close()


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
def test_only_the_owner_may_read_a_new_file_and_what_lies_beside_it(tmp_path):
    before = os.umask(0)
    try:
        connection = open_database(tmp_path / "x.db")
        with transaction(connection):
            connection.execute(text("INSERT INTO report (ns, kind, doc) VALUES ('a', 'drift', '{}')"))
        rights = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert rights["x.db"] == 0o600
    assert set(rights.values()) == {0o600}
    connection.close()


def stop_in_the_middle(connection):
    with transaction(connection):
        connection.execute(text("INSERT INTO report (ns, kind, doc) VALUES ('a', 'drift', '{}')"))
        raise KeyboardInterrupt


def test_a_transaction_is_all_or_nothing():
    connection = open_database(None)
    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle(connection)
    assert connection.scalar(text("SELECT count(*) FROM report")) == 0
    with transaction(connection):
        connection.execute(text("INSERT INTO report (ns, kind, doc) VALUES ('a', 'drift', '{}')"))
    assert connection.scalar(text("SELECT count(*) FROM report")) == 1
    connection.close()


def test_a_transaction_that_cannot_end_does_not_block_the_next():
    connection = open_database(None)
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    connection.exec_driver_sql("CREATE TABLE child (id REFERENCES report (seq) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(Exception, match="FOREIGN KEY"), transaction(connection):
        connection.exec_driver_sql("INSERT INTO child VALUES (77)")
    with transaction(connection):
        connection.execute(text("INSERT INTO report (ns, kind, doc) VALUES ('a', 'drift', '{}')"))
    assert connection.scalar(text("SELECT count(*) FROM child")) == 0
    connection.close()
