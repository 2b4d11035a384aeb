import openai
import pytest

from contract_tests.harness import MODEL, done
from contract_tests.lines import Line, file_of, line, refused
from emulator.api.endpoints import ENDPOINTS

GONE = [endpoint for endpoint in ENDPOINTS if endpoint.path.startswith(("/assistants", "/threads"))]
ALIVE = [endpoint for endpoint in ENDPOINTS if endpoint not in GONE]


def path_of(endpoint):
    ids = {"thread_id": "thread_0", "run_id": "run_0", "step_id": "step_0", "message_id": "msg_0", "assistant_id": "asst_0",
           "file_id": "file-0", "vector_store_id": "vs_0", "batch_id": "vsfb_0", "upload_id": "upload_0"}  # fmt: skip
    return endpoint.path.replace("{model:path}", MODEL).format(**ids)


@pytest.fixture
def over(ns):
    ns.put(sunset=True)
    return ns


@pytest.mark.parametrize("endpoint", GONE, ids=lambda one: f"{one.method} {one.path}")
def test_assistants_and_threads_are_gone(over, endpoint):
    path = path_of(endpoint)
    for beta in ("v1", "v2", None):
        answer = line(over, beta).ask(endpoint.method, path, json={"model": MODEL})
        refused(answer, 404, f"Invalid URL ({endpoint.method} /v1{path})")


@pytest.mark.parametrize(
    "method, path", [("GET", "/threads"), ("PUT", "/assistants"), ("GET", "/threads/t/runs/r/cancel")]
)
def test_what_is_gone_is_gone_for_every_method(over, method, path):
    refused(line(over).ask(method, path), 404, f"Invalid URL ({method} /v1{path})")


def test_azure_tells_the_end_in_its_own_words(over):
    azure = Line(over, {"api-key": "k"}, f"/ns/{over.name}/openai")
    for path in ("/assistants", "/threads/thread_0"):
        answer = azure.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, {"code": "404", "message": "Resource not found"})


def test_foundry_goes_on(over):
    foundry = Line(over, {"api-key": "k"}, f"/ns/{over.name}/api/projects/harbour")
    assert foundry.make("/threads", {}, params={"api-version": "v1"})["object"] == "thread"


def test_files_uploads_stores_and_models_live_on(over):
    for endpoint in ALIVE:
        answer = line(over, None).ask(endpoint.method, path_of(endpoint))
        assert "Invalid URL" not in answer.text


def test_a_missing_key_is_noticed_before_the_end(over):
    nobody = Line(over, {}, f"/ns/{over.name}/v1").get("/assistants")
    assert nobody.status_code == 401


async def test_the_client_is_told_and_does_not_try_again(either, over):
    for call in (
        either.beta.assistants.list,
        either.beta.threads.create,
        lambda: either.beta.threads.create_and_run(assistant_id="asst_0"),
        lambda: either.beta.threads.runs.retrieve("run_0", thread_id="thread_0"),
    ):
        with pytest.raises(openai.NotFoundError):
            await done(call())
    assert [request["status"] for request in over.requests()] == [404] * 4


async def test_what_was_stored_can_still_be_searched(either, ns):
    store = await done(either.vector_stores.create())
    await done(either.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file_of()))
    ns.put(sunset=True)
    page = await done(either.vector_stores.search(store.id, query="high water"))
    assert [result.filename for result in page.data] == ["tides.txt"]
    assert (await done(either.files.list())).data[0].filename == "tides.txt"


async def test_the_end_can_be_taken_back(either, ns):
    boss = await done(either.beta.assistants.create(model=MODEL))
    ns.put(sunset=True)
    with pytest.raises(openai.NotFoundError):
        await done(either.beta.assistants.retrieve(boss.id))
    ns.put(sunset=False)
    assert await done(either.beta.assistants.retrieve(boss.id)) == boss


def test_other_namespaces_do_not_end_with_one(over, http, server):
    headers = {"Authorization": f"Bearer {over.key[:40]}-b", "OpenAI-Beta": "assistants=v2"}
    assert http.get(f"{server.base_url}/assistants", headers=headers).status_code == 200
