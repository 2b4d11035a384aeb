import itertools

import pytest

from contract_tests.properties.namespaces import Namespace
from emulator.live_server import LiveServer
from emulator.settings import Settings

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings(clock="frozen")) as running:
        yield running


@pytest.fixture
def namespaces(server):
    """Return a function that makes a new namespace."""
    made = []

    def make(name=None, **setup):
        made.append(Namespace(server.url, name or f"w{next(_numbers)}", **setup).begin())
        return made[-1]

    yield make
    for namespace in made:
        namespace.close()
