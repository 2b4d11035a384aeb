import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.store.database import UnusableDatabaseError
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import SCHEMA_VERSION


def version(path):
    with sqlite3.connect(path) as connection:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return found


def add_line(connection, kind="drift"):
    connection.driver.execute("INSERT INTO report (ns, kind, doc) VALUES ('a', ?, '{}')", (kind,))


def lines(connection):
    return [kind for (kind,) in connection.driver.execute("SELECT kind FROM report ORDER BY seq")]


def refusal(path):
    with pytest.raises(UnusableDatabaseError) as refused:
        open_database(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_new_file_carries_the_schema_version(tmp_path):
    open_database(tmp_path / "new.db").close()
    assert version(tmp_path / "new.db") == SCHEMA_VERSION


def test_a_file_is_read_again_as_it_was_left(tmp_path):
    connection = open_database(tmp_path / "x.db")
    add_line(connection)
    connection.close()
    connection = open_database(tmp_path / "x.db")
    assert lines(connection) == ["drift"]
    connection.close()


def test_an_empty_file_is_like_a_new_one(tmp_path):
    (tmp_path / "empty.db").touch()
    open_database(tmp_path / "empty.db").close()
    assert version(tmp_path / "empty.db") == SCHEMA_VERSION


def test_memory_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_database(None).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("other", [SCHEMA_VERSION + 1, 99])
def test_a_newer_schema_version_is_refused_and_named(tmp_path, other):
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


@pytest.mark.parametrize("its_version", [-1, 0, 1, SCHEMA_VERSION, SCHEMA_VERSION + 1])
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
    path = not_a_database(tmp_path / "notes.db")
    with pytest.raises(UnusableDatabaseError, match=r"notes\.db: file is not a database"):
        open_database(path)
    assert path.read_text().startswith("milk")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnusableDatabaseError, match="unable to open database file: No such file or directory"):
        open_database(tmp_path / "no" / "x.db")


HOLDING = """
import sys
from pathlib import Path
from emulator.store.sqlite.opening import open_database
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
        with pytest.raises(UnusableDatabaseError, match=r"x\.db: database is locked: another server uses it"):
            open_database(path)
        holder.kill()
    open_database(path).close()


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
def test_only_the_owner_may_read_a_new_file_and_what_lies_beside_it(tmp_path):
    before = os.umask(0)
    try:
        connection = open_database(tmp_path / "x.db")
        add_line(connection)
        rights = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert rights["x.db"] == 0o600
    assert set(rights.values()) == {0o600}
    connection.close()


def test_closing_can_be_repeated():
    connection = open_database(None)
    assert not connection.closed
    connection.close()
    connection.close()
    assert connection.closed
    with pytest.raises(sqlite3.ProgrammingError):
        connection.driver.execute("SELECT 1")


def test_a_file_has_a_write_ahead_log_and_memory_has_none(tmp_path):
    for path, mode in ((tmp_path / "x.db", "wal"), (None, "memory")):
        connection = open_database(path)
        assert connection.driver.execute("PRAGMA journal_mode").fetchone() == (mode,)
        connection.close()


@pytest.mark.parametrize(
    "name", ["a?mode=memory.db", "file:x.db", "file:x.db?mode=memory", "%41.db", "a b#c.db", "ü.db"]
)
def test_a_name_is_never_read_as_an_address(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    connection = open_database(Path(name))
    add_line(connection)
    connection.close()
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert version(tmp_path / name) == SCHEMA_VERSION


def test_a_file_stays_the_same_when_the_working_directory_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    connection = open_database(Path("x.db"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    add_line(connection)
    connection.close()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert version(tmp_path / "x.db") == SCHEMA_VERSION


@pytest.mark.parametrize("path", [":memory:", "./:memory:"])
def test_the_name_of_a_database_in_memory_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    assert refusal(Path(path)) == ":memory:: not a file; without a name the database is in memory"
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_nul_is_refused(tmp_path):
    assert "cannot contain NUL" in refusal(tmp_path / "a\0b.db")
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_a_line_break_is_refused_in_one_line(tmp_path):
    assert r"a\nb.db': file is not a database" in refusal(not_a_database(tmp_path / "a\nb.db"))


def not_a_database(path):
    path.write_text("milk, eggs and a very long list of other things\n" * 50)
    return path


@pytest.mark.skipif(os.name == "nt", reason="devices are POSIX's")
@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/"])
def test_what_is_no_regular_file_is_refused(path):
    assert refusal(Path(path)) == f"{path}: not a regular file"


@pytest.mark.skipif(os.name == "nt", reason="pipes are POSIX's")
def test_a_pipe_is_refused_without_waiting_for_its_other_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").endswith("pipe: not a regular file")


def test_a_file_that_the_system_does_not_open_is_refused_in_its_words(tmp_path):
    (tmp_path / "notes").write_text("milk")
    assert refusal(tmp_path / "notes" / "x.db").endswith("unable to open database file: Not a directory")
    assert "File name too long" in refusal(tmp_path / ("x" * 300))


def test_a_file_that_only_another_may_write_is_refused_as_read_only(tmp_path, monkeypatch):
    class Refusing(sqlite3.Connection):
        def execute(self, statement, *args):
            if statement.startswith("BEGIN"):
                error = sqlite3.OperationalError("attempt to write a readonly database")
                error.sqlite_errorname = "SQLITE_READONLY"
                raise error
            return super().execute(statement, *args)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: connect(*args, factory=Refusing, **more))
    assert refusal(tmp_path / "x.db").endswith("readonly database: the file or its folder is read-only")


@pytest.mark.parametrize("name", ["x" * 5000, "x/" * 3000 + "x"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name):
    assert "unable to open" in refusal(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
def test_a_new_file_at_the_end_of_a_link_is_private_too(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "x.db")
    before = os.umask(0)
    try:
        open_database(tmp_path / "link.db").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x.db").stat().st_mode) == 0o600


def test_a_broken_file_is_refused(tmp_path):
    path = tmp_path / "x.db"
    open_database(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    assert "malformed" in refusal(path)


def test_a_file_or_folder_without_the_rights_is_refused_by_that_reason(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    open_database(path).close()
    before = path.read_bytes()
    for refused, reason in ((path, "may not read and write it"), (tmp_path, "may not write in its folder")):
        monkeypatch.setattr(os, "access", lambda at, mode, refused=refused: Path(at) != refused)
        assert reason in refusal(path)
    assert path.read_bytes() == before


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "loop.db").symlink_to(tmp_path / "loop.db")
    assert "unable to open" in refusal(tmp_path / "loop.db")
