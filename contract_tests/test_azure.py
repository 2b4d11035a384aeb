import openai
import pytest

from contract_tests.harness import MODEL, done, events
from contract_tests.lines import EMPTY_PAGE, Line, file_of, refused

MOUNTS = ["/v1", "/openai", "/openai/v1", "/openai/deployments/gpt-4o", "/api/projects/harbour"]
ELSEWHERE = MOUNTS[1:]
VERSION = {"api-version": "2024-10-21"}
NOTHING = {"error": {"code": "404", "message": "Resource not found"}}


def at(ns, mount, headers):
    """Return a line to a mount; its namespace is named by the path, so that any key will do."""
    return Line(ns, headers, f"/ns/{ns.name}{mount}")


@pytest.mark.parametrize("mount", ELSEWHERE)
@pytest.mark.parametrize(
    "headers",
    [{"api-key": "azure-key"}, {"Authorization": "Bearer token"}, {"api-key": "k", "Authorization": "Bearer k"}],
)
@pytest.mark.parametrize("beta", [{}, {"OpenAI-Beta": "assistants=v2"}])
def test_every_mount_serves_with_either_key_and_without_a_beta_header(ns, mount, headers, beta):
    ask = at(ns, mount, {**headers, **beta})
    for path in ("/assistants", "/vector_stores"):
        assert ask.read(path, params=VERSION) == EMPTY_PAGE
    assert ask.make("/threads", {}, params=VERSION)["tool_resources"] == {}
    assert ask.read("/files", params=VERSION)["data"] == []
    assert ask.read("/models", params=VERSION)["object"] == "list"


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_mount_wants_a_key(ns, mount):
    answer = at(ns, mount, {"OpenAI-Beta": "assistants=v2"}).get("/assistants")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")


def test_all_mounts_show_the_same_objects(ns):
    made = {}
    for mount in MOUNTS:
        ask = at(ns, mount, {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"})
        made[mount] = ask.make("/assistants", {"model": MODEL, "name": mount})["id"]
    for mount in MOUNTS:
        ask = at(ns, mount, {"api-key": "x", "OpenAI-Beta": "assistants=v2"})
        assert [one["id"] for one in ask.read("/assistants")["data"]] == list(made.values())[::-1]


@pytest.mark.parametrize(
    "version, names", [("2024-02-15-preview", ["metadata"]), ("2024-05-01-preview", ["metadata", "tool_resources"])]
)
def test_the_api_version_decides_between_v1_and_v2(ns, version, names):
    ask = at(ns, "/openai", {"api-key": "k"})
    made = ask.make("/threads", {}, params={"api-version": version})
    assert list(made) == ["id", "object", "created_at", *names]


def test_a_beta_header_wins_over_the_api_version(ns):
    ask = at(ns, "/openai", {"api-key": "k", "OpenAI-Beta": "assistants=v2"})
    assert "tool_resources" in ask.make("/threads", {}, params={"api-version": "2024-02-15-preview"})


@pytest.mark.parametrize("version", ["v1", "preview", "2025-04-01-preview"])
def test_newer_versions_speak_v2(ns, version):
    for mount in ("/openai", "/openai/v1", "/api/projects/harbour"):
        made = at(ns, mount, {"api-key": "k"}).make("/threads", {}, params={"api-version": version})
        assert "tool_resources" in made


@pytest.mark.parametrize("mount", ["/openai", "/openai/v1", "/openai/deployments/gpt-4o"])
@pytest.mark.parametrize(
    "method, path", [("GET", "/not_found"), ("GET", "/threads"), ("PUT", "/assistants"), ("GET", "/"), ("GET", "")]
)
def test_an_unknown_path_is_told_as_azure_did(ns, mount, method, path):
    answer = at(ns, mount, {"api-key": "k"}).ask(method, path)
    assert (answer.status_code, answer.json()) == (404, NOTHING)
    assert list(answer.json()["error"]) == ["code", "message"]


def test_foundry_lists_threads_and_nobody_else_does(ns):
    foundry = at(ns, "/api/projects/harbour", {"api-key": "k"})
    made = [foundry.make("/threads", {"metadata": {"n": str(n)}})["id"] for n in range(3)]
    page = foundry.read("/threads", params={"api-version": "v1", "limit": 2})
    assert ([thread["id"] for thread in page["data"]], page["has_more"]) == (made[:0:-1], True)
    rest = foundry.read("/threads", params={"after": page["last_id"]})
    assert [thread["id"] for thread in rest["data"]] == made[:1]
    elsewhere = at(ns, "/v1", {"Authorization": "Bearer k", "OpenAI-Beta": "assistants=v2"}).get("/threads")
    assert (elsewhere.status_code, elsewhere.headers["allow"]) == (405, "POST")


def test_what_only_v1_had_is_an_unknown_path_on_v2(ns):
    answer = at(ns, "/openai", {"api-key": "k", "OpenAI-Beta": "assistants=v2"}).get("/assistants/asst_0/files")
    assert (answer.status_code, answer.json()) == (404, NOTHING)


def test_an_unknown_path_of_foundry_is_told_as_elsewhere(ns):
    answer = at(ns, "/api/projects/harbour", {"api-key": "k"}).get("/not_found")
    refused(answer, 404, "Invalid URL (GET /api/projects/harbour/not_found)")


def test_a_path_below_no_mount_is_nowhere(ns):
    for path in ("/assistants", "/v2/assistants", "/v1", "/", "/api/assistants"):
        assert Line(ns, {"Authorization": "Bearer k"}, "").get(path).status_code == 404


def test_an_unknown_object_is_refused_in_the_same_words(ns):
    for mount in MOUNTS:
        ask = at(ns, mount, {"api-key": "k", "OpenAI-Beta": "assistants=v2"})
        refused(ask.get("/threads/thread_0"), 404, "No thread found with id 'thread_0'.")


# --- the client -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sync", "async", "deployment", "token", "base_url"])
async def azure(request, ns):
    """Azure's client in each way that it can be set up."""
    place = f"{ns.url}/ns/{ns.name}"
    ways = {
        "sync": {"azure_endpoint": place, "api_key": "k"},
        "async": {"azure_endpoint": place, "api_key": "k"},
        "deployment": {"azure_endpoint": place, "api_key": "k", "azure_deployment": "my-gpt"},
        "token": {"azure_endpoint": place, "azure_ad_token": "a-token"},
        "base_url": {"base_url": f"{place}/openai/v1", "api_key": "k"},
    }
    kind = openai.AsyncAzureOpenAI if request.param == "async" else openai.AzureOpenAI
    transport = openai.DefaultAsyncHttpxClient if request.param == "async" else openai.DefaultHttpxClient
    made = kind(api_version="2024-10-21", http_client=transport(trust_env=False, verify=False), **ways[request.param])
    yield made
    await done(made.close())


async def test_azures_client_holds_a_conversation(azure):
    boss = await done(azure.beta.assistants.create(model="my-deployment", instructions="x"))
    thread = await done(azure.beta.threads.create(messages=[{"role": "user", "content": "Is anybody there?"}]))
    run = await done(azure.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=boss.id))
    assert (run.status, run.model) == ("completed", "my-deployment")
    newest = (await done(azure.beta.threads.messages.list(thread.id))).data[0]
    assert "Is anybody there?" in newest.content[0].text.value


async def test_azures_client_uploads_stores_and_searches(azure):
    file = await done(azure.files.create(file=file_of(), purpose="assistants"))
    store = await done(azure.vector_stores.create(file_ids=[file.id]))
    page = await done(azure.vector_stores.search(store.id, query="When is high water?"))
    assert [result.file_id for result in page.data] == [file.id]
    assert (await done(azure.files.delete(file.id))).deleted is True


async def test_azures_client_meets_the_same_refusals(azure):
    with pytest.raises(openai.NotFoundError) as missing:
        await done(azure.beta.assistants.retrieve("asst_0"))
    assert missing.value.body["message"] == "No assistant found with id 'asst_0'."


def test_a_stream_below_azures_mount_is_the_same_stream(ns):
    ask = at(ns, "/openai", {"api-key": "k"})
    boss = ask.make("/assistants", {"model": MODEL, "instructions": "x"}, params=VERSION)["id"]
    told = events(ask.post("/threads/runs", {"assistant_id": boss, "stream": True}, params=VERSION).text)
    assert [name for name, _ in told][0 :: len(told) - 1] == ["thread.created", "done"]
