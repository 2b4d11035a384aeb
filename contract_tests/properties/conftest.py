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
    """Return a function that creates a namespace."""
    created = []

    def create(name=None, **settings):
        created.append(Namespace(server.url, name or f"ns{next(_numbers)}", **settings).recreate())
        return created[-1]

    yield create
    for namespace in created:
        namespace.close()
