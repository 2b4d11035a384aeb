"""A server without a socket is as good as one over HTTP, for both clients, and so is a LiveServer that is called directly."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest
import uvloop

from contract_tests.harness import MODEL, NOON, WEATHER, all_items, outputs_of, resolve
from emulator import InProcess, LiveServer, ScriptError, Settings
from emulator.direct import library
from scripted_models import Hold, Say, Wait

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# Only against hanging.
PATIENCE = 60
KEY = "sk-emu-default"
TALK = {
    "emulator": 1,
    "turns": [
        {
            "when": {"message": {"contains": "weather"}},
            "steps": [
                {"call": "look_outside", "args": {"town": "Husum"}},
                {"say": "It is {{ outputs.look_outside }}."},
            ],
        },
        {"when": {"message": "gate"}, "steps": [{"say": "before"}, {"hold": "gate"}, {"say": "after"}]},
        {"when": {"message": "long"}, "steps": [{"say": "word " * 2_000, "stream": {"chunk": "word"}}]},
        {"steps": [{"say": "Good morning."}]},
    ],
}


@pytest.fixture(scope="module", params=[InProcess, LiveServer], ids=["in process", "live server"])
def server(request, tmp_path_factory):
    script = tmp_path_factory.mktemp("scripts") / "talk.json"
    script.write_text(json.dumps(TALK))
    with request.param(script=script) as running:
        yield running


def sync_client(server, **more):
    return openai.OpenAI(base_url=server.base_url, api_key=KEY, http_client=server.http_client(), **more)


def async_client_of(server, **more):
    return openai.AsyncOpenAI(base_url=server.base_url, api_key=KEY, http_client=server.async_http_client(), **more)


@pytest.fixture
def client(server):
    with sync_client(server) as made:
        yield made


@pytest.fixture
async def async_client(server):
    async with async_client_of(server) as made:
        yield made


async def asked(client, message):
    """Return an assistant and a thread with a message."""
    assistant = await resolve(client.beta.assistants.create(model=MODEL, tools=[WEATHER]))
    thread = await resolve(client.beta.threads.create(messages=[{"role": "user", "content": message}]))
    return {"assistant_id": assistant.id, "thread_id": thread.id}


async def each(stream):
    """Yield the events of either client's stream."""
    if hasattr(stream, "__aiter__"):
        async for event in stream:
            yield event
    else:
        for event in stream:
            yield event


async def newest(client, thread_id):
    messages = await all_items(await resolve(client.beta.threads.messages.list(thread_id)))
    return messages[0].content[0].text.value


# --- conversations ----------------------------------------------------------------------------------------------------


async def test_a_run_is_polled(either):
    run = await resolve(either.beta.threads.runs.create_and_poll(**await asked(either, "hello")))
    assert (run.status, await newest(either, run.thread_id)) == ("completed", "Good morning.")


async def test_tool_outputs_are_submitted(either):
    runs = either.beta.threads.runs
    run = await resolve(runs.create_and_poll(**await asked(either, "the weather?")))
    assert run.status == "requires_action"
    outputs = outputs_of(run, look_outside="windy")
    run = await resolve(runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs))
    assert (run.status, await newest(either, run.thread_id)) == ("completed", "It is windy.")


async def test_a_run_is_streamed(either):
    stream = await resolve(either.beta.threads.runs.create(**await asked(either, "long"), stream=True))
    events = await all_items(stream)
    assert [event.event for event in events[:2]] == ["thread.run.created", "thread.run.queued"]
    text = "".join(e.data.delta.content[0].text.value for e in events if e.event == "thread.message.delta")
    assert text == "word " * 2_000
    assert events[-1].event == "thread.run.completed"


def release(server, run):
    """Release the hold of a run, over whatever the server has."""
    path = f"/ns/default/runs/{run}/release"
    if isinstance(server, InProcess):
        status, _ = server.control.send("POST", path, b'{"hold": "gate"}', "application/json")
    else:
        status = httpx.post(
            f"{server.control_url}{path}", json={"hold": "gate"}, trust_env=False, timeout=60
        ).status_code
    assert status == 200


async def test_events_arrive_while_the_run_goes_on(server, either):
    stream = await resolve(either.beta.threads.runs.create(**await asked(either, "gate"), stream=True))
    names = []
    async for event in each(stream):
        names.append(event.event)
        if event.event == "thread.message.completed" and names.count(event.event) == 1:
            release(server, event.data.run_id)
    assert names.count("thread.message.completed") == 2


async def test_a_stream_that_is_closed_early_leaves_the_run_alone(server, either):
    stream = await resolve(either.beta.threads.runs.create(**await asked(either, "gate"), stream=True))
    first = await anext(stream) if hasattr(stream, "__anext__") else next(stream)
    await resolve(stream.close())
    release(server, first.data.id)
    runs = either.beta.threads.runs
    run = await resolve(runs.poll(first.data.id, thread_id=first.data.thread_id))
    assert (run.status, await newest(either, run.thread_id)) == ("completed", "after")


# --- bodies -----------------------------------------------------------------------------------------------------------


async def test_a_large_file_is_uploaded_and_downloaded(either):
    data = bytes(range(256)) * 8_192
    file = await resolve(either.files.create(file=("data.bin", data), purpose="user_data"))
    content = await resolve(either.files.content(file.id))
    assert (file.bytes, content.read() == data) == (len(data), True)


async def test_a_file_is_read_from_the_disk_as_it_is_sent(either, tmp_path):
    path = tmp_path / "tides.txt"
    path.write_bytes(b"High water is at noon.\n" * 50_000)
    file = await resolve(either.files.create(file=path, purpose="assistants"))
    assert (file.filename, file.bytes) == ("tides.txt", path.stat().st_size)


async def test_a_file_is_searched(either):
    file = await resolve(either.files.create(file=("tides.txt", b"High water at Husum is at noon."), purpose="assistants"))  # fmt: skip
    store = await resolve(either.vector_stores.create())
    attached = await resolve(either.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id))
    assert attached.status == "completed"
    found = await all_items(await resolve(either.vector_stores.search(store.id, query="high water")))
    assert found[0].file_id == file.id


async def test_errors_are_those_of_the_api(either):
    with pytest.raises(openai.NotFoundError, match="No thread found with id 'thread_no'"):
        await resolve(either.beta.threads.retrieve("thread_no"))


# --- the tests of the API ---------------------------------------------------------------------------------------------


@pytest.mark.timeout(10 * PATIENCE)
def test_the_api_passes_its_tests_without_a_socket():
    # Those of every kind of request. `make test-in-process` runs all.
    names = ("test_azure", "test_clocks", "test_faults", "test_flows_clients", "test_flows_polled", "test_runs_outputs", "test_streams", "test_streams_open", "test_uploads")  # fmt: skip
    files = [HERE / f"{name}.py" for name in names]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files],
        cwd=ROOT,
        env={**os.environ, "CONTRACT_IN_PROCESS": "1"},
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:]


# --- what breaks ------------------------------------------------------------------------------------------------------


async def test_a_stream_that_stalls_is_a_time_out_and_the_next_request_is_answered(either):
    runs = either.beta.threads.runs
    timed_out = (openai.APITimeoutError, library.http_library().ReadTimeout)
    seen = []
    for seconds in (0.2, 1, 5, 20):  # where the machine is too busy, the first event comes too late
        with pytest.raises(timed_out):  # noqa: PT012 - it comes while events are read
            async for event in each(await resolve(runs.create(**await asked(either, "gate"), stream=True, timeout=seconds))):  # fmt: skip
                seen.append(event)  # noqa: PERF401 - kept where no more come
        if seen:
            break
    run = await resolve(runs.cancel(seen[0].data.id, thread_id=seen[0].data.thread_id))
    assert run.status in ("cancelling", "cancelled")


async def test_a_server_that_has_stopped_cannot_be_reached():
    for kind in (InProcess, LiveServer):
        with kind() as server:
            sync, later = sync_client(server, max_retries=0), async_client_of(server, max_retries=0)
        for client in (sync, later):
            with pytest.raises(openai.APIConnectionError):
                await resolve(client.models.list())
        sync.close()
        await later.close()


# --- threads and loops ------------------------------------------------------------------------------------------------


def test_threads_share_a_server(server):
    def converse(number):
        with sync_client(server) as client:
            thread = client.beta.threads.create(messages=[{"role": "user", "content": f"I am {number}"}])
            run = client.beta.threads.runs.create_and_poll(assistant_id=assistant.id, thread_id=thread.id)
            messages = client.beta.threads.messages.list(thread.id).data
            return run.status, [message.content[0].text.value for message in messages]

    with sync_client(server) as client, ThreadPoolExecutor(8) as pool:
        assistant = client.beta.assistants.create(model=MODEL)
        outcomes = list(pool.map(converse, range(64)))
    assert outcomes == [("completed", ["Good morning.", f"I am {number}"]) for number in range(64)]


async def test_coroutines_threads_and_blocking_calls_share_a_server(server, client, async_client):
    async def polled(client):
        return (await resolve(client.beta.threads.runs.create_and_poll(**await asked(client, "hello")))).status

    def blocking():
        with sync_client(server) as own:
            return asyncio.run(polled(own))

    tasks = [polled(async_client) for _ in range(16)] + [asyncio.to_thread(blocking) for _ in range(4)]
    waiting = asyncio.gather(*tasks)
    assert await polled(client) == "completed"  # blocks the loop that the others run on
    assert await waiting == ["completed"] * 20


async def test_a_server_starts_and_stops_within_an_event_loop():
    with InProcess() as server, sync_client(server) as client:
        async with async_client_of(server) as later:
            assert client.beta.threads.create().object == (await later.beta.threads.create()).object == "thread"


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_each_event_loop_of_a_program_may_call_the_same_server(server, loop_factory):
    async def create():
        async with async_client_of(server) as client:
            return (await client.beta.threads.create()).object

    def run():
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(create())

    assert [run() for _ in range(3)] == ["thread"] * 3


def test_a_run_goes_on_while_no_request_is_made():
    went_on = threading.Event()

    class Slow:
        def turn(self, view):
            yield Wait(0.1)
            went_on.set()
            yield Say("done")

    with InProcess(script=Slow()) as server, sync_client(server) as client:
        assistant = client.beta.assistants.create(model=MODEL)
        run = client.beta.threads.create_and_run(assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "go"}]})  # fmt: skip
        assert went_on.wait(PATIENCE)
        assert client.beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "completed"


# --- start and stop ---------------------------------------------------------------------------------------------------


def test_a_script_that_cannot_be_loaded_is_refused_at_the_start(tmp_path):
    script = tmp_path / "bad.yaml"
    script.write_text("emulator: 1\nturns: [{steps: [{saay: hello}]}]\n")
    with pytest.raises(ScriptError, match=r"bad\.yaml:2"):
        InProcess(script=script).start()


def test_a_fixture_that_is_refused_ends_the_start(tmp_path):
    script = tmp_path / "bad.yaml"
    script.write_text("emulator: 1\nfixtures: {assistants: [{id: asst_a, model: gpt-4o, temperature: 9}]}\nturns: [{steps: [{say: hello}]}]\n")  # fmt: skip
    server = InProcess(script=script)
    with pytest.raises(ScriptError, match="temperature"):
        server.start()
    with pytest.raises(RuntimeError, match="has not been started"):
        server.http_client()


def test_it_starts_once_and_stops_any_number_of_times():
    server = InProcess()
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = server.control
    with server, pytest.raises(RuntimeError, match="already running"):
        server.start()
    server.stop()
    with server, sync_client(server) as client:
        assert client.beta.threads.create().object == "thread"


def test_a_file_keeps_what_was_acknowledged(tmp_path):
    settings = Settings(db=tmp_path / "emulator.sqlite")
    with InProcess(settings) as server, sync_client(server) as client:
        thread = client.beta.threads.create()
    with InProcess(settings) as server, sync_client(server) as client:
        assert client.beta.threads.retrieve(thread.id).id == thread.id


class Held:
    def turn(self, view):
        return [Hold("gate")]


async def test_the_end_of_the_server_ends_its_streams():
    for kind in (InProcess, LiveServer):
        with kind(Settings(clock="frozen"), script=Held()) as server:
            client = sync_client(server)
            stream = client.beta.threads.runs.create(**await asked(client, "hello"), stream=True)
            assert next(stream).event == "thread.run.created"
        assert [event.event for event in stream][-1] == "thread.run.in_progress"
        client.close()


def test_what_is_left_open_makes_no_noise():
    program = """
import logging
import openai
from emulator import InProcess

# In development mode asyncio says which steps took long, too: on a busy machine any may.
logging.getLogger("asyncio").addFilter(lambda record: not record.getMessage().startswith("Executing "))
with InProcess() as server:
    client = openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=server.http_client())
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
    stream = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    print(next(stream).event)
del stream  # without it, the client itself complains at the end of the process
"""
    command = [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "thread.run.created\n", "")


# --- the control API, and who may call --------------------------------------------------------------------------------


def test_the_control_api_answers_without_a_socket():
    with InProcess(Settings(control_token="secret-token")) as server:
        status, body = server.control.send("PUT", "/ns/orders", b'{"clock": "%s"}' % NOON.encode(), "application/json")
        assert (status, json.loads(body)["clock"]["mode"]) == (200, "frozen")
        assert server.control.send("GET", "/ns/nobody")[0] == 404
        with server.http_client(base_url=server.url) as http:
            assert http.get("/_emulator/ns").status_code == 401


def test_a_client_that_looks_elsewhere_is_refused_by_its_host():
    with InProcess() as server, server.http_client() as http:
        assert http.get("https://api.example.com/v1/models").status_code == 403


# --- the HTTP library -------------------------------------------------------------------------------------------------


def test_the_clients_are_those_of_the_library_that_openai_uses(server):
    with server.http_client(timeout=7, headers={"X-One": "1"}) as http:
        assert isinstance(http, openai.DefaultHttpxClient.__mro__[1])
        assert (http.timeout.read, http.headers["x-one"], http.follow_redirects) == (7, "1", True)


@pytest.mark.parametrize("required, expected", [("httpx<1,>=0.23.0", "httpx"), ("httpx2<3,>=2.12.0", "httpx2")])
def test_the_library_is_the_one_that_the_installed_openai_requires(monkeypatch, required, expected):
    monkeypatch.setattr(library, "requires", lambda name: ["anyio<5", required])
    assert library.http_library.__wrapped__().__name__ == expected


def test_without_a_library_the_error_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(library, "_NAMES", ("no_such_library",))
    with pytest.raises(ImportError, match="clients in process need httpx2 or httpx"):
        library.http_library.__wrapped__()
