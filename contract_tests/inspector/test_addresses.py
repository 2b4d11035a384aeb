"""The addresses that the Python face gives of the inspector's pages."""

import httpx
import pytest

from contract_tests.harness import MODEL
from emulator import InProcess, LiveServer
from emulator.harness.errors import NoAddressError


@pytest.fixture(scope="module")
def server():
    with LiveServer() as server:
        yield server


def converse(namespace):
    """Return the run of a conversation."""
    client = namespace.client()
    assistant = client.beta.assistants.create(model=MODEL)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    return namespace.runs.last


def is_a_page(url):
    response = httpx.get(url, trust_env=False, timeout=60)
    return (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_server_and_a_namespace_have_a_page_each(server):
    namespace = server.namespace("orders")
    assert is_a_page(server.emulator.inspector_url)
    assert namespace.inspector_url == f"{server.url}/_emulator/inspector/ns/orders"
    assert is_a_page(namespace.inspector_url)


def test_a_thread_and_a_run_have_a_page_each_by_their_ids_or_as_objects(server):
    namespace = server.namespace("orders")
    run = converse(namespace)
    assert run.inspector_url == f"{namespace.inspector_url}/runs/{run.id}"
    assert namespace.runs.inspector_url(run.id) == namespace.runs.inspector_url(run) == run.inspector_url
    thread = namespace.threads.last
    assert namespace.threads.inspector_url(thread) == f"{namespace.inspector_url}/threads/{run.thread_id}"
    assert namespace.threads.inspector_url(run.thread_id) == namespace.threads.inspector_url(thread)


def test_addresses_are_known_without_waiting_for_the_server(server):
    namespace = server.async_namespace("orders")
    assert namespace.inspector_url == namespace.sync.inspector_url
    assert namespace.threads.inspector_url("thread_1") == f"{namespace.inspector_url}/threads/thread_1"
    assert namespace.runs.inspector_url("run_1") == f"{namespace.inspector_url}/runs/run_1"


def test_a_server_without_a_socket_says_that_it_has_no_address():
    with InProcess() as server:
        namespace = server.namespace("orders")
        run = converse(namespace)
        for address in (
            lambda: server.emulator.inspector_url,
            lambda: namespace.inspector_url,
            lambda: namespace.threads.inspector_url(run.thread_id),
            lambda: run.inspector_url,
        ):
            with pytest.raises(NoAddressError, match="use LiveServer"):
                address()
