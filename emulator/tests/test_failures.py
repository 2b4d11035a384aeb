"""Whatever breaks below the outermost layer, the client gets an answer of the form that it knows."""

import sqlite3

import httpx
import pytest

from emulator.app import create_app
from emulator.failures import Failures
from emulator.live_server import LiveServer
from emulator.service.namespaces import Namespaces
from emulator.settings import Settings

HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
BASE = "http://127.0.0.1"


async def say_sorry(scope, receive, send):
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"sorry"})


async def sent_by(app):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    await Failures(app, lambda request_id: say_sorry)({"type": "http", "method": "GET"}, receive, send)
    return [message.get("status") or message["body"] for message in sent]


@pytest.mark.parametrize("before, seen", [([], [500, b"sorry"]), ([200], [200]), ([200, b"whole"], [200, b"whole"])])
async def test_only_what_has_not_begun_is_answered(before, seen, caplog):
    async def app(scope, receive, send):
        for part in before:
            start = {"type": "http.response.start", "status": part, "headers": []}
            await send(start if isinstance(part, int) else {"type": "http.response.body", "body": part})
        raise LookupError("a secret of the server")

    assert await sent_by(app) == seen
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.fixture
def breaking(monkeypatch):
    """A server whose namespaces cannot be found: nothing below the outermost layer expects that."""

    async def broken(self, name):
        raise sqlite3.DatabaseError("database disk image is malformed")

    with LiveServer(Settings()) as server:
        for verb in ("open", "peek", "find"):
            monkeypatch.setattr(Namespaces, verb, broken)
        yield server


def test_a_failure_before_the_endpoint_is_the_apis_own_error_and_the_connection_stays(breaking):
    with httpx.Client(trust_env=False, headers=HEADERS, timeout=60) as client:
        for path in ("/v1/models", "/v1/nothing", "/openai/threads", "/ns/x/v1/files"):
            answer = client.get(f"{breaking.url}{path}")
            assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
            assert answer.headers["x-request-id"] in answer.json()["error"]["message"]
            assert answer.headers.get("connection") != "close"
            assert "malformed" not in answer.text
        page = client.get(f"{breaking.url}/v1/models", headers={"Origin": "http://localhost:3000"})
        assert page.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_a_failure_of_the_control_api_has_its_envelope_and_the_connection_stays(breaking):
    opened = []

    def count(name, info):
        if name == "connection.connect_tcp.complete":
            opened.append(name)

    with httpx.Client(trust_env=False, timeout=60) as client:
        for _ in range(3):
            answer = client.get(f"{breaking.control_url}/ns/x", extensions={"trace": count})
            assert (answer.status_code, answer.json()["error"]["type"]) == (500, "control_error")
        assert client.get(f"{breaking.control_url}/health", extensions={"trace": count}).status_code == 200
    assert len(opened) == 1


@pytest.mark.parametrize(
    "path", ["/_emulator/nothing", "/_emulator//", "/_emulator/docs/", "/_emulatorx", "//_emulator/info"]
)
async def test_no_path_is_answered_in_another_form(path):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app()), base_url=BASE) as client:
        answer = await client.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.fixture
def damage(tmp_path):
    """Return a function that changes the stored row of namespace `bad`, beside a good one, and serves the file again."""
    settings = Settings(db=tmp_path / "x.db")
    with LiveServer(settings) as server:
        for name in ("bad", "good"):
            httpx.put(f"{server.control_url}/ns/{name}", json={"clock": "real"}, trust_env=False, timeout=60)

    def change(column, value):
        connection = sqlite3.connect(tmp_path / "x.db")
        connection.execute(f"UPDATE namespaces SET {column} = ? WHERE ns = 'bad'", (value,))
        connection.commit()
        connection.close()
        return LiveServer(settings)

    return change


@pytest.mark.parametrize(
    "column, value",
    [("config", "{}"), ("config", "not JSON"), ("config", "[]"), ("clock", "{}"), ("clock", '{"mode": 1e400}')],
)
def test_one_namespace_that_cannot_be_read_hides_no_other(damage, column, value):
    with damage(column, value) as server, httpx.Client(trust_env=False, headers=HEADERS, timeout=60) as client:
        bad, good = sorted(
            client.get(f"{server.control_url}/ns").json()["namespaces"], key=lambda one: one["namespace"]
        )
        assert (bad["namespace"], good["namespace"], good["seed"]) == ("bad", "good", 0)
        assert "cannot be read" in bad["error"]
        refused = client.get(f"{server.control_url}/ns/bad")
        assert (refused.status_code, refused.json()["error"]["type"]) == (500, "control_error")
        assert client.get(f"{server.ns_url('bad')}/models").status_code == 500
        assert client.get(f"{server.ns_url('good')}/models").status_code == 200


@pytest.mark.parametrize(
    "clock",
    [
        '{"mode": "real", "speed": 1e308, "at": null, "shift": null}',
        '{"mode": "real", "speed": -5, "at": null, "shift": null}',
        '{"mode": "auto", "speed": 1.0, "at": null, "shift": 1e308}',
        '{"mode": "auto", "speed": 1.0, "at": null, "shift": -1e308}',
        '{"mode": "frozen", "speed": 0, "at": 1e300, "shift": null}',
        '{"mode": "frozen", "speed": 1, "at": -1e300, "shift": null}',
    ],
)
def test_a_clock_that_was_stored_beyond_all_dates_can_be_used_again(damage, clock):
    with damage("clock", clock) as server, httpx.Client(trust_env=False, headers=HEADERS, timeout=60) as client:
        created = client.post(f"{server.ns_url('bad')}/threads", json={})
        assert created.status_code == 200
        assert 0 <= created.json()["created_at"] <= 253402300799


def test_a_broken_file_is_reported_in_one_line_when_a_server_starts(tmp_path, capsys):
    from emulator import cli

    path = tmp_path / "x.db"
    with LiveServer(Settings(db=path)) as server:
        httpx.post(f"{server.base_url}/threads", json={}, headers=HEADERS, trust_env=False, timeout=60)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert cli.main(["serve", "--port", "0", "--db", str(path)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert printed.err.startswith("error: ")
