"""Bad days of replicas and of their database: clients are told to come again, and what was kept goes on by itself."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import psycopg
import pytest

from contract_tests.harness import Namespace
from contract_tests.postgres.cluster import Cluster, name_of
from contract_tests.replicas.proxy import Proxy
from contract_tests.replicas.servers import Replica, Replicas
from emulator.store.postgres.database import MOST_CONNECTIONS, key_of

PATIENCE = 30
HEADERS = {"Authorization": "Bearer sk-anything", "OpenAI-Beta": "assistants=v2"}
LOOKUP = {"emulator": 1, "turns": [{"steps": [{"call": "lookup"}, {"say": "It is {{ outputs.lookup }}."}]}]}
LATER = {"emulator": 1, "turns": [{"steps": [{"wait": "2s"}, {"say": "At last."}]}]}
TOOLS = [{"type": "function", "function": {"name": "lookup"}}]
QUESTION = {"messages": [{"role": "user", "content": "Well?"}]}
# A machine whose clock is wrong, for Python alone.
SKEW = "import os, time\n_time, _by = time.time, float(os.environ['SKEW'])\ntime.time = lambda: _time() + _by\n"


@pytest.fixture(scope="module")
def cluster(postgres):
    """A server of PostgreSQL that may have a bad day; where the shared one runs, it does."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def db(cluster):
    return cluster.create()


@pytest.fixture(scope="module")
def replicas(db):
    with Replicas(db, 3) as replicas:
        yield replicas


@pytest.fixture(scope="module")
def server(replicas):
    with Proxy(replicas.ports) as proxy:
        yield proxy


@pytest.fixture
def ns(request, server, http):
    return Namespace(request.node.originalname.replace("_", "-")[:60], server.url, http)


@pytest.fixture
def client(ns):
    with openai.OpenAI(
        base_url=ns.base_url,
        api_key="sk-anything",
        max_retries=8,
        http_client=openai.DefaultHttpxClient(trust_env=False),
    ) as client:
        yield client


def begin(client, script, ns):
    ns.control("PUT", "/scripts", script)
    assistant = client.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    return client.beta.threads.create_and_run(assistant_id=assistant.id, thread=QUESTION)


def ended(client, run, *statuses):
    """Return the run once it has one of these statuses."""
    deadline = time.monotonic() + PATIENCE
    while (found := client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)).status not in statuses:
        assert time.monotonic() < deadline, found.status
        time.sleep(0.05)
    return found


def said(client, run):
    return [
        message.content[0].text.value for message in client.beta.threads.messages.list(run.thread_id, run_id=run.id)
    ]


def ask(replica, ns, method="POST", path="/threads", **more):
    """Send a request to one replica, without any retry."""
    url = f"{replica.url}/ns/{ns}/v1{path}"
    return httpx.request(method, url, headers=HEADERS, trust_env=False, timeout=PATIENCE, **more)


def is_for_later(response):
    """Return whether a response says to come again, as clients understand it."""
    return (
        response.status_code == 503
        and response.headers["retry-after"] == "1"
        and response.json()["error"]["type"] == "server_error"
    )


@contextlib.contextmanager
def lock_of(db, *names):
    """Hold the locks of namespaces, as a transaction does that takes long."""
    with psycopg.connect(db, autocommit=True) as connection:
        for name in names:
            connection.execute("SELECT pg_advisory_lock(%s)", (key_of(name),))
        yield connection


def waiting_for_locks(cluster):
    (count,) = cluster.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")[0]
    return count


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- the database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_run_that_waits_for_its_client_goes_on_after_a_restart_of_the_database(cluster, client, ns, how):
    run = begin(client, LOOKUP, ns)
    waiting = ended(client, run, "requires_action")
    cluster.restart(how)
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": "windy"}]
    client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
    ended(client, run, "completed")
    assert said(client, run) == ["It is windy."]


def test_time_goes_on_for_a_run_during_which_the_database_restarts(cluster, client, ns):
    run = begin(client, LATER, ns)
    ended(client, run, "in_progress")
    cluster.restart("immediate")
    ended(client, run, "completed")
    assert said(client, run) == ["At last."]


def test_what_comes_while_the_database_is_down_is_to_come_again(cluster, replicas, client, ns):
    thread = client.beta.threads.create()
    cluster.stop("immediate")
    try:
        wanted = [
            (replica, *what)
            for replica in replicas
            for what in (("POST", "/threads"), ("GET", f"/threads/{thread.id}"))
        ]
        with ThreadPoolExecutor() as pool:  # each waits a while for a connection
            asked = [pool.submit(ask, replica, ns.name, method, path) for replica, method, path in wanted]
        assert all(is_for_later(one.result()) for one in asked)
        for replica in replicas:
            assert httpx.get(f"{replica.url}/_emulator/health", trust_env=False).status_code == 200
    finally:
        cluster.start()
    assert client.beta.threads.retrieve(thread.id).id == thread.id
    for replica in replicas:
        wait_until(lambda one=replica: httpx.get(f"{one.url}/_emulator/ready", trust_env=False).status_code == 200)


def test_what_was_under_way_when_connections_were_lost_is_kept_or_to_come_again(cluster, db, replicas, ns):
    kept = []
    for replica in (*replicas, *replicas):
        with lock_of(db, ns.name), ThreadPoolExecutor() as pool:
            asked = pool.submit(ask, replica, ns.name)
            wait_until(lambda: waiting_for_locks(cluster))
            cluster.disconnect(name_of(db))  # the holder of the lock as well
            response = asked.result()
        if response.status_code == 200:  # it was tried once more, on another connection
            kept.append(response.json()["id"])
        else:
            assert is_for_later(response), response.text
            wait_until(lambda one=replica: httpx.get(f"{one.url}/_emulator/ready", trust_env=False).is_success)
    listed = wait_for_threads(ns)
    assert sorted(listed) == sorted(kept)


def wait_for_threads(ns):
    """Return the threads of a namespace, once the database is reached again."""
    path = f"{ns.control_url}/threads"
    wait_until(lambda: ns.http.get(path).status_code in (200, 404))
    found = ns.http.get(path)
    return [one["id"] for one in found.json()["threads"]] if found.status_code == 200 else []


def test_whoever_finds_no_connection_free_is_to_come_again_and_nothing_is_lost(cluster, db, replicas, http):
    names = [f"crowd-{number}" for number in range(MOST_CONNECTIONS + 8)]
    with ThreadPoolExecutor(len(names)) as pool, lock_of(db, *names) as holder:
        asked = {name: pool.submit(ask, replicas[1], name) for name in names}
        wait_until(lambda: sum(one.done() for one in asked.values()) >= 8)
        assert all(is_for_later(one.result()) for one in asked.values() if one.done())
        holder.execute("SELECT pg_advisory_unlock_all()")
        answers = {name: one.result() for name, one in asked.items()}
    kept = {name for name, answer in answers.items() if answer.status_code == 200}
    assert all(is_for_later(answers[name]) for name in set(names) - kept)
    assert 0 < len(kept) < len(names)
    for name in names:
        made = Namespace(name, replicas[0].url, http).control("GET", "/threads")["threads"] if name in kept else []
        assert [one["id"] for one in made] == ([answers[name].json()["id"]] if name in kept else [])
        assert ask(replicas[1], name).status_code == 200


# --- the replicas ---------------------------------------------------------------------------------------------------


def test_time_goes_forward_whichever_clock_a_replica_has(cluster, tmp_path, http):
    (tmp_path / "sitecustomize.py").write_text(SKEW)
    db = cluster.create()
    with contextlib.ExitStack() as stack:
        replicas = []
        for skew in (0, 3_600, -3_600):
            env = {"SKEW": str(skew), "PYTHONPATH": str(tmp_path)}
            replicas.append(Replica(f"skewed-{skew}", db, tmp_path, env=env).start())
            stack.callback(replicas[-1].stop)
        ns = Namespace("skewed", stack.enter_context(Proxy([one.port for one in replicas])).url, http)
        client = stack.enter_context(openai.OpenAI(base_url=ns.base_url, api_key="sk-anything"))
        run = begin(client, LOOKUP, ns)
        begun = time.time()
        times = [client.beta.threads.create().created_at for _ in range(9)]
        assert times == sorted(times)
        assert abs(times[0] - begun) < PATIENCE
        assert (run.expires_at - run.created_at, run.created_at - run.expires_at + 600) == (600, 0)
        waiting = ended(client, run, "requires_action")
        assert abs(waiting.started_at - run.created_at) < PATIENCE
        time.sleep(2)  # whoever's clock is ahead does not let it expire
        assert ended(client, run, "requires_action", "expired").status == "requires_action"


def test_a_rolling_restart_under_load_fails_no_request_that_a_client_repeats(replicas, ns, client):
    ns.control("PUT", "/scripts", LOOKUP)
    assistant = client.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    over, made = threading.Event(), []

    def converse():
        while not over.is_set():
            run = client.beta.threads.create_and_run(assistant_id=assistant.id, thread=QUESTION)
            waiting = ended(client, run, "requires_action")
            (call,) = waiting.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": run.id}]
            with contextlib.suppress(openai.BadRequestError):  # the first answer was lost, and it was repeated
                client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
            ended(client, run, "completed")
            made.append(run)

    with ThreadPoolExecutor() as pool:
        working = [pool.submit(converse) for _ in range(3)]
        try:
            for replica in replicas:
                before = len(made)
                assert replica.stop() == 0, replica.said
                replica.start()
                wait_until(lambda before=before: len(made) > before or any(one.done() for one in working))
        finally:
            over.set()
        for one in working:
            one.result()
    assert {tuple(said(client, run)) for run in made} == {(f"It is {run.id}.",) for run in made}
