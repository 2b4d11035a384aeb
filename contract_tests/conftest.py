"""One server for all tests, a namespace for each test, and the official client bound to it, sync and async."""

import hashlib
import importlib.util
import os
import re
from collections import Counter
from pathlib import Path

import httpx
import openai
import pytest

# Before any test: pytester forgets what a test imports, and half of the server would be there twice.
import emulator.app
import emulator.control.app  # noqa: F401
from contract_tests import without_sockets
from contract_tests.harness import MODEL, Namespace, parse_events
from contract_tests.postgres.fixtures import (  # noqa: F401
    database,
    empty_database,
    migrated,
    postgres,
    pytest_itemcollected,
)
from contract_tests.replicas import suite
from emulator import LiveServer, Settings

HERE = Path(__file__).parent


def _close_the_network():
    spec = importlib.util.spec_from_file_location("contract_tests_offline", HERE / "offline" / "sitecustomize.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OFFLINE = _close_the_network()
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]


def pytest_collection_modifyitems(config, items):
    if without_sockets.WANTED:
        without_sockets.leave_out(config, items)
    elif suite.WANTED:
        suite.leave_out(config, items)
    # The client warns at each call that the service is deprecated. That is why the emulator exists.
    quiet = pytest.mark.filterwarnings("ignore:(deprecated$|.*Assistants API is deprecated):DeprecationWarning")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(quiet)


def pytest_terminal_summary(terminalreporter):
    """Sum up the skipped tests in one line, with their reasons."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    if reasons:
        summary = "; ".join(f"{count} because {reason}" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"left out: {summary}")


@pytest.fixture(scope="session")
def server():
    if suite.WANTED and not without_sockets.WANTED:
        with suite.running() as running:
            yield running
        return
    with (without_sockets.running if without_sockets.WANTED else LiveServer)(Settings()) as running:
        yield running


@pytest.fixture(scope="session")
def http():
    """A plain HTTP client, for raw requests and for the control API."""
    with httpx.Client(trust_env=False, verify=False, timeout=30) as client:
        yield client


@pytest.fixture
def ns(request, server, http):
    """A namespace named after the test; its clock jumps over every wait of a script."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:50].strip("-")
    namespace = Namespace(f"{name}-{digest}", server.url, http)
    namespace.put(clock="auto")
    yield namespace
    namespace.control("DELETE")


@pytest.fixture
def frozen(ns):
    """The same namespace with a frozen clock, which only the test advances."""
    ns.freeze()
    return ns


@pytest.fixture(scope="session")
def _shared_client(server):
    transport = openai.DefaultHttpxClient(trust_env=False, verify=False)
    with openai.OpenAI(api_key="sk-emu-unused", base_url=server.base_url, http_client=transport) as client:
        yield client


@pytest.fixture
def client(_shared_client, ns):
    """The sync client; its API key selects the namespace."""
    return _shared_client.with_options(api_key=ns.key)


@pytest.fixture
async def async_client(ns):
    """The async client; its base URL selects the namespace."""
    transport = openai.DefaultAsyncHttpxClient(trust_env=False, verify=False)
    async with openai.AsyncOpenAI(api_key="sk-anything", base_url=ns.base_url, http_client=transport) as client:
        yield client


@pytest.fixture(params=["sync", "async"])
def either(request, client, async_client):
    """The sync and the async client in turn, so that one test covers both."""
    return client if request.param == "sync" else async_client


@pytest.fixture
def raw(ns):
    """A plain HTTP client of the API, with the headers of a v2 client."""
    headers = {"Authorization": f"Bearer {ns.key}", "OpenAI-Beta": "assistants=v2"}
    with httpx.Client(
        base_url=f"{ns.url}/v1", headers=headers, trust_env=False, verify=False, timeout=30
    ) as raw_client:
        yield raw_client


@pytest.fixture
def assistant(client):
    return client.beta.assistants.create(model=MODEL, instructions="Be helpful.")


@pytest.fixture
def thread(client):
    return client.beta.threads.create(messages=[{"role": "user", "content": "How is the harbour today?"}])


@pytest.fixture
def start(client, assistant, thread):
    """Return a function that starts a run on the thread."""

    def start_run(**more):
        return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **more)

    return start_run


@pytest.fixture
def poll(client, thread):
    """Return a function that retrieves a run, as a poller does."""
    return lambda run: client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)


@pytest.fixture
def stream_events(raw, assistant, thread):
    """Return a function that streams a run and returns its events."""

    def stream_run(**more):
        body = {"assistant_id": assistant.id, "stream": True, **more}
        response = raw.post(f"/threads/{thread.id}/runs", json=body)
        assert response.status_code == 200, response.text
        return parse_events(response.text)

    return stream_run
