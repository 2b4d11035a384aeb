"""Addresses of the API are known below every mount."""

import pytest

from emulator.recording.addresses import api_path

PATH = "/threads/thread_1/runs"


@pytest.mark.parametrize("base", [
    "https://api.openai.com/v1",
    "http://127.0.0.1:8000/v1",
    "http://127.0.0.1:8000/ns/a-b/v1",
    "https://x.openai.azure.com/openai",
    "https://x.openai.azure.com//openai/",
    "https://x.openai.azure.com/openai/v1",
    "https://x.openai.azure.com/openai/deployments/gpt-4o",
    "http://127.0.0.1:8000/ns/a/openai/deployments/gpt-4o",
    "https://x.services.ai.azure.com/api/projects/mine",
    "https://region.api.azureml.ms/agents/v1.0/subscriptions/1/resourceGroups/g/providers/p/workspaces/mine",
    "https://gateway.example/accounts/7/openai",
    "https://gateway.example/llm/openai/v1",
    "<OPENAI_BASE>/v1",
    "api.openai.com/v1",
])  # fmt: skip
def test_the_path_begins_with_the_noun(base):
    assert api_path(f"{base}{PATH}?limit=2&include%5B%5D=x") == (PATH, "limit=2&include%5B%5D=x")
    assert api_path(f"{base}{PATH}/") == (PATH, "")
    assert api_path(f"{base}{PATH}#part") == (PATH, "")


@pytest.mark.parametrize("noun", ["assistants", "threads", "vector_stores", "files", "uploads", "models"])
def test_every_noun_of_the_api_is_known(noun):
    assert api_path(f"https://api.openai.com/v1/{noun}") == (f"/{noun}", "")
    assert api_path(f"https://api.openai.com/v1/{noun}/a/b") == (f"/{noun}/a/b", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/threads",
        "http://localhost/threads/thread_1/messages",
        "http://localhost/threads/runs",
        "http://localhost/assistants/asst_1",
    ],
)
def test_servers_without_a_mount_are_known(url):
    assert api_path(url) is not None


@pytest.mark.parametrize("url", [
    "https://api.openai.com/v1/chat/completions",
    "https://api.openai.com/v1/responses",
    "https://api.openai.com/v1/embeddings",
    "https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=1",
    "https://forum.example/threads/12",
    "https://example.org/files",
    "https://example.org/v1threads",
    "https://example.org/v1/threadsafe",
    "https://[broken/v1/threads",
    "",
    "/",
    f"https://example.org/{'v1/' * 50_000}x",
    f"https://example.org/agents/v1.0/{'a/workspaces/' * 20_000}x",
])  # fmt: skip
def test_other_addresses_are_none_of_the_api(url):
    assert api_path(url) is None
