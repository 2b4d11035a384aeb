"""The server of PostgreSQL that tests use: fresh databases, and every bad day that a test may want."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from contract_tests.postgres import programs
from contract_tests.postgres.cluster import Cluster, name_of
from contract_tests.postgres.processes import descendants, processor_time, runs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def own(postgres):
    """A server of this module's own, which may have bad days; where the shared one runs, it does."""
    with Cluster() as cluster:
        yield cluster


def kept(url):
    with psycopg.connect(url) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM kept ORDER BY value")]


@pytest.fixture
def written(own):
    """A database in which something was committed."""
    url = own.create()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (value INT)")
        connection.execute("INSERT INTO kept VALUES (1)")
    return url


def test_each_test_has_a_database_of_its_own(postgres):
    first, second = postgres.create(), postgres.create()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE one (value INT)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('one')").fetchone() == (None,)


def test_a_database_that_was_dropped_is_gone_whoever_was_connected(postgres):
    url = postgres.create()
    with psycopg.connect(url) as connection:
        postgres.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_the_tables_are_there_before_a_test_begins(database, empty_database):
    look = "SELECT count(*) > 10 FROM pg_tables WHERE schemaname = 'public'"
    with psycopg.connect(database) as connection:
        assert connection.execute(look).fetchone() == (True,)
    with psycopg.connect(empty_database) as connection:
        assert connection.execute(look).fetchone() == (False,)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_what_was_committed_outlives_a_restart(own, written, how):
    before = own.pid
    own.restart(how)
    assert own.pid != before
    assert kept(written) == [1]


def test_what_was_committed_outlives_a_kill(own, written):
    before = own.pids
    assert len(before) > 1
    own.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(written)
    own.start()
    assert kept(written) == [1]
    assert not any(map(runs, before))


def test_connections_are_lost_in_the_middle(own, written):
    with psycopg.connect(written) as connection:
        connection.execute("INSERT INTO kept VALUES (2)")
        assert own.disconnect(name_of(written)) == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert kept(written) == [1]


def test_a_durable_server_writes_through_and_another_one_does_not(own):
    assert own.execute("SHOW fsync") == [("off",)]
    assert own.execute("SHOW synchronous_commit") == [("on",)]  # or what was acknowledged could be lost
    with Cluster(durable=True, work_mem="5MB") as durable:
        assert durable.execute("SHOW fsync") == [("on",)]
        assert durable.execute("SHOW work_mem") == [("5MB",)]


def test_nothing_is_left_of_a_server_in_the_end(postgres):
    with Cluster() as cluster:
        pids, folder = cluster.pids, cluster.folder
    assert not folder.exists()
    assert not any(map(runs, pids))


def test_nothing_is_left_of_a_server_whose_tests_were_killed(postgres):
    code = (
        "from contract_tests.postgres.cluster import Cluster\n"
        "with Cluster() as cluster:\n    print(cluster.pid, cluster.folder, flush=True)\n    input()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with tests:
        pid, folder = tests.stdout.readline().split()
        assert runs(int(pid))
        tests.kill()
    deadline = time.monotonic() + 30
    while runs(int(pid)) or Path(folder, "data", "PG_VERSION").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_is_run_by_an_ordinary_user(postgres):
    assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0


def test_every_process_of_it_is_known_with_the_time_that_it_ran(postgres):
    with psycopg.connect(postgres.url()) as connection:
        (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert backend in descendants(postgres.pid)
        before = processor_time(backend)
        connection.execute("SELECT sum(n) FROM generate_series(1, 200000) AS n").fetchone()
        assert processor_time(backend) > before


def test_where_none_is_wanted_none_is_looked_for(monkeypatch):
    monkeypatch.setattr(programs, "UNWANTED", True)
    with pytest.raises(programs.NoPostgresError, match="CONTRACT_POSTGRES=none"):
        programs.folder()


def test_where_there_are_no_programs_the_error_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "UNWANTED", False)
    monkeypatch.setattr(programs, "_FOLDERS", (str(tmp_path / "postgresql"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(programs.NoPostgresError, match="make postgres"):
        programs.folder()


def test_the_newest_programs_are_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "UNWANTED", False)
    monkeypatch.setattr(programs, "_FOLDERS", (str(tmp_path / "postgresql"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    for version in ("9.6", "15", "16"):
        folder = tmp_path / "postgresql" / version / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
        if version != "16":  # of which only a part is installed
            (folder / "postgres").touch()
    assert programs.folder() == tmp_path / "postgresql" / "15" / "bin"
