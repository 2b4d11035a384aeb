"""Fixtures for both folders of tests: one server of PostgreSQL for a session, a database of its own for each test."""

import pytest

from contract_tests.postgres.cluster import Cluster, name_of
from contract_tests.postgres.programs import REQUIRED, NoPostgresError


def pytest_itemcollected(item):
    if "postgres" in item.fixturenames:
        item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def postgres():
    """A server of PostgreSQL, shared by the tests of a process: whoever lets it have a bad day starts it again."""
    try:
        cluster = Cluster().__enter__()
    except NoPostgresError as error:
        if REQUIRED:
            raise
        pytest.skip(str(error))
    yield cluster
    cluster.__exit__()


@pytest.fixture(scope="session")
def migrated(postgres):
    """The name of a database that has the emulator's tables, and nothing in them."""
    from emulator import Settings
    from emulator.app import create_app

    url = postgres.create()
    create_app(Settings(db=url))  # makes the tables, and connects only when it starts
    return name_of(url)


@pytest.fixture
def empty_database(postgres):
    """The URL of a database without any table."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture
def database(postgres, migrated):
    """The URL of a database with the emulator's tables."""
    url = postgres.create(migrated)
    yield url
    postgres.drop(url)
