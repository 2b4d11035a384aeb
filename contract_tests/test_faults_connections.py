"""Faults on every mount, over TLS, and beside the end of the server: nothing is left hanging."""

import shutil
import ssl
import subprocess
import threading
import time

import httpx
import openai
import pytest

from contract_tests.harness import Namespace, parse_events
from contract_tests.raw_api import RawApi, raw_api
from emulator import LiveServer

PATIENCE = 60
QUESTION = {"messages": [{"role": "user", "content": "one two three"}]}
BREAKS = [
    ({"disconnect": True}, httpx.ReadError),
    ({"disconnect": True, "before": False}, httpx.ReadError),
    ({"truncate": 3}, httpx.RemoteProtocolError),
    ({"delay": "1h"}, httpx.ReadTimeout),
]


@pytest.fixture
def azure(ns):
    return RawApi(ns, {"api-key": ns.key}, f"/ns/{ns.name}/openai")


def azure_path(path):
    return f"{path}?api-version=2024-05-01-preview"


@pytest.mark.parametrize("do, error", BREAKS, ids=str)
@pytest.mark.parametrize("mount", ["v1", "azure"])
def test_answers_break_below_every_mount(ns, azure, mount, do, error):
    ns.fault(do, method="GET", path="/assistants")
    api, path = (azure, azure_path("/assistants")) if mount == "azure" else (raw_api(ns, "v1"), "/assistants")
    with pytest.raises(error):
        api.get(path, timeout=0.3)
    assert ns.control("GET", "/faults")["faults"][0]["hits"] == 1


@pytest.mark.parametrize("mount", ["v1", "azure"])
def test_streams_break_below_every_mount(ns, azure, mount):
    ns.play({"say": "one two three"})
    ns.fault({"cut_stream_after": 4}, path="/threads/runs", times=1)
    ns.fault({"omit_done": True}, path="/threads/runs", times=1)
    api = azure if mount == "azure" else raw_api(ns, "v1")
    path = azure_path if mount == "azure" else str
    assistant = api.post_json(path("/assistants"), {"model": "gpt-4-turbo"})
    body = {"assistant_id": assistant["id"], "thread": QUESTION, "stream": True}
    with pytest.raises(httpx.RemoteProtocolError):
        api.post(path("/threads/runs"), body)
    assert parse_events(api.post(path("/threads/runs"), body).text)[-1][0] == "thread.run.completed"


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, *request, *files, *names], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def over_tls(certificate):
    """A namespace of a server that speaks TLS, and a client of it."""
    trusted = ssl.create_default_context(cafile=certificate / "certificate.pem")
    with (
        LiveServer(certfile=certificate / "certificate.pem", keyfile=certificate / "key.pem") as server,
        httpx.Client(trust_env=False, verify=trusted, timeout=PATIENCE) as http,
    ):
        namespace = Namespace("default", server.url, http)
        namespace.put(clock="auto")
        yield namespace


@pytest.mark.parametrize("do, error", BREAKS, ids=str)
def test_answers_break_over_tls(over_tls, do, error):
    over_tls.fault(do, path="/models", times=1)
    # OpenSSL may tell its client of a reset as of an end.
    with pytest.raises((error, httpx.RemoteProtocolError)):
        raw_api(over_tls).get("/models", timeout=0.5)
    assert raw_api(over_tls).get("/models").status_code == 200
    over_tls.control("DELETE", "/faults")


def test_streams_break_off_over_tls(over_tls):
    api = raw_api(over_tls)
    over_tls.fault({"cut_stream_after": 4}, path="/threads/runs", times=1)
    assistant = api.post_json("/assistants", {"model": "gpt-4o"})
    body = {"assistant_id": assistant["id"], "thread": QUESTION, "stream": True}
    pieces = []
    with (
        over_tls.http.stream("POST", f"{over_tls.url}/v1/threads/runs", headers=api.headers, json=body) as response,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        pieces.extend(response.iter_text())
    assert len(parse_events("".join(pieces))) == 4


# --- the end of the server --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "do, events",
    [
        ({"delay": "1h"}, 0),
        ({"delay": "1h", "before": False}, 0),
        ({"delay": "1h", "status": 500}, 0),
        ({"delay": "1h", "cut_stream_after": 3}, 0),
        ({"stall_stream_after": 5, "for": "1h"}, 5),
    ],
    ids=str,
)
def test_a_server_that_stops_ends_every_pause_at_once(http, do, events):
    # Without that, the server would wait for its grace period: the time-out of the test is shorter.
    received = []
    with LiveServer(grace=3600) as server:
        namespace = Namespace("default", server.url, http)
        namespace.put(clock="auto")
        client = openai.OpenAI(api_key="sk-emu-default", base_url=server.base_url, max_retries=0)
        assistant = client.beta.assistants.create(model="gpt-4o")
        namespace.fault(do, path="/threads/runs")

        def ask():
            try:
                received.extend(
                    client.beta.threads.create_and_run(assistant_id=assistant.id, thread=QUESTION, stream=True)
                )
            except openai.APIConnectionError as error:
                received.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        until = time.monotonic() + PATIENCE
        while not namespace.control("GET", "/faults")["faults"][0]["hits"] or len(received) < events:
            assert time.monotonic() < until
            time.sleep(0.01)
    asking.join(PATIENCE)
    assert len(received) == events + 1
    assert isinstance(received[-1], openai.APIConnectionError)
    client.close()
