"""The same protocol as Azure's clients speak it: other paths, another header for the key, a version in the query."""

import openai
import pytest

MODEL_HERE = "my-deployment"


@pytest.fixture(params=[{}, {"azure_deployment": MODEL_HERE}], ids=["endpoint", "deployment"])
def azure(request, ns):
    transport = openai.DefaultHttpxClient(trust_env=False, verify=False)
    with openai.AzureOpenAI(
        azure_endpoint=f"{ns.url}/ns/{ns.name}",
        api_key="a-key-of-azure",
        api_version="2024-05-01-preview",
        http_client=transport,
        **request.param,
    ) as client:
        yield client


def test_a_conversation(ns, azure):
    ns.plays({"say": "Ahoy, {{ message }}."})
    boss = azure.beta.assistants.create(model=MODEL_HERE, instructions="x")
    assert boss.model == MODEL_HERE
    thread = azure.beta.threads.create(messages=[{"role": "user", "content": "sailor"}])
    run = azure.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=boss.id)
    assert (run.status, run.model) == ("completed", MODEL_HERE)
    assert azure.beta.threads.messages.list(thread.id).data[0].content[0].text.value == "Ahoy, sailor."
    with azure.beta.threads.runs.stream(thread_id=thread.id, assistant_id=boss.id) as stream:
        assert "".join(stream.text_deltas) == "Ahoy, sailor."


def test_the_keys_of_azure_name_a_namespace_too(ns):
    transport = openai.DefaultHttpxClient(trust_env=False, verify=False)
    with openai.AzureOpenAI(
        azure_endpoint=ns.url, api_key=ns.key, api_version="2024-05-01-preview", http_client=transport
    ) as client:
        made = client.beta.threads.create()
    answer = ns.http.get(
        f"{ns.base_url}/threads/{made.id}", headers={"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    )
    assert answer.status_code == 200


def test_an_unknown_path_is_told_in_two_keys(ns):
    answer = ns.http.get(f"{ns.url}/openai/nothing?api-version=x", headers={"api-key": ns.key})
    assert (answer.status_code, answer.json()) == (404, {"error": {"code": "404", "message": "Resource not found"}})


@pytest.mark.parametrize("version, keys", [("2024-02-15-preview", 4), ("2024-05-01-preview", 5)])
def test_without_a_beta_header_the_version_in_the_query_says_which_wire_is_meant(ns, version, keys):
    answer = ns.http.post(f"{ns.url}/openai/threads?api-version={version}", json={}, headers={"api-key": ns.key})
    assert answer.status_code == 200
    assert len(answer.json()) == keys
