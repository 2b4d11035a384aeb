"""What a client is told while the disk of the server is full, and afterwards."""

from sqlite3 import OperationalError

import httpx
import pytest

from emulator.app import create_app
from emulator.settings import Settings
from emulator.store.sqlite.opening import open_database

SCRIPT = """
emulator: 1
name: harbour
fixtures: {assistants: {harbour: {id: asst_harbour, model: gpt-4o, name: Harbour office}}}
turns: [{steps: [{say: At once.}]}]
"""
HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}


class Disk:
    """A driver whose writes fail while it is full."""

    def __init__(self, driver):
        self._driver = driver
        self.is_full = False
        self.executemany = driver.executemany
        self.close = driver.close

    def execute(self, text, *values):
        if self.is_full and text.startswith("BEGIN"):
            raise OperationalError("database or disk is full")
        return self._driver.execute(text, *values)


@pytest.fixture
async def serve(tmp_path, monkeypatch):
    """Return a function that makes a server and returns a client of it, and its disk."""
    opened = []

    def make(**settings):
        connection = open_database(tmp_path / "api.db")
        connection.driver = disk = Disk(connection.driver)
        monkeypatch.setattr("emulator.app.open_database", lambda path: connection)
        transport = httpx.ASGITransport(create_app(Settings(**settings)))
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/v1", headers=HEADERS)
        opened.append((connection, client))
        return client, disk

    yield make
    for connection, client in opened:
        await client.aclose()
        connection.close()


async def test_a_request_that_cannot_be_written_is_a_500_and_works_as_soon_as_there_is_room(serve):
    client, disk = serve()
    body = {"model": "gpt-4o"}
    kept = (await client.post("/assistants", json=body)).json()["id"]
    disk.is_full = True
    refused = await client.post("/assistants", json=body)
    assert (refused.status_code, refused.json()["error"]["type"]) == (500, "server_error")
    assert [one["id"] for one in (await client.get("/assistants")).json()["data"]] == [kept]
    disk.is_full = False
    later = (await client.post("/assistants", json=body)).json()["id"]
    assert [one["id"] for one in (await client.get("/assistants")).json()["data"]] == [later, kept]


async def test_a_namespace_that_cannot_be_stored_answers_and_is_stored_later(serve):
    client, disk = serve()
    disk.is_full = True
    for _ in range(2):
        assert (await client.get("/assistants")).json()["data"] == []
    disk.is_full = False
    assert (await client.get("/assistants")).status_code == 200
    listed = (await client.get("http://127.0.0.1/_emulator/ns")).json()
    assert [one["namespace"] for one in listed["namespaces"]] == ["default"]


async def test_fixtures_that_cannot_be_written_at_first_are_there_later(serve, tmp_path):
    (tmp_path / "harbour.yaml").write_text(SCRIPT)
    client, disk = serve(scripts=(tmp_path / "harbour.yaml",))
    disk.is_full = True
    refused = await client.get("/assistants/asst_harbour")
    assert (refused.status_code, refused.json()["error"]["type"]) == (500, "server_error")
    assert refused.headers["x-request-id"] in refused.json()["error"]["message"]
    disk.is_full = False
    assert (await client.get("/assistants/asst_harbour")).json()["name"] == "Harbour office"


async def test_nothing_is_left_of_an_upload_for_which_there_is_no_room(serve, tmp_path, monkeypatch):
    client, _ = serve(db=tmp_path / "api.db")

    def full(*args):
        raise OSError(28, "No space left on device")

    form = {"files": {"file": ("a.txt", b"tides")}, "data": {"purpose": "user_data"}}
    with monkeypatch.context() as disk:
        disk.setattr("shutil.copyfileobj", full)
        refused = await client.post("/files", **form)
        assert (refused.status_code, refused.json()["error"]["type"]) == (500, "server_error")
    assert list((tmp_path / "api.db.files").iterdir()) == []
    assert (await client.post("/files", **form)).status_code == 200
