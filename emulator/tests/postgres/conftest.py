import time

import pytest

import scripted_models
from emulator.clock import make_clock, time_of
from emulator.domain.config import NamespaceConfig
from emulator.domain.database_url import DatabaseUrl
from emulator.ids import SeededIds
from emulator.service.namespaces import Namespaces
from emulator.service.scripts import ScriptRegistry, ServerScripts
from emulator.store.documents import Documents
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.journal import Journal
from emulator.store.postgres.opening import open_database
from emulator.tests.conftest import StubBackend
from emulator.transcripts.apis import transcript_of
from emulator.wire.history.behaviors import behaviors_of


@pytest.fixture
async def open_documents(database):
    """Return a function that opens the store as another process would."""
    opened = []

    async def open_one(machine_time=time.time):
        documents = Documents(open_database(DatabaseUrl(database), machine_time), Journal())
        opened.append(documents)
        await documents.database.open()
        return documents

    yield open_one
    for documents in opened:
        await documents.database.aclose()


@pytest.fixture
async def documents(open_documents):
    """The store on a database of its own, in the place of the one in memory."""
    return await open_documents()


@pytest.fixture
async def open_namespaces(open_documents, tmp_path):
    """Return a function that opens the namespaces as another process would. machine_ahead: of its clock, in seconds."""
    opened = []

    async def open_one(machine_ahead=0.0):
        def machine_time():
            return time.time() + machine_ahead

        documents = await open_documents(machine_time)

        def clock(state):
            now = time_of(documents.database)
            return make_clock(state, lambda: now() + machine_ahead, is_shared=True)

        namespaces = Namespaces(
            documents=documents,
            blobs=FolderBlobs(tmp_path / "blobs"),
            make_clock=clock,
            make_ids=SeededIds,
            scripts=ScriptRegistry(scripted_models.load, ServerScripts(StubBackend([])), outlives=True),
            config=NamespaceConfig(seed=5),
            behaviors_of=behaviors_of,
            transcripts=transcript_of,
        )
        opened.append(namespaces)
        return namespaces

    yield open_one
    for namespaces in opened:
        await namespaces.stop()
