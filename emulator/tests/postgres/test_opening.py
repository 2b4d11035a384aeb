"""Opening a database: its tables are made or brought up to date by one process, and what cannot serve is refused."""

import asyncio
import threading
import time

import psycopg
import pytest

from contract_tests.postgres.cluster import name_of
from emulator.domain.database_url import DatabaseUrl
from emulator.store.database import UnusableDatabaseError
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.postgres import opening
from emulator.store.postgres.opening import open_database
from emulator.store.tables import SCHEMA_VERSION, Thread


def opened(url, **options):
    return open_database(DatabaseUrl(url), time.time, **options)


def rows(postgres, url, statement):
    return postgres.execute(statement, name_of(url))


def refusal(url):
    with pytest.raises(UnusableDatabaseError) as refused:
        opened(url)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_tables_are_made_once_and_what_is_in_them_stays(postgres, empty_database):
    opened(empty_database)
    postgres.execute("INSERT INTO threads (ns, id, deleted) VALUES ('a', 't', 0)", name_of(empty_database))
    opened(empty_database)
    assert rows(postgres, empty_database, "SELECT ns, id FROM threads") == [("a", "t")]
    assert rows(postgres, empty_database, "SELECT version FROM emulator_schema") == [(SCHEMA_VERSION,)]


def test_tables_of_others_are_left_alone(postgres, empty_database):
    postgres.execute("CREATE TABLE customers (id BIGINT)", name_of(empty_database))
    opened(empty_database)
    assert rows(postgres, empty_database, "SELECT count(*) FROM customers") == [(0,)]


def test_a_table_of_others_in_the_place_of_one_is_named(postgres, empty_database):
    postgres.execute("CREATE TABLE threads (id BIGINT)", name_of(empty_database))
    assert '"threads" already exists' in refusal(empty_database)
    assert rows(postgres, empty_database, "SELECT to_regclass('emulator_schema')") == [(None,)]


def test_many_that_start_at_the_same_time_make_the_tables_once(postgres, empty_database):
    made, failed, together = [], [], threading.Barrier(4)

    def start():
        together.wait()
        try:
            opened(empty_database, also=(lambda _: made.append(len(made)),))
        except UnusableDatabaseError as error:
            failed.append(error)

    starting = [threading.Thread(target=start) for _ in range(4)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    assert (sorted(made), failed) == ([0, 1, 2, 3], [])
    assert rows(postgres, empty_database, "SELECT version FROM emulator_schema") == [(SCHEMA_VERSION,)]


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def newer(monkeypatch):
    """Two versions after this one, each with a step that says that it was taken."""

    def step(name):
        return lambda connection: connection.execute(f"ALTER TABLE threads ADD COLUMN {name} BIGINT")

    monkeypatch.setattr(opening, "_STEPS", (*opening._STEPS, step("first"), step("second")))
    monkeypatch.setattr(opening, "SCHEMA_VERSION", SCHEMA_VERSION + 2)


def columns(postgres, url):
    found = rows(
        postgres, url, "SELECT column_name FROM information_schema.columns WHERE table_name = 'threads' ORDER BY 1"
    )
    return {name for (name,) in found} - {"seq", "ns", "id", "deleted", "doc"}


def test_an_older_one_is_brought_up_to_date_step_by_step(postgres, database, newer):
    opened(database)
    assert columns(postgres, database) == {"first", "second"}
    assert rows(postgres, database, "SELECT version FROM emulator_schema") == [(SCHEMA_VERSION + 2,)]
    opened(database)


def test_of_one_that_is_between_two_versions_only_the_rest_is_done(postgres, database, newer):
    postgres.execute(f"UPDATE emulator_schema SET version = {SCHEMA_VERSION + 1}", name_of(database))
    opened(database)
    assert columns(postgres, database) == {"second"}


def test_a_step_that_fails_leaves_all_as_it_was(postgres, database, newer):
    postgres.execute("ALTER TABLE threads ADD COLUMN second BIGINT", name_of(database))
    assert "second" in refusal(database)
    assert columns(postgres, database) == {"second"}
    assert rows(postgres, database, "SELECT version FROM emulator_schema") == [(SCHEMA_VERSION,)]


def test_a_newer_one_is_refused(postgres, database):
    postgres.execute(f"UPDATE emulator_schema SET version = {SCHEMA_VERSION + 1}", name_of(database))
    said = refusal(database)
    assert f"schema version {SCHEMA_VERSION + 1}, this emulator needs {SCHEMA_VERSION}" in said


# --- what cannot serve ------------------------------------------------------------------------------------------------


def test_another_encoding_is_refused(postgres):
    postgres.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    assert "has the encoding LATIN1" in refusal(postgres.url("latin"))
    postgres.drop(postgres.url("latin"))


def test_a_database_that_is_not_there_is_named_and_no_password_is_shown(postgres):
    url = postgres.url("nowhere").replace("postgres@", "postgres:secret-word@")
    said = refusal(url)
    assert "nowhere" in said
    assert "secret-word" not in said


def test_a_user_who_may_not_make_tables_is_refused(postgres, empty_database):
    postgres.execute("DROP ROLE IF EXISTS guest")
    postgres.execute("CREATE ROLE guest LOGIN")
    assert "permission denied" in refusal(empty_database.replace("postgres@", "guest@"))


async def test_defaults_of_the_server_that_do_not_suit_are_not_used(postgres, database):
    for setting in (
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "client_encoding = 'LATIN1'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "timezone = 'Asia/Kolkata'",
        "statement_timeout = '200ms'",
    ):
        postgres.execute(f'ALTER DATABASE "{name_of(database)}" SET {setting}')
    opened_one = opened(database)
    await opened_one.open()
    documents = Documents(opened_one, Journal())
    doc = {"text": "ä€😀", "number": 0.1 + 0.2}

    async def write(number):
        async with documents.transaction("a") as tx:
            tx.insert(Thread, number, id=f"t{number}", doc=doc)

    try:
        await asyncio.gather(*(write(number) for number in range(9)))
        async with documents.transaction("a") as tx:
            assert [row["doc"] for row in await tx.all(Thread)] == [doc] * 9
            assert abs(tx._session.time - time.time()) < 60
            assert await tx.session.fetch("SELECT pg_sleep(0.3) IS NULL") == [(False,)]
    finally:
        await opened_one.aclose()


def test_what_is_made_beside_the_tables_comes_with_them_or_not_at_all(postgres, empty_database):
    def fail(connection):
        connection.execute("CREATE TABLE beside (id BIGINT)")
        raise psycopg.OperationalError("no room")

    with pytest.raises(UnusableDatabaseError, match="no room"):
        opened(empty_database, also=(fail,))
    assert rows(postgres, empty_database, "SELECT to_regclass('threads'), to_regclass('beside')") == [(None, None)]
