"""What clients are told while a database on a server cannot be reached, and that nobody has to restart anything."""

import logging

import httpx
import pytest

from emulator.app import create_app
from emulator.domain.errors import UnavailableDatabaseError
from emulator.failures import Failures
from emulator.live_server import LiveServer
from emulator.service.namespaces import Namespaces
from emulator.settings import Settings
from emulator.store.documents import Documents

HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
BODY = {
    "error": {
        "message": "[emulator] the database cannot be reached; ask again",
        "type": "server_error",
        "param": None,
        "code": "database_unavailable",
    }
}


class Away:
    """Whether the database is away: then no transaction begins."""

    def __init__(self):
        self.is_away = False


@pytest.fixture
def away(monkeypatch):
    switch, begin = Away(), Documents.begin

    async def begin_or_not(self, *args, **more):
        if switch.is_away:
            raise UnavailableDatabaseError("the connection is lost")
        return await begin(self, *args, **more)

    monkeypatch.setattr(Documents, "begin", begin_or_not)
    return switch


@pytest.fixture
async def client(away):
    transport = httpx.ASGITransport(create_app(Settings(metrics=True)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=HEADERS) as client:
        yield client


async def test_a_request_is_a_503_that_may_be_sent_again_and_works_once_it_is_back(client, away, caplog):
    made = (await client.post("/v1/threads", json={})).json()
    away.is_away = True
    answer = await client.get(f"/v1/threads/{made['id']}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.json() == BODY
    assert [(one.levelno, one.exc_info) for one in caplog.records] == [(logging.WARNING, None)]
    assert caplog.records[0].request_id == answer.headers["x-request-id"]
    away.is_away = False
    assert (await client.get(f"/v1/threads/{made['id']}")).json()["id"] == made["id"]


async def test_it_is_the_same_where_not_even_the_namespace_can_be_found(client, away, monkeypatch, caplog):
    async def unreachable(self, name):
        raise UnavailableDatabaseError("the connection is lost")

    for verb in ("open", "peek", "find"):
        monkeypatch.setattr(Namespaces, verb, unreachable)
    for path in ("/v1/models", "/ns/new/v1/threads/thread_1", "/v1/nothing"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, BODY, "1"), path
        assert answer.headers["x-request-id"].startswith("req_")
    assert {one.levelno for one in caplog.records} == {logging.WARNING}


async def test_the_control_api_says_it_in_its_own_envelope(client, away):
    await client.put("/_emulator/ns/orders", json={})
    away.is_away = True
    for method, path in (("PUT", "/ns/orders"), ("GET", "/ns/orders/threads"), ("POST", "/ns/orders/reset")):
        answer = await client.request(method, f"/_emulator{path}", json={} if method == "PUT" else None)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path
        error = answer.json()["error"]
        assert (error["type"], error["code"]) == ("control_error", "database_unavailable")
    away.is_away = False
    assert (await client.get("/_emulator/ns/orders/threads")).status_code == 200


async def test_the_inspector_says_it_too(client, away):
    await client.put("/_emulator/ns/orders", json={})
    away.is_away = True
    answer = await client.get("/_emulator/inspector/ns/orders/threads", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("before, seen", [([], [503]), ([200], [200])])
async def test_an_answer_that_has_begun_is_only_broken_off(before, seen, caplog):
    sent = []

    async def app(scope, receive, send):
        for status in before:
            await send({"type": "http.response.start", "status": status, "headers": []})
        raise UnavailableDatabaseError("the connection is lost")

    async def say(status, send):
        await send({"type": "http.response.start", "status": status, "headers": []})

    def answer(status):
        return lambda _: lambda scope, receive, send: say(status, send)

    async def send(message):
        sent.append(message["status"])

    await Failures(app, answer(500), answer(503))({"type": "http", "method": "GET"}, None, send)
    assert sent == seen
    assert [(one.levelno, one.exc_info) for one in caplog.records] == [(logging.WARNING, None)]


async def test_answers_of_that_kind_are_counted(client, away):
    await client.put("/_emulator/ns/orders", json={})
    away.is_away = True
    await client.get("/v1/threads/thread_1")
    await client.get("/_emulator/ns/orders/threads")
    page = (await client.get("/_emulator/metrics")).text
    assert 'emulator_unavailable_answers_total{api="api"} 1.0' in page
    assert 'emulator_unavailable_answers_total{api="control"} 1.0' in page


def test_the_official_client_tries_again_by_itself(away):
    openai = pytest.importorskip("openai")
    with (
        LiveServer() as server,
        httpx.Client(trust_env=False) as http,
        openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=openai.DefaultHttpxClient(trust_env=False)) as client,
    ):  # fmt: skip
        http.post(f"{server.base_url}/threads", json={}, headers=HEADERS)
        seen = []

        def come_back(response):
            seen.append(response.status_code)
            away.is_away = False

        client._client.event_hooks = {"response": [come_back]}
        away.is_away = True
        models = client.with_options(max_retries=1).files.list()
        assert models.data == []
        assert seen == [503, 200]
