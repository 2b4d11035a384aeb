"""URLs that lead nowhere: what is wrong with the base URL, said in the request log, on the terminal and in the log."""

import logging

import httpx
import pytest

from contract_tests.raw_api import assert_refused, raw_api
from emulator import LiveServer, Settings

NO_SUCH_API = (
    "this server speaks the Assistants API and, for its ports, Responses and Conversations; a stub or --forward can"
    " answer"
)
NEIGHBORS = [
    "/chat/completions", "/embeddings", "/moderations", "/images/generations",
    "/audio/speech", "/completions", "/batches", "/fine_tuning/jobs", "/prompts/pmpt_1/versions", "/realtime/sessions", "/videos",
]  # fmt: skip


def hint_of(ns, path, method="POST"):
    """Send a request to a path of the server, which is answered with 404, and return the hint of the request log."""
    headers = {"Authorization": f"Bearer {ns.key}", "OpenAI-Beta": "assistants=v2", "X-Emulator-Namespace": ns.name}
    answer = ns.http.request(method, f"{ns.url}{path}", headers=headers, json={} if method == "POST" else None)
    assert answer.status_code == 404
    return ns.requests()[-1]["hint"]


@pytest.mark.parametrize(
    "path, hint",
    [
        ("/assistants", "base_url lacks /v1: use {url}/v1"),
        ("/threads/thread_1/runs/run_1/submit_tool_outputs", "base_url lacks /v1: use {url}/v1"),
        ("/models/a/b", "base_url lacks /v1: use {url}/v1"),
        ("/ns/{ns}/threads", "base_url lacks /v1: use {url}/ns/{ns}/v1"),
        ("/v1/v1/threads", "base_url has /v1 twice: use {url}/v1"),
        ("/v1/v1/v1/threads/t/messages", "base_url has /v1 twice: use {url}/v1"),
        ("/ns/{ns}/v1/v1/threads", "base_url has /v1 twice: use {url}/ns/{ns}/v1"),
        ("/v1/ns/orders/threads", "in base_url the namespace comes before /v1: use {url}/ns/orders/v1"),
        ("/v1/ns/orders/v1/threads", "in base_url the namespace comes before /v1: use {url}/ns/orders/v1"),
        ("/orders/v1/threads", "nothing is below /orders: use {url}/v1, or {url}/ns/orders/v1 for a namespace of that name"),
        ("/orders/threads", "nothing is below /orders: use {url}/v1, or {url}/ns/orders/v1 for a namespace of that name"),
        ("/v2/assistants", "base_url has to end in /v1: use {url}/v1"),
        ("/ns/{ns}/v1beta/assistants", "base_url has to end in /v1: use {url}/ns/{ns}/v1"),
        ("/v1/openai/assistants", "azure_endpoint has a /v1 of its own: use {url}"),
        ("/ns/{ns}/v1/openai/assistants", "azure_endpoint has a /v1 of its own: use {url}/ns/{ns}"),
        ("/v1/assistants/", "the path ends in a slash: leave it out"),
        ("/v1/threads/thread_1/runs/", "the path ends in a slash: leave it out"),
        ("/v1/chat/completions", NO_SUCH_API),
        ("/openai/deployments/gpt/chat/completions", NO_SUCH_API),
        ("/chat/completions", "base_url lacks /v1: use {url}/v1; " + NO_SUCH_API),
        ("/v1/v1/embeddings", "base_url has /v1 twice: use {url}/v1; " + NO_SUCH_API),
        ("/v1/nothing", None),
        ("/favicon.ico", None),
        ("/v1/threads/t/nothing", None),
        ("/" + "a/" * 5_000 + "threads", None),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_a_url_that_leads_nowhere_has_a_hint_at_the_right_one(ns, path, hint):
    expected = hint and hint.format(url=ns.url, ns=ns.name)
    assert hint_of(ns, path.format(ns=ns.name)) == expected


def test_a_url_without_a_name_behind_ns_has_a_hint(http):
    """The path says that the namespace is called v1."""
    with LiveServer(Settings()) as server:
        http.put(f"{server.control_url}/ns/v1", json={})
        http.post(f"{server.url}/ns/v1/threads", json={})
        (entry,) = http.get(f"{server.control_url}/ns/v1/requests").json()["requests"]
        assert entry["hint"] == f"base_url names no namespace behind /ns: use {server.url}/ns/NAME/v1"


def test_what_is_gone_says_why(ns):
    old = raw_api(ns, beta="v1").post("/assistants", {"model": "m"})
    assert old.status_code == 200
    assert hint_of(ns, f"/v1/assistants/{old.json()['id']}/files", "GET") == (
        "only clients with OpenAI-Beta: assistants=v1 have this path"
    )
    ns.put(sunset=True)
    for method in ("GET", "POST", "PATCH"):
        assert hint_of(ns, "/v1/threads", method).startswith("assistants and threads are gone")


def test_what_is_found_or_only_missing_has_no_hint(ns, raw):
    raw.get("/models")
    raw.get("/threads/thread_none")
    raw.patch("/threads")
    assert [(one["status"], one["hint"]) for one in ns.requests()] == [(200, None), (404, None), (405, None)]


def test_a_hint_repeats_no_key_and_no_host_that_could_not_be_one(http):
    with LiveServer(Settings(control_token="t")) as server:
        authorized = {"Authorization": "Bearer t"}
        http.put(f"{server.control_url}/ns/x", json={}, headers=authorized)
        headers = {"X-Emulator-Namespace": "x", "Host": 'a"<script>'}
        http.post(f"{server.url}/threads", json={}, headers=headers)
        http.post(f"{server.url}/sk-proj-q7zx9lw2vb/threads", json={}, headers={**headers, "Host": "localhost"})
        entries = http.get(f"{server.control_url}/ns/x/requests", headers=authorized).json()["requests"]
    assert [one["hint"] for one in entries] == ["base_url lacks /v1: use http://HOST/v1", None]
    assert "q7zx9lw2vb" not in str(entries)


# --- what the client gets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", NEIGHBORS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_to_another_api_of_the_service_is_told_that_there_is_none(ns, method, path):
    answer = raw_api(ns).request(method, path)
    assert_refused(answer, 404, f"Invalid URL ({method} /v1{path}) [emulator] {NO_SUCH_API}")


def test_so_is_one_to_what_is_left_out_of_responses(ns):
    answer = raw_api(ns).request("POST", "/responses/compact")
    assert_refused(answer, 404, f"Invalid URL (POST /v1/responses/compact) [emulator] {NO_SUCH_API}")


def test_azure_says_the_same_in_its_own_words(ns):
    answer = ns.http.post(f"{ns.url}/openai/deployments/gpt/embeddings", json={}, headers={"api-key": ns.key})
    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "404", "message": f"Resource not found [emulator] {NO_SUCH_API}"}}


@pytest.mark.parametrize("path", ["/assistants", "/v1/v1/threads", "/v1/nothing"])
def test_all_other_urls_are_answered_as_the_service_did(ns, path):
    answer = ns.http.post(f"{ns.url}{path}", json={}, headers={"Authorization": f"Bearer {ns.key}"})
    assert_refused(answer, 404, f"Invalid URL (POST {path})")


# --- the terminal and the log ----------------------------------------------------------------------------------------


def test_each_hint_is_logged_once_for_each_namespace(ns, caplog):
    for path in ("/assistants", "/threads", "/v1/chat/completions", "/v1/embeddings"):
        hint_of(ns, path)
    messages = [record.getMessage() for record in caplog.records if record.name == "emulator"]
    assert messages == [
        f"namespace {ns.name}: POST /assistants: 404: base_url lacks /v1: use {ns.url}/v1",
        f"namespace {ns.name}: POST /v1/chat/completions: 404: {NO_SUCH_API}",
    ]
    assert caplog.records[0].levelno == logging.WARNING


def test_hints_of_very_many_namespaces_are_not_all_logged(caplog, monkeypatch):
    monkeypatch.setattr("emulator.api.url_hints._MOST_LOGGED", 3)
    with LiveServer(Settings()) as server, httpx.Client(trust_env=False, timeout=60) as client:
        for number in range(6):
            client.get(f"{server.url}/assistants", headers={"X-Emulator-Namespace": f"n{number}"})
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [f"namespace n{n}" for n in range(3)]


def test_whoever_shows_requests_sees_their_namespaces_their_paths_and_the_hints():
    seen = []
    with LiveServer(Settings(on_request=seen.append)) as server, httpx.Client(trust_env=False, timeout=60) as client:
        client.get(f"{server.url}/ns/orders/v1/models", headers={"Authorization": "Bearer x"})
        client.post(f"{server.url}/assistants", headers={"Authorization": "Bearer sk-emu-orders"})
        client.get(f"{server.url}/v1/models", headers={"Authorization": "Bearer sk-emu-My_Test"})
        client.get(f"{server.url}/ns/My Test/v1/models")
    assert [(one["namespace"], one["sent_path"], one["status"]) for one in seen] == [
        ("orders", "/ns/orders/v1/models", 200),
        ("orders", "/assistants", 404),
        ("-", "/v1/models", 400),
        ("-", "/ns/My%20Test/v1/models", 400),
    ]
    assert seen[0]["hint"] is None
    assert seen[1]["hint"].startswith("base_url lacks /v1")
    assert seen[3]["hint"].startswith("'My Test' cannot name a namespace")
