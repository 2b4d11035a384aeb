"""Version 3: a journal of changes instead of documents, and runs with a timeline."""

import json
import sqlite3
from pathlib import Path

import pytest

from emulator.domain.lifecycle import MACHINES, MESSAGE, RUN, RUN_STEP, Signal
from emulator.store.database import UnusableDatabaseError
from emulator.store.journal import Change, Entry
from emulator.store.sqlite import migrations
from emulator.store.sqlite.opening import open_database
from emulator.store.statements import StatementCache
from emulator.store.tables import SCHEMA_VERSION, Run, RunSignal
from emulator.tests.sessions import keep, read

VERSION_2 = (Path(__file__).parent / "databases" / "version_2.sql").read_text()


def run(status, **stamps):
    none = dict.fromkeys(("started_at", "completed_at", "failed_at", "cancelled_at"))
    return {"id": "r1", "object": "thread.run", "status": status, "created_at": 100, **none, **stamps}


def step(status, **stamps):
    none = dict.fromkeys(("completed_at", "failed_at", "cancelled_at"))
    return {"id": "s1", "object": "thread.run.step", "status": status, "created_at": 101, **none, **stamps}


def message(status, **stamps):
    none = dict.fromkeys(("completed_at", "incomplete_at"))
    return {"id": "m1", "object": "thread.message", "status": status, "created_at": 104, **none, **stamps}


def version_2(path, *events, ns="a", runs=(("a", "r1", "t", "completed"),)):
    """Make a file as the second version left it. events: (name, document) about the run, or (name, document, run)."""
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_2)
    for run_ns, name, thread, status in runs:
        connection.execute(
            "INSERT INTO runs (ns, id, deleted, thread_id, status, doc) VALUES (?, ?, 0, ?, ?, '{}')",
            (run_ns, name, thread, status),
        )
    add(connection, *events, ns=ns)
    connection.commit()
    connection.close()
    return path


def add(connection, *events, ns="a"):
    for event, doc, *about in events:
        text = doc if isinstance(doc, str) or doc is None else json.dumps(doc)
        run_id = about[0] if about else "r1"
        connection.execute(
            "INSERT INTO journal (ns, thread_id, run_id, event, doc) VALUES (?, 't', ?, ?, ?)",
            (ns, run_id, event, text),
        )


def kept(path, ns="a"):
    """Return what the migrated journal has of a namespace: (number, time, event, object, status, cause)."""
    connection = open_database(path)
    rows = read(connection, ns)
    connection.close()
    assert {(row["thread_id"], row["run_id"] is not None) for row in rows} <= {("t", True)}
    return [tuple(row[name] for name in ("seq", "at", "event", "object_id", "status", "cause")) for row in rows]


def timelines(path):
    connection = open_database(path)
    select = StatementCache().every(Run, (), True)  # noqa: FBT003 - with heavy columns
    rows = select.rows(connection.driver.execute(select.text))
    connection.close()
    return {(row["ns"], row["id"]): row["timeline"] for row in rows}


ALL_EVENTS = (
    ("thread.created", {"id": "t", "object": "thread"}, None),
    ("thread.message.created", message("completed", completed_at=99), None),
    ("thread.message.completed", message("completed", completed_at=99), None),
    ("thread.run.created", run("queued")),
    ("thread.run.queued", run("queued")),
    ("thread.run.in_progress", run("in_progress", started_at=101)),
    ("thread.run.step.created", step("in_progress")),
    ("thread.run.step.in_progress", step("in_progress")),
    ("thread.run.requires_action", run("requires_action", started_at=101)),
    ("thread.run.queued", run("queued", started_at=101)),
    ("thread.run.in_progress", run("in_progress", started_at=103)),
    ("thread.run.step.completed", step("completed", completed_at=103)),
    ("thread.message.created", message("in_progress")),
    ("thread.message.in_progress", message("in_progress")),
    ("thread.message.completed", message("completed", completed_at=105)),
    ("thread.run.completed", run("completed", started_at=103, completed_at=106)),
)


def test_changes_come_out_of_the_old_journal_and_nothing_else(tmp_path):
    assert kept(version_2(tmp_path / "x.db", *ALL_EVENTS)) == [
        (1, 100.0, "thread.run.queued", "r1", "queued", "create"),
        (2, 101.0, "thread.run.in_progress", "r1", "in_progress", "start"),
        (3, 101.0, "thread.run.step.in_progress", "s1", "in_progress", "create"),
        (4, 101.0, "thread.run.requires_action", "r1", "requires_action", "require_action"),
        (5, 101.0, "thread.run.queued", "r1", "queued", "submit"),
        (6, 103.0, "thread.run.in_progress", "r1", "in_progress", "start"),
        (7, 103.0, "thread.run.step.completed", "s1", "completed", "complete"),
        (8, 104.0, "thread.message.in_progress", "m1", "in_progress", "create"),
        (9, 105.0, "thread.message.completed", "m1", "completed", "complete"),
        (10, 106.0, "thread.run.completed", "r1", "completed", "complete"),
    ]


def test_a_run_has_the_timeline_of_its_changes(tmp_path):
    assert timelines(version_2(tmp_path / "x.db", *ALL_EVENTS)) == {
        ("a", "r1"): [
            {"status": "queued", "at": 100.0, "cause": "create"},
            {"status": "in_progress", "at": 101.0, "cause": "start"},
            {"status": "requires_action", "at": 101.0, "cause": "require_action"},
            {"status": "queued", "at": 101.0, "cause": "submit"},
            {"status": "in_progress", "at": 103.0, "cause": "start"},
            {"status": "completed", "at": 106.0, "cause": "complete"},
        ]
    }


@pytest.mark.parametrize(
    "event,doc,at,cause",
    [
        ("thread.run.cancelling", run("cancelling", started_at=101), 101.0, "cancel"),
        ("thread.run.cancelled", run("cancelled", started_at=101, cancelled_at=107), 107.0, "cancelled"),
        ("thread.run.failed", run("failed", started_at=101, failed_at=107), 107.0, "fail"),
        ("thread.run.incomplete", run("incomplete", started_at=101, completed_at=107), 107.0, "stop"),
        ("thread.run.expired", run("expired", completed_at=700), 700.0, "expire"),
        ("thread.run.step.failed", step("failed", failed_at=107), 107.0, "fail"),
        ("thread.run.step.cancelled", step("cancelled", cancelled_at=107), 107.0, "cancel"),
        ("thread.run.step.expired", step("expired"), 101.0, "expire"),  # it has no time stamp of its own
        ("thread.message.incomplete", message("incomplete", incomplete_at=107), 107.0, "stop"),
    ],
)
def test_every_end_has_its_time_and_its_cause(tmp_path, event, doc, at, cause):
    changes = kept(version_2(tmp_path / "x.db", (event, doc)))
    assert changes == [(1, at, event, doc["id"], doc["status"], cause)]


def test_every_cause_is_a_signal_that_leads_there():
    edges = {
        (arrival.event, signal.value)
        for machine in (RUN, RUN_STEP, MESSAGE)
        for row in machine.values()
        for signal, arrival in row.items()
    }
    of_new_objects = {("thread.run.queued", "create"), ("thread.run.step.in_progress", "create")}
    of_new_objects.add(("thread.message.in_progress", "create"))
    submitted = ("thread.run.queued", Signal.SUBMIT.value)
    assert {*migrations._CAUSES_OF_3.items(), submitted} == edges | of_new_objects


def test_every_event_of_the_law_that_there_was_is_a_change():
    events = {arrival.event for machine in MACHINES.values() for row in machine.values() for arrival in row.values()}
    assert {event for event in events if event and event.startswith("thread.")} <= migrations._CAUSES_OF_3.keys()


def test_namespaces_and_runs_are_counted_and_told_apart(tmp_path):
    runs = [("a", "r1", "t", "completed"), ("a", "r2", "u", "queued"), ("b", "r1", "t", "queued")]
    path = version_2(tmp_path / "x.db", ("thread.run.queued", run("queued")), runs=runs)
    with sqlite3.connect(path) as connection:
        add(connection, ("thread.run.queued", run("queued", created_at=200)), ns="b")
        add(connection, ("thread.run.queued", {**run("queued", created_at=300), "id": "r2"}, "r2"))
    connection.close()
    assert [change[:2] for change in kept(path)] == [(1, 100.0), (2, 300.0)]
    assert [change[:2] for change in kept(path, "b")] == [(1, 200.0)]
    assert {run: [change["at"] for change in timeline] for run, timeline in timelines(path).items()} == {
        ("a", "r1"): [100.0],
        ("a", "r2"): [300.0],
        ("b", "r1"): [200.0],
    }
    assert {change["cause"] for timeline in timelines(path).values() for change in timeline} == {"create"}


def test_a_run_that_the_journal_does_not_know_has_no_timeline(tmp_path):
    assert timelines(version_2(tmp_path / "x.db")) == {("a", "r1"): None}


def test_a_change_whose_run_is_gone_is_kept(tmp_path):
    path = version_2(tmp_path / "x.db", ("thread.run.queued", run("queued")), runs=())
    assert [change[3] for change in kept(path)] == ["r1"]


def test_a_migrated_journal_goes_on_counting(tmp_path):
    connection = open_database(version_2(tmp_path / "x.db", *ALL_EVENTS))
    entry = Entry("t", "r1", "thread.run.queued", {}, Change("r1", "queued", 107.0, "create"))
    keep(connection, "a", [entry])
    assert entry.seq == 11
    connection.close()


def test_a_migrated_run_waits_for_nothing_and_is_asked_nothing(tmp_path):
    connection = open_database(version_2(tmp_path / "x.db", *ALL_EVENTS))
    assert connection.driver.execute("SELECT waits_for FROM runs").fetchall() == [(None,)]
    assert connection.driver.execute(f"SELECT * FROM {RunSignal.name}").fetchall() == []
    connection.close()


def test_a_thread_of_a_migrated_file_has_one_unfinished_run_at_most(tmp_path):
    runs = [("a", "r1", "t", "requires_action"), ("b", "r1", "t", "queued"), ("a", "r2", "t", "completed")]
    connection = open_database(version_2(tmp_path / "x.db", runs=runs))
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE constraint failed: runs\.ns, runs\.thread_id"):
        connection.driver.execute("UPDATE runs SET status = 'in_progress' WHERE id = 'r2'")
    connection.close()


def dump(path):
    connection = sqlite3.connect(path)
    lines = [*connection.iterdump(), connection.execute("PRAGMA user_version").fetchone()]
    connection.close()
    return lines


@pytest.mark.parametrize(
    "doc",
    [
        None,
        "{no json",
        "[1]",
        '"text"',
        "5",
        "{}",
        '{"id": "r1", "object": "thread.run"}',
        run("queued", created_at=[1]),
    ],
)
def test_a_journal_that_cannot_be_migrated_is_refused_in_one_line_and_left_as_it_was(tmp_path, doc):
    path = version_2(tmp_path / "x.db", *ALL_EVENTS, ("thread.run.queued", doc))
    before = dump(path)
    with pytest.raises(
        UnusableDatabaseError, match=f"schema version 2 cannot be migrated to {SCHEMA_VERSION}"
    ) as refused:
        open_database(path)
    assert "\n" not in str(refused.value)
    assert dump(path) == before


def test_a_thread_with_two_unfinished_runs_is_refused_too(tmp_path):
    path = version_2(tmp_path / "x.db", runs=[("a", "r1", "t", "queued"), ("a", "r2", "t", "in_progress")])
    with pytest.raises(UnusableDatabaseError, match="UNIQUE constraint failed"):
        open_database(path)


def test_a_version_1_file_goes_through_both_steps(tmp_path):
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript((Path(__file__).parent / "databases" / "version_1.sql").read_text())
    add(connection, *ALL_EVENTS)
    connection.commit()
    connection.close()
    assert [change[0] for change in kept(path)] == list(range(1, 11))
