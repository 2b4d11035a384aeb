"""One server for all tests, a namespace for each, and the official client bound to it, sync and async."""

import hashlib
import importlib.util
import os
import re
from pathlib import Path

import httpx
import openai
import pytest

from contract_tests.harness import MODEL, Namespace
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


def pytest_collection_modifyitems(items):
    # The client says at each call that the service is gone. That is why all this exists.
    quiet = pytest.mark.filterwarnings("ignore:(deprecated$|.*Assistants API is deprecated):DeprecationWarning")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(quiet)


@pytest.fixture(scope="session")
def server():
    with LiveServer(Settings()) as running:
        yield running


@pytest.fixture(scope="session")
def http():
    """A plain client for bytes and for the control API."""
    with httpx.Client(trust_env=False, verify=False, timeout=30) as client:
        yield client


@pytest.fixture
def ns(request, server, http):
    """A namespace named after the test, whose clock jumps over what a model would wait."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:50].strip("-")
    space = Namespace(f"{name}-{digest}", server.url, http)
    space.put(clock="auto")
    yield space
    space.control("DELETE")


@pytest.fixture
def frozen(ns):
    """The same namespace with a clock that stands still until the test moves it."""
    ns.freeze()
    return ns


@pytest.fixture(scope="session")
def _shared(server):
    transport = openai.DefaultHttpxClient(trust_env=False, verify=False)
    with openai.OpenAI(api_key="sk-emu-unused", base_url=server.base_url, http_client=transport) as client:
        yield client


@pytest.fixture
def client(_shared, ns):
    """The sync client; its key names the namespace."""
    return _shared.with_options(api_key=ns.key)


@pytest.fixture
async def async_client(ns):
    """The async client; its base URL names the namespace."""
    transport = openai.DefaultAsyncHttpxClient(trust_env=False, verify=False)
    async with openai.AsyncOpenAI(api_key="sk-anything", base_url=ns.base_url, http_client=transport) as made:
        yield made


@pytest.fixture(params=["sync", "async"])
def either(request, client, async_client):
    """Each client in turn: one test is read once and holds for both."""
    return client if request.param == "sync" else async_client


@pytest.fixture
def raw(ns):
    """Bytes to and from the API, with the headers of a v2 client."""
    headers = {"Authorization": f"Bearer {ns.key}", "OpenAI-Beta": "assistants=v2"}
    with httpx.Client(base_url=f"{ns.url}/v1", headers=headers, trust_env=False, verify=False, timeout=30) as made:
        yield made


@pytest.fixture
def assistant(client):
    return client.beta.assistants.create(model=MODEL, instructions="Be of help.")


@pytest.fixture
def thread(client):
    return client.beta.threads.create(messages=[{"role": "user", "content": "How is the harbour today?"}])


@pytest.fixture
def start(client, assistant, thread):
    """Begin a run on the thread."""

    def begin(**more):
        return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **more)

    return begin


@pytest.fixture
def poll(client, thread):
    """Read a run as a poller would."""
    return lambda run: client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)


@pytest.fixture
def tell(raw, assistant, thread):
    """Stream a run and return its events."""
    from contract_tests.harness import events

    def streamed(**more):
        body = {"assistant_id": assistant.id, "stream": True, **more}
        answer = raw.post(f"/threads/{thread.id}/runs", json=body)
        assert answer.status_code == 200, answer.text
        return events(answer.text)

    return streamed
