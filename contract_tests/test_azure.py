import openai
import pytest

from contract_tests.harness import MODEL, parse_events, resolve
from contract_tests.raw_api import EMPTY_PAGE, RawApi, assert_refused, file_of

MOUNTS = ["/v1", "/openai", "/openai/v1", "/openai/deployments/gpt-4o", "/api/projects/harbour"]
OTHER_MOUNTS = MOUNTS[1:]
VERSION = {"api-version": "2024-10-21"}
NOTHING = {"error": {"code": "404", "message": "Resource not found"}}


def api_at(ns, mount, headers):
    """Return a raw API below a mount; the path selects the namespace, so that any key is accepted."""
    return RawApi(ns, headers, f"/ns/{ns.name}{mount}")


@pytest.mark.parametrize("mount", OTHER_MOUNTS)
@pytest.mark.parametrize(
    "headers",
    [{"api-key": "azure-key"}, {"Authorization": "Bearer token"}, {"api-key": "k", "Authorization": "Bearer k"}],
)
@pytest.mark.parametrize("beta", [{}, {"OpenAI-Beta": "assistants=v2"}])
def test_every_mount_serves_with_either_key_and_without_a_beta_header(ns, mount, headers, beta):
    api = api_at(ns, mount, {**headers, **beta})
    for path in ("/assistants", "/vector_stores"):
        assert api.get_json(path, params=VERSION) == EMPTY_PAGE
    assert api.post_json("/threads", {}, params=VERSION)["tool_resources"] == {}
    assert api.get_json("/files", params=VERSION)["data"] == []
    assert api.get_json("/models", params=VERSION)["object"] == "list"


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_mount_requires_a_key(ns, mount):
    response = api_at(ns, mount, {"OpenAI-Beta": "assistants=v2"}).get("/assistants")
    assert response.status_code == 401
    assert response.json()["error"]["message"].startswith("You didn't provide an API key.")


def test_all_mounts_serve_the_same_objects(ns):
    created = {}
    for mount in MOUNTS:
        api = api_at(ns, mount, {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"})
        created[mount] = api.post_json("/assistants", {"model": MODEL, "name": mount})["id"]
    for mount in MOUNTS:
        api = api_at(ns, mount, {"api-key": "x", "OpenAI-Beta": "assistants=v2"})
        assert [one["id"] for one in api.get_json("/assistants")["data"]] == list(created.values())[::-1]


@pytest.mark.parametrize(
    "version, names", [("2024-02-15-preview", ["metadata"]), ("2024-05-01-preview", ["metadata", "tool_resources"])]
)
def test_the_api_version_decides_between_v1_and_v2(ns, version, names):
    api = api_at(ns, "/openai", {"api-key": "k"})
    created = api.post_json("/threads", {}, params={"api-version": version})
    assert list(created) == ["id", "object", "created_at", *names]


def test_a_beta_header_wins_over_the_api_version(ns):
    api = api_at(ns, "/openai", {"api-key": "k", "OpenAI-Beta": "assistants=v2"})
    assert "tool_resources" in api.post_json("/threads", {}, params={"api-version": "2024-02-15-preview"})


@pytest.mark.parametrize("version", ["v1", "preview", "2025-04-01-preview"])
def test_newer_api_versions_select_v2(ns, version):
    for mount in ("/openai", "/openai/v1", "/api/projects/harbour"):
        created = api_at(ns, mount, {"api-key": "k"}).post_json("/threads", {}, params={"api-version": version})
        assert "tool_resources" in created


@pytest.mark.parametrize("mount", ["/openai", "/openai/v1", "/openai/deployments/gpt-4o"])
@pytest.mark.parametrize(
    "method, path", [("GET", "/not_found"), ("GET", "/threads"), ("PUT", "/assistants"), ("GET", "/"), ("GET", "")]
)
def test_an_unknown_path_has_azures_error(ns, mount, method, path):
    response = api_at(ns, mount, {"api-key": "k"}).request(method, path)
    assert (response.status_code, response.json()) == (404, NOTHING)
    assert list(response.json()["error"]) == ["code", "message"]


def test_only_foundry_lists_threads(ns):
    foundry = api_at(ns, "/api/projects/harbour", {"api-key": "k"})
    ids = [foundry.post_json("/threads", {"metadata": {"n": str(n)}})["id"] for n in range(3)]
    page = foundry.get_json("/threads", params={"api-version": "v1", "limit": 2})
    assert ([thread["id"] for thread in page["data"]], page["has_more"]) == (ids[:0:-1], True)
    rest = foundry.get_json("/threads", params={"after": page["last_id"]})
    assert [thread["id"] for thread in rest["data"]] == ids[:1]
    plain = api_at(ns, "/v1", {"Authorization": "Bearer k", "OpenAI-Beta": "assistants=v2"}).get("/threads")
    assert (plain.status_code, plain.headers["allow"]) == (405, "POST")


def test_paths_that_only_v1_had_are_unknown_on_v2(ns):
    response = api_at(ns, "/openai", {"api-key": "k", "OpenAI-Beta": "assistants=v2"}).get("/assistants/asst_0/files")
    assert (response.status_code, response.json()) == (404, NOTHING)


def test_an_unknown_path_of_foundry_has_the_usual_error(ns):
    response = api_at(ns, "/api/projects/harbour", {"api-key": "k"}).get("/not_found")
    assert_refused(response, 404, "Invalid URL (GET /api/projects/harbour/not_found)")


def test_a_path_below_no_mount_is_not_found(ns):
    for path in ("/assistants", "/v2/assistants", "/v1", "/", "/api/assistants"):
        assert RawApi(ns, {"Authorization": "Bearer k"}, "").get(path).status_code == 404


def test_an_unknown_object_is_refused_with_the_same_message(ns):
    for mount in MOUNTS:
        api = api_at(ns, mount, {"api-key": "k", "OpenAI-Beta": "assistants=v2"})
        assert_refused(api.get("/threads/thread_0"), 404, "No thread found with id 'thread_0'.")


# --- the client -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sync", "async", "deployment", "token", "base_url"])
async def azure_client(request, ns):
    """Azure's client in each way that it can be configured."""
    namespace_url = f"{ns.url}/ns/{ns.name}"
    options = {
        "sync": {"azure_endpoint": namespace_url, "api_key": "k"},
        "async": {"azure_endpoint": namespace_url, "api_key": "k"},
        "deployment": {"azure_endpoint": namespace_url, "api_key": "k", "azure_deployment": "my-gpt"},
        "token": {"azure_endpoint": namespace_url, "azure_ad_token": "a-token"},
        "base_url": {"base_url": f"{namespace_url}/openai/v1", "api_key": "k"},
    }
    client_class = openai.AsyncAzureOpenAI if request.param == "async" else openai.AzureOpenAI
    transport = openai.DefaultAsyncHttpxClient if request.param == "async" else openai.DefaultHttpxClient
    client = client_class(
        api_version="2024-10-21", http_client=transport(trust_env=False, verify=False), **options[request.param]
    )
    yield client
    await resolve(client.close())


async def test_azures_client_holds_a_conversation(azure_client):
    assistant = await resolve(azure_client.beta.assistants.create(model="my-deployment", instructions="x"))
    thread = await resolve(
        azure_client.beta.threads.create(messages=[{"role": "user", "content": "Is anybody there?"}])
    )
    run = await resolve(azure_client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id))
    assert (run.status, run.model) == ("completed", "my-deployment")
    newest = (await resolve(azure_client.beta.threads.messages.list(thread.id))).data[0]
    assert "Is anybody there?" in newest.content[0].text.value


async def test_azures_client_uploads_stores_and_searches(azure_client):
    file = await resolve(azure_client.files.create(file=file_of(), purpose="assistants"))
    store = await resolve(azure_client.vector_stores.create(file_ids=[file.id]))
    page = await resolve(azure_client.vector_stores.search(store.id, query="When is high water?"))
    assert [result.file_id for result in page.data] == [file.id]
    assert (await resolve(azure_client.files.delete(file.id))).deleted is True


async def test_azures_client_gets_the_same_errors(azure_client):
    with pytest.raises(openai.NotFoundError) as excinfo:
        await resolve(azure_client.beta.assistants.retrieve("asst_0"))
    assert excinfo.value.body["message"] == "No assistant found with id 'asst_0'."


def test_a_stream_below_azures_mount_is_the_same_stream(ns):
    api = api_at(ns, "/openai", {"api-key": "k"})
    assistant_id = api.post_json("/assistants", {"model": MODEL, "instructions": "x"}, params=VERSION)["id"]
    events = parse_events(
        api.post("/threads/runs", {"assistant_id": assistant_id, "stream": True}, params=VERSION).text
    )
    assert [name for name, _ in events][0 :: len(events) - 1] == ["thread.created", "done"]
