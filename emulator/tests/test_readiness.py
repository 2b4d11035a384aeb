"""Whether a server should be sent requests: asked by whoever shares them out, without a token."""

import httpx
import pytest

from emulator.app import create_app
from emulator.domain.readiness import Readiness
from emulator.settings import Settings

BASE = "http://127.0.0.1"


def client_of(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)


def test_a_server_is_ready_while_every_part_of_it_is():
    trouble = {"worker": None}
    readiness = Readiness({"database": lambda: None})
    readiness.add("worker", lambda: trouble["worker"])
    assert readiness.reasons() == []
    trouble["worker"] = "it has ended"
    assert readiness.reasons() == ["worker: it has ended"]
    readiness.drain()
    assert readiness.is_draining
    assert readiness.reasons() == ["server: the server is stopping", "worker: it has ended"]


@pytest.mark.parametrize("settings", [{}, {"control_token": "a token of the tests"}])
async def test_it_is_asked_without_a_token_and_makes_no_namespace(settings):
    app = create_app(Settings(**settings))
    async with client_of(app) as client:
        answer = await client.get("/_emulator/ready")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
        headers = {"Authorization": f"Bearer {settings.get('control_token')}"}
        assert (await client.get("/_emulator/ns", headers=headers)).json()["namespaces"] == []


async def test_a_server_that_stops_is_not_ready_and_is_still_healthy():
    app = create_app()
    async with client_of(app) as client:
        app.state.readiness.drain()
        answer = await client.get("/_emulator/ready")
        assert answer.status_code == 503
        assert answer.json() == {"status": "not ready", "reasons": ["server: the server is stopping"]}
        assert (await client.get("/_emulator/health")).json() == {"status": "ok"}


async def test_a_server_whose_database_is_closed_is_not_ready(tmp_path):
    app = create_app(Settings(db=tmp_path / "x.db"))
    async with client_of(app) as client, app.router.lifespan_context(app):
        assert (await client.get("/_emulator/ready")).status_code == 200
    async with client_of(app) as client:
        assert (await client.get("/_emulator/ready")).json()["reasons"] == ["database: it is closed"]


async def test_it_waits_for_no_transaction():
    app = create_app()
    async with client_of(app) as client:
        await client.put("/_emulator/ns/busy", json={})
        namespaces = app.state.play.__self__
        namespace = await namespaces.open("busy")
        async with namespace.transaction():
            assert (await client.get("/_emulator/ready")).status_code == 200
            assert (await client.get("/_emulator/health")).status_code == 200


async def test_both_are_described_and_take_nothing_else():
    async with client_of(create_app()) as client:
        paths = (await client.get("/_emulator/openapi.json")).json()["paths"]
        assert {"/health", "/ready"} <= paths.keys()
        for path in ("/health", "/ready"):
            assert (await client.delete(f"/_emulator{path}")).status_code == 405
        assert (await client.get("/_emulator/ready?wait=1")).status_code == 200


async def test_a_token_is_needed_for_paths_that_only_end_like_it():
    async with client_of(create_app(Settings(control_token="a token of the tests"))) as client:
        for path in ("/ns/ready", "/ns/x/ready", "/ready/", "//ready", "/metrics", "/readyz"):
            assert (await client.get(f"/_emulator{path}")).status_code == 401, path
