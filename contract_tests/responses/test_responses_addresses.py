"""Responses by every base URL that a port may have: namespaces, Azure's and Foundry's paths."""

import openai
import pytest

from contract_tests.harness import MODEL

CLIENT = {"trust_env": False, "verify": False}


def ask(client):
    """Have a conversation of two turns, one of them streamed; return the ids that lead to it."""
    conversation = client.conversations.create()
    response = client.responses.create(model=MODEL, input="Hello?", conversation=conversation.id)
    events = list(client.responses.create(model=MODEL, input="And?", conversation=conversation.id, stream=True))
    assert events[-1].type == "response.completed"
    assert client.responses.retrieve(response.id).id == response.id
    assert len(client.conversations.items.list(conversation.id).data) == 4
    return response.id


def listed(ns):
    return [run["id"] for run in ns.control("GET", "/runs")["runs"]]


def test_a_namespace_is_named_by_key_by_path_and_by_header(ns):
    ways = (
        {"api_key": ns.key, "base_url": f"{ns.url}/v1"},
        {"api_key": "any", "base_url": ns.base_url},
        {"api_key": "any", "base_url": f"{ns.url}/v1", "default_headers": {"X-Emulator-Namespace": ns.name}},
    )
    for way in ways:
        with openai.OpenAI(**way, http_client=openai.DefaultHttpxClient(**CLIENT)) as client:
            assert ask(client) in listed(ns)


@pytest.mark.parametrize(
    "prefix", ["/openai/v1", "/openai", "/api/projects/harbour/openai/v1", "/api/projects/harbour/openai"]
)
def test_the_client_of_openai_goes_below_azure_and_foundry(ns, prefix):
    base_url = f"{ns.url}/ns/{ns.name}{prefix}"
    transport = openai.DefaultHttpxClient(**CLIENT)
    with openai.OpenAI(api_key="azure-key", base_url=base_url, http_client=transport) as client:
        assert ask(client) in listed(ns)


@pytest.mark.parametrize("version", ["2025-03-01-preview", "preview"])
def test_the_client_of_azure_asks_by_api_version(ns, version):
    transport = openai.DefaultHttpxClient(**CLIENT)
    with openai.AzureOpenAI(
        api_key="azure-key",
        azure_endpoint=f"{ns.url}/ns/{ns.name}",
        api_version=version,
        http_client=transport,
    ) as client:
        assert ask(client) in listed(ns)


def test_the_client_of_azure_may_have_the_newest_base_url(ns):
    transport = openai.DefaultHttpxClient(**CLIENT)
    base_url = f"{ns.url}/ns/{ns.name}/openai/v1"
    with openai.AzureOpenAI(api_key="k", base_url=base_url, api_version="preview", http_client=transport) as client:
        assert ask(client) in listed(ns)


def test_a_key_is_needed(ns, http):
    answer = http.post(f"{ns.url}/v1/responses", json={"model": MODEL, "input": "Hello?"})
    assert answer.status_code == 401


def test_what_azure_refuses_names_what_is_wrong(ns):
    transport = openai.DefaultHttpxClient(**CLIENT)
    base_url = f"{ns.url}/ns/{ns.name}/openai/v1"
    with openai.OpenAI(api_key="k", base_url=base_url, http_client=transport) as client:
        with pytest.raises(openai.NotFoundError) as error:
            client.responses.retrieve("resp_gone")
        assert "resp_gone" in error.value.message
