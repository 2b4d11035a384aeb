import time

import pytest

from emulator.domain.database_url import DatabaseUrl
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.postgres.opening import open_database


@pytest.fixture
async def open_documents(database):
    """Return a function that opens the store as another process would."""
    opened = []

    async def open_one(**options):
        documents = Documents(open_database(DatabaseUrl(database), time.time), Journal(), **options)
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
