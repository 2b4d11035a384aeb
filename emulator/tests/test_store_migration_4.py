"""Version 4: generations of namespaces, removals, and files that shrink."""

import sqlite3
from pathlib import Path

import pytest

from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.removals import remove
from emulator.store.sqlite import opening
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import Message, NamespaceRecord, Run, Thread

VERSION_3 = (Path(__file__).parent / "databases" / "version_3.sql").read_text()


@pytest.fixture
def path(tmp_path):
    """A file as the third version left it: a namespace with a thread, its messages, and a run that waits."""
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_3)
    connection.execute("INSERT INTO namespaces VALUES ('a', '{\"seed\": 1}', '{}', '{\"msg\": 3}', 0)")
    connection.execute("INSERT INTO threads (ns, id, deleted, doc) VALUES ('a', 't', 0, '{\"id\": \"t\"}')")
    for number in range(3):
        connection.execute(
            "INSERT INTO messages (ns, id, deleted, thread_id, doc) VALUES ('a', ?, 0, 't', ?)",
            (f"m{number}", f'{{"id": "m{number}"}}'),
        )
    connection.execute(
        "INSERT INTO runs (ns, id, deleted, thread_id, status, waits_for, doc) VALUES ('a', 'r', 0, 't', 'queued', 'gate', '{}')"
    )
    connection.execute(
        "INSERT INTO journal VALUES ('a', 4, 1.5, 'thread.run.queued', 'r', 'queued', 'create', 't', 'r')"
    )
    connection.commit()
    connection.close()
    return path


async def test_everything_is_found_under_the_name_of_its_namespace(path):
    documents = Documents(open_database(path), Journal())
    (record,) = await documents.namespaces()
    assert (record["ns"], record["generation"], record["counters"]) == ("a", None, {"msg": 3})
    async with documents.transaction("a") as tx:
        assert [row["doc"]["id"] for row in await tx.all(Message, thread_id="t")] == ["m0", "m1", "m2"]
        assert [row["waits_for"] for row in await tx.unfinished(Run, thread_id="t")] == ["gate"]
        assert await tx.last_change() == 4
    assert [row["id"] for row in await documents.unfinished(Run)] == ["r"]
    assert list(documents.removals) == []
    documents.database.close()


async def test_what_is_there_can_be_removed(path):
    documents = Documents(open_database(path), Journal())
    async with documents.transaction("a") as tx:
        await remove(tx, documents.removals, Thread, "t")
        assert await tx.all(Message, thread_id="t") == []
        await remove(tx, documents.removals, NamespaceRecord)
        assert await tx.all(Thread) == []
    documents.database.close()


def vacuum_mode(path):
    connection = open_database(path)
    (mode,) = connection.driver.execute("PRAGMA auto_vacuum").fetchone()
    assert connection.driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    return mode


def test_a_migrated_file_can_shrink_like_a_new_one(path, tmp_path):
    assert vacuum_mode(path) == vacuum_mode(tmp_path / "new.db") == 2


def test_a_large_file_is_migrated_without_being_written_anew(path, monkeypatch):
    monkeypatch.setattr(opening, "_MOST_REWRITTEN", 3)
    assert vacuum_mode(path) == 0


async def test_a_file_that_cannot_shrink_stays_as_it_is(path, monkeypatch):
    monkeypatch.setattr(opening, "_MOST_REWRITTEN", 3)
    documents = Documents(open_database(path), Journal())
    documents.database.driver.execute("CREATE TABLE extra AS SELECT zeroblob(100000) AS x")
    documents.database.driver.execute("DROP TABLE extra")
    assert await documents.shrink(0, 10) is False
    documents.database.close()
