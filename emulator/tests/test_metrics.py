"""What Prometheus reads: few series, whatever is sent; and nothing of it on servers that are not asked for it."""

import subprocess
import sys

import httpx
import pytest

from emulator.app import create_app
from emulator.control.routes import control_route_of
from emulator.domain.measures import DECLARED
from emulator.settings import Settings

pytest.importorskip("prometheus_client")
from prometheus_client.parser import text_string_to_metric_families

HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
SCRIPT = "emulator: 1\nname: g\nturns: [{name: any, steps: [{say: Hello}]}]\n"


@pytest.fixture
async def client(tmp_path):
    (tmp_path / "g.yaml").write_text(SCRIPT)
    app = create_app(Settings(metrics=True, clock="auto", scripts=(tmp_path / "g.yaml",)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=HEADERS) as client:
        yield client


async def samples(client):
    answer = await client.get("/_emulator/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sorted(sample.labels.values())): sample.value for one in families for sample in one.samples}


async def test_requests_are_counted_by_template_and_status_and_never_by_id(client):
    thread = (await client.post("/v1/threads", json={})).json()["id"]
    for path in (f"/v1/threads/{thread}", f"/ns/other/v1/threads/{thread}", "/v1/threads/thread_of_nobody"):
        await client.get(path)
    await client.get("/v1/secret/path")
    await client.request("BREW", "/v1/threads")
    found = await samples(client)
    assert found["emulator_requests_total", "/threads", "200", "POST"] == 1
    assert found["emulator_requests_total", "/threads/{thread_id}", "200", "GET"] == 1
    assert found["emulator_requests_total", "/threads/{thread_id}", "404", "GET"] == 2
    assert found["emulator_request_seconds_count", "/threads/{thread_id}", "GET"] == 3
    text = (await client.get("/_emulator/metrics")).text
    for never in (thread, "thread_of_nobody", "secret", "BREW", "sk-emu", "other/v1"):
        assert never not in text
    assert 'method="other",route="other"' in text


async def test_runs_are_counted_once_they_are_committed(client):
    assistant = (await client.post("/v1/assistants", json={"model": "gpt-4o"})).json()["id"]
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "hi"}]}}
    run = (await client.post("/v1/threads/runs", json=body)).json()
    assert (await client.get(f"/v1/threads/{run['thread_id']}/runs/{run['id']}")).json()["status"] == "completed"
    found = await samples(client)
    assert found[("emulator_runs_begun_total",)] == 1
    assert found["emulator_runs_ended_total", "completed"] == 1


async def test_a_stream_is_counted_and_gone_at_its_end(client):
    assistant = (await client.post("/v1/assistants", json={"model": "gpt-4o"})).json()["id"]
    body = {"assistant_id": assistant, "stream": True, "thread": {"messages": [{"role": "user", "content": "hi"}]}}
    answer = await client.post("/v1/threads/runs", json=body)
    assert answer.text.endswith("data: [DONE]\n\n")
    found = await samples(client)
    assert found["emulator_requests_total", "/threads/runs", "200", "POST"] == 1
    assert ("emulator_request_seconds_count", "/threads/runs", "POST") not in found  # it says nothing of the server
    assert found[("emulator_open_streams",)] == 0
    assert found[("emulator_ready",)] == 1


async def test_open_streams_are_those_that_have_not_ended():
    from emulator.metrics.registry import PrometheusMeasures
    from emulator.metrics.requests import MeasuredRequests, OpenStreams

    measures = PrometheusMeasures()
    streams, seen = OpenStreams(measures), []

    async def app(scope, receive, send):
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        seen.append(streams.count)
        raise LookupError

    async def nothing(message=None):
        pass

    times = iter(range(9))
    measured = MeasuredRequests(
        app, "api", measures=measures, streams=streams, seconds=lambda: next(times), route_of=lambda _: "/x"
    )
    with pytest.raises(LookupError):
        await measured({"type": "http", "method": "GET"}, nothing, nothing)
    assert (seen, streams.count) == ([1], 0)


async def test_the_page_needs_the_token_where_there_is_one():
    app = create_app(Settings(metrics=True, control_token="a token of the tests"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        assert (await client.get("/_emulator/metrics")).status_code == 401
        headers = {"Authorization": "Bearer a token of the tests"}
        assert (await client.get("/_emulator/metrics", headers=headers)).status_code == 200


async def test_two_servers_of_one_process_count_for_themselves(client):
    await client.get("/v1/models")
    other = httpx.ASGITransport(create_app(Settings(metrics=True)))
    async with httpx.AsyncClient(transport=other, base_url="http://127.0.0.1", headers=HEADERS) as second:
        assert not any("/models" in name for name in await samples(second))


async def test_every_route_of_the_control_api_has_a_name_of_its_own(client):
    for path in (await client.get("/_emulator/openapi.json")).json()["paths"]:
        route = control_route_of({"path": f"/_emulator{path}", "root_path": ""})
        assert not route.endswith("/other"), path
    assert control_route_of({"path": "/_emulator/ns/orders/secret", "root_path": ""}) == "/_emulator/ns/{ns}/other"


def test_parts_say_what_is_declared_and_nothing_else():
    from emulator.metrics.registry import PrometheusMeasures

    measures = PrometheusMeasures()
    waiting = iter([3.0, 5.0])
    measures.count("jobs", task="play", outcome="succeeded")
    measures.observe("job_seconds", 0.25, task="play")
    measures.gauge("pool_connections", lambda: 4.0, state="in_use")
    measures.gauge("pool_waiting", lambda: next(waiting))
    page = measures.page().decode()
    assert 'emulator_jobs_total{outcome="succeeded",task="play"} 1.0' in page
    assert 'emulator_job_seconds_sum{task="play"} 0.25' in page
    assert 'emulator_pool_connections{state="in_use"} 4.0' in page
    assert "emulator_pool_waiting 3.0" in page
    assert "emulator_pool_waiting 5.0" in measures.page().decode()
    with pytest.raises(LookupError):
        measures.count("jobs", task="play")
    with pytest.raises(LookupError):
        measures.count("gobs")


def test_every_declared_name_can_be_said():
    from emulator.metrics.registry import PrometheusMeasures

    measures = PrometheusMeasures()
    for name, declared in DECLARED.items():
        labels = dict.fromkeys(declared.labels, "x")
        match declared.kind:
            case "counter":
                measures.count(name, **labels)
            case "histogram":
                measures.observe(name, 1.0, **labels)
            case "gauge":
                measures.gauge(name, lambda: 1.0, **labels)
    page = measures.page().decode()
    assert all(f"emulator_{name}" in page for name in DECLARED)


def test_servers_that_are_not_asked_load_none_of_it():
    source = (
        "import sys; from emulator import LiveServer; import urllib.request, urllib.error\n"
        "with LiveServer() as server:\n"
        "    try: urllib.request.build_opener(urllib.request.ProxyHandler({})).open(server.control_url + '/metrics')\n"
        "    except urllib.error.HTTPError as error: print(error.code)\n"
        "print([name for name in ('prometheus_client', 'psycopg', 'procrastinate') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "404\n[]\n"
