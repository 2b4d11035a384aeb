"""Units that are committed inside `Documents.atomic` are written together, or none of them."""

import sqlite3
import subprocess
import sys

import pytest

from emulator.store.database import open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.tables import JournalEntry, Thread


@pytest.fixture
def documents():
    documents = Documents(open_database(None), Journal())
    yield documents
    documents.connection.close()


@pytest.fixture
def follower(documents):
    return documents.journal.follow("a")


class TroubleError(Exception):
    pass


def add(documents, name):
    unit = documents.unit("a")
    unit.insert(Thread, name, id=name, doc={})
    unit.record("thread.created", {"id": name}, thread_id=name)
    unit.commit()


def add_and_fail(documents, *names):
    with documents.atomic():
        for name in names:
            add(documents, name)
        raise TroubleError


def threads(documents):
    return [row["id"] for row in documents.all(Thread, "a")]


def published(follower):
    return [entry.data["id"] for entry in follower.take()]


def test_units_of_a_block_are_written_and_published_when_it_ends(documents, follower):
    with documents.atomic():
        add(documents, "t1")
        add(documents, "t2")
        assert threads(documents) == ["t1", "t2"]  # reads inside see them
        assert published(follower) == []
    assert threads(documents) == ["t1", "t2"]
    assert published(follower) == ["t1", "t2"]
    assert [row["thread_id"] for row in documents.all(JournalEntry, "a")] == ["t1", "t2"]


def test_a_block_is_one_transaction(documents):
    run = []
    documents.connection.driver.set_trace_callback(run.append)
    with documents.atomic():
        add(documents, "t1")
        add(documents, "t2")
    assert [text for text in run if text.startswith(("BEGIN", "COMMIT", "ROLLBACK"))] == ["BEGIN IMMEDIATE", "COMMIT"]


def test_a_block_that_raises_leaves_nothing_and_publishes_nothing(documents, follower):
    add(documents, "t0")
    with pytest.raises(TroubleError):
        add_and_fail(documents, "t1", "t2")
    assert threads(documents) == ["t0"]
    assert published(follower) == ["t0"]
    add(documents, "t3")
    assert threads(documents) == ["t0", "t3"]
    assert published(follower) == ["t3"]


def test_a_unit_that_fails_inside_a_block_leaves_nothing_of_itself(documents, follower):
    add(documents, "t0")
    with documents.atomic():
        add(documents, "t1")
        unit = documents.unit("a")
        unit.insert(Thread, "t2", id="t2", doc={})
        unit.insert(Thread, "again", id="t0", doc={})
        unit.record("thread.created", {"id": "t2"}, thread_id="t2")
        with pytest.raises(sqlite3.IntegrityError):
            unit.commit()
        add(documents, "t3")
    assert threads(documents) == ["t0", "t1", "t3"]
    assert published(follower) == ["t0", "t1", "t3"]


def test_a_block_within_another_joins_it(documents, follower):
    with documents.atomic():
        with documents.atomic():
            add(documents, "t1")
        assert published(follower) == []
        add(documents, "t2")
    assert threads(documents) == ["t1", "t2"]
    assert published(follower) == ["t1", "t2"]


def test_a_block_within_another_goes_with_it(documents, follower):
    def nested():
        with documents.atomic():
            with documents.atomic():
                add(documents, "t1")
            raise TroubleError

    with pytest.raises(TroubleError):
        nested()
    assert threads(documents) == []
    assert published(follower) == []


def test_a_block_within_another_that_raises_is_rolled_back_by_itself(documents, follower):
    with documents.atomic():
        add(documents, "t1")
        with pytest.raises(TroubleError):
            add_and_fail(documents, "t2")
        add(documents, "t3")
    assert threads(documents) == ["t1", "t3"]
    assert published(follower) == ["t1", "t3"]


def test_deltas_wait_for_the_end_of_a_block_in_their_order(documents, follower):
    with documents.atomic():
        unit = documents.unit("a")
        unit.publish_delta("thread.message.delta", {"id": "delta"}, thread_id="t", run_id="r")
        unit.commit()
        add(documents, "t1")
        assert published(follower) == []
    assert published(follower) == ["delta", "t1"]


def test_a_block_that_is_cut_off_leaves_the_file_as_it_was(tmp_path):
    documents = Documents(open_database(tmp_path / "x.db"), Journal())
    add(documents, "t0")
    block = documents.atomic()
    block.__enter__()
    add(documents, "t1")
    documents.connection.close()  # as a killed server does
    documents = Documents(open_database(tmp_path / "x.db"), Journal())
    assert threads(documents) == ["t0"]
    documents.connection.close()


WRITING = """
import sys
from pathlib import Path
from emulator.store.database import open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.tables import Thread
documents = Documents(open_database(Path(sys.argv[1])), Journal())
for n in range(10**6):
    with documents.atomic():
        for half in "ab":
            unit = documents.unit("a")
            unit.insert(Thread, f"{n}{half}", id=f"{n}{half}", doc={"n": n})
            unit.commit()
    print(n, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill_and_a_block_is_never_there_by_half(tmp_path):
    path = tmp_path / "x.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, text=True)
    with writer:
        acknowledged = [int(writer.stdout.readline()) for _ in range(300)]
        writer.kill()
    documents = Documents(open_database(path), Journal())
    found = threads(documents)
    assert found == [f"{n}{half}" for n in range(len(found) // 2) for half in "ab"]
    assert len(found) // 2 >= len(acknowledged)
    documents.connection.close()
