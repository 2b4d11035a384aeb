"""Two servers on one database of PostgreSQL, in the event loop of the test: what one is told, the other has to know."""

from contextlib import AsyncExitStack

import httpx
import pytest

from emulator import Settings
from emulator.app import create_app

KEY = {"authorization": "Bearer sk-emu-shop"}


class Server:
    """One of them. namespaces: its own. control, api: clients of it, the latter with a key of namespace ``shop``."""

    def __init__(self, app):
        self.app = app
        self.namespaces = app.state.play.__self__
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    async def control(self, method, path, body=None):
        """Ask the control API."""
        response = await self.client.request(method, f"/_emulator{path}", json=body)
        assert response.status_code < 400, response.text
        return response

    async def api(self, method, path, body=None, key="sk-emu-shop"):
        """Ask the API."""
        headers = {"authorization": f"Bearer {key}", "openai-beta": "assistants=v2"}
        return await self.client.request(method, f"/v1{path}", json=body, headers=headers)

    async def status(self, method="GET", path="/assistants", **about):
        return (await self.api(method, path, **about)).status_code


@pytest.fixture
async def pair(database):
    """Two servers."""
    async for servers in _started(database):
        yield servers


async def _started(database, **settings):
    servers = []
    async with AsyncExitStack() as stack:
        for _ in range(2):
            app = create_app(Settings(db=database, **settings))
            await stack.enter_async_context(app.router.lifespan_context(app))
            servers.append(Server(app))
        yield servers


@pytest.fixture
def start(database):
    """Return a function that starts two servers, set as it is told: ``async for one, other in start(…)``."""

    def start(**settings):
        return _started(database, **settings)

    return start
