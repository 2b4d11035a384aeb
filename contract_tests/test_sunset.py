import openai
import pytest

from contract_tests.harness import MODEL, resolve
from contract_tests.raw_api import RawApi, assert_refused, file_of, raw_api
from emulator.api.endpoints import ENDPOINTS

GONE = [endpoint for endpoint in ENDPOINTS if endpoint.path.startswith(("/assistants", "/threads"))]
ALIVE = [endpoint for endpoint in ENDPOINTS if endpoint not in GONE]


def path_of(endpoint):
    ids = {"thread_id": "thread_0", "run_id": "run_0", "step_id": "step_0", "message_id": "msg_0", "assistant_id": "asst_0",
           "file_id": "file-0", "vector_store_id": "vs_0", "batch_id": "vsfb_0", "upload_id": "upload_0"}  # fmt: skip
    return endpoint.path.replace("{model:path}", MODEL).format(**ids)


@pytest.fixture
def sunset_ns(ns):
    ns.put(sunset=True)
    return ns


@pytest.mark.parametrize("endpoint", GONE, ids=lambda one: f"{one.method} {one.path}")
def test_after_the_sunset_assistants_and_threads_are_gone(sunset_ns, endpoint):
    path = path_of(endpoint)
    for beta in ("v1", "v2", None):
        response = raw_api(sunset_ns, beta).request(endpoint.method, path, json={"model": MODEL})
        assert_refused(response, 404, f"Invalid URL ({endpoint.method} /v1{path})")


@pytest.mark.parametrize(
    "method, path", [("GET", "/threads"), ("PUT", "/assistants"), ("GET", "/threads/t/runs/r/cancel")]
)
def test_after_the_sunset_no_method_is_served(sunset_ns, method, path):
    assert_refused(raw_api(sunset_ns).request(method, path), 404, f"Invalid URL ({method} /v1{path})")


def test_after_the_sunset_azure_has_its_own_error(sunset_ns):
    azure = RawApi(sunset_ns, {"api-key": "k"}, f"/ns/{sunset_ns.name}/openai")
    for path in ("/assistants", "/threads/thread_0"):
        response = azure.get(path)
        assert (response.status_code, response.json()["error"]) == (
            404,
            {"code": "404", "message": "Resource not found"},
        )


def test_foundry_is_still_served(sunset_ns):
    foundry = RawApi(sunset_ns, {"api-key": "k"}, f"/ns/{sunset_ns.name}/api/projects/harbour")
    assert foundry.post_json("/threads", {}, params={"api-version": "v1"})["object"] == "thread"


def test_files_uploads_stores_and_models_are_still_served(sunset_ns):
    for endpoint in ALIVE:
        response = raw_api(sunset_ns, None).request(endpoint.method, path_of(endpoint))
        assert "Invalid URL" not in response.text


def test_a_missing_key_is_reported_before_the_sunset(sunset_ns):
    response = RawApi(sunset_ns, {}, f"/ns/{sunset_ns.name}/v1").get("/assistants")
    assert response.status_code == 401


async def test_the_client_gets_the_error_and_does_not_retry(either, sunset_ns):
    for call in (
        either.beta.assistants.list,
        either.beta.threads.create,
        lambda: either.beta.threads.create_and_run(assistant_id="asst_0"),
        lambda: either.beta.threads.runs.retrieve("run_0", thread_id="thread_0"),
    ):
        with pytest.raises(openai.NotFoundError):
            await resolve(call())
    assert [request["status"] for request in sunset_ns.requests()] == [404] * 4


async def test_after_the_sunset_stores_can_still_be_searched(either, ns):
    store = await resolve(either.vector_stores.create())
    await resolve(either.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file_of()))
    ns.put(sunset=True)
    page = await resolve(either.vector_stores.search(store.id, query="high water"))
    assert [result.filename for result in page.data] == ["tides.txt"]
    assert (await resolve(either.files.list())).data[0].filename == "tides.txt"


async def test_the_sunset_can_be_reverted(either, ns):
    assistant = await resolve(either.beta.assistants.create(model=MODEL))
    ns.put(sunset=True)
    with pytest.raises(openai.NotFoundError):
        await resolve(either.beta.assistants.retrieve(assistant.id))
    ns.put(sunset=False)
    assert await resolve(either.beta.assistants.retrieve(assistant.id)) == assistant


def test_a_sunset_affects_only_its_own_namespace(sunset_ns, http, server):
    headers = {"Authorization": f"Bearer {sunset_ns.key[:40]}-b", "OpenAI-Beta": "assistants=v2"}
    assert http.get(f"{server.base_url}/assistants", headers=headers).status_code == 200
