"""What the program of the nursery did before it was ported, and namespaces in which its ports are played."""

import hashlib
from pathlib import Path

import pytest

from contract_tests.parity.nursery import before

NURSERY = Path(__file__).parent / "nursery" / "nursery.yaml"


def playing(server, name):
    namespace = server.namespace(name)
    namespace.load(NURSERY)
    namespace.clock.auto()
    return namespace


@pytest.fixture
def nursery(request, server):
    """A namespace that plays the scenario of the nursery."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    namespace = playing(server, f"nursery-{digest}")
    yield namespace
    namespace.delete()


@pytest.fixture(scope="session")
def record_before(server):
    """The record of the program as it was written for Assistants."""
    namespace = playing(server, "nursery-before")
    with namespace.client() as client:
        before.work(client)
    yield namespace.parity_record()
    namespace.delete()
