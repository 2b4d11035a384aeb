"""Replicas in processes of their own: what each of them says of what all of them did."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time

import httpx
import psycopg
import pytest

from contract_tests.postgres.cluster import name_of
from contract_tests.replicas.servers import Replica, Replicas
from emulator.store.tables import SCHEMA_VERSION

HEADERS = {"authorization": "Bearer sk-emu-a", "openai-beta": "assistants=v2"}
NAMES = (f"state-{number}" for number in itertools.count())


class Clients:
    """A client of each replica. Requests to the API go to one after the other."""

    def __init__(self, ports):
        self.all = [httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=30) for port in ports]
        self._turns = itertools.cycle(self.all)
        self.name = next(NAMES)

    def ask(self, method, path, **body):
        response = next(self._turns).request(method, f"/ns/{self.name}/v1{path}", json=body or None)
        return response.json()

    def control(self, place, method, path="", **options):
        response = self.all[place].request(method, f"/_emulator/ns/{self.name}{path}", **options)
        assert response.status_code < 300, response.text
        return response.json()

    def everywhere(self, path):
        """Return what all replicas answer, which has to be the same."""
        first, *others = [self.control(place, "GET", path) for place in range(len(self.all))]
        for answer in (first, *others):
            answer.get("clock", {}).pop("now", None)
        assert others == [first] * len(others)
        return first


@pytest.fixture(scope="module")
def replicas(postgres, migrated):
    url = postgres.create(migrated)
    with Replicas(url, 3, "--grace", "0.2") as replicas:
        yield replicas
    postgres.drop(url)


@pytest.fixture
def clients(replicas):
    with contextlib.ExitStack() as stack:
        clients = Clients(replicas.ports)
        for one in clients.all:
            stack.enter_context(one)
        clients.control(0, "PUT", json={})
        yield clients


def test_each_replica_lists_the_requests_of_all(clients):
    for _ in range(30):
        clients.ask("POST", "/threads")
    listed = clients.everywhere("/requests?bodies=true")
    assert len({request["id"] for request in listed["requests"]}) == 30
    assert all(request["answer"]["body"]["object"] == "thread" for request in listed["requests"])
    for place in range(3):
        clients.control(
            place, "POST", "/requests/verify", json={"match": {"method": "POST", "path": "/threads"}, "times": 30}
        )


def test_the_log_is_in_the_order_in_which_requests_ended_whoever_answered(clients):
    asked = [clients.ask("POST", "/threads", metadata={"number": str(number)})["id"] for number in range(40)]
    listed = clients.everywhere("/requests?bodies=true")["requests"]
    assert [request["thread"] or request["answer"]["body"]["id"] for request in listed] == asked


def test_each_replica_knows_what_clients_met_on_all(clients):
    assistant = clients.ask("POST", "/assistants", model="gpt-4o")["id"]
    for _ in range(3):
        thread = clients.ask("POST", "/threads", messages=[{"role": "user", "content": "Fog?"}])["id"]
        run = clients.ask("POST", f"/threads/{thread}/runs", assistant_id=assistant)["id"]
        for _ in range(3):
            clients.ask("GET", f"/threads/{thread}/runs/{run}")
    met = clients.everywhere("/coverage")["met"]
    assert met["run queued"] == 3
    assert clients.everywhere("/verdict")["requests"] == 16
    clients.control(1, "POST", "/reset")
    assert clients.everywhere("/coverage")["met"] == met
    assert clients.everywhere("/requests")["requests"] == []
    clients.control(2, "DELETE", "/coverage")
    assert clients.everywhere("/coverage")["met"] == {}


def test_each_replica_follows_what_is_set_on_another(clients):
    clients.control(0, "PUT", json={"strict": True, "clock": {"mode": "frozen", "at": "2026-01-05T09:00:00Z"}})
    assert clients.everywhere("")["strict"] is True
    clients.control(1, "POST", "/clock/advance", json={"by": "60s"})
    made = [clients.ask("POST", "/threads")["created_at"] for _ in range(3)]
    assert made == [1_767_603_660] * 3
    clients.control(2, "PUT", "/scripts", json={"emulator": 1, "turns": [{"steps": [{"say": "Fog."}]}]})
    assert clients.everywhere("/scripts")["version"] == 1


def test_a_deleted_namespace_is_gone_everywhere(clients):
    clients.ask("POST", "/threads")
    clients.control(1, "DELETE")
    for one in clients.all:
        assert one.get(f"/_emulator/ns/{clients.name}/requests").status_code == 404
    clients.ask("POST", "/threads")
    assert len(clients.everywhere("/requests")["requests"]) == 1


def test_each_replica_shows_the_pages_of_all(clients):
    clients.ask("POST", "/threads")
    for path in ("", "/requests", "/report", "/threads", "/runs", "/verification", "/snapshots"):
        for one in clients.all:
            assert one.get(f"/_emulator/inspector/ns/{clients.name}{path}").status_code == 200
    for one in clients.all:
        assert clients.name in one.get("/_emulator/inspector").text


def test_nobody_waits_long_for_a_replica_that_stands_still_and_it_misses_nothing(replicas, clients):
    clients.ask("POST", "/threads")
    os.kill(replicas[1].pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        clients.control(0, "PUT", json={"strict": True})
        assert time.monotonic() - began < 8
    finally:
        os.kill(replicas[1].pid, signal.SIGCONT)
    assert clients.control(1, "GET")["strict"] is True
    assert clients.everywhere("")["strict"] is True


def test_a_killed_replica_is_missed_by_nobody_and_may_come_back(replicas, clients):
    clients.ask("POST", "/threads")
    clients.everywhere("/requests")
    replicas[2].kill()
    clients.control(0, "PUT", json={"strict": True})
    assert len(clients.control(1, "GET", "/requests")["requests"]) == 1
    replicas[2].start()
    assert clients.everywhere("")["strict"] is True


def test_one_that_differs_is_refused_and_the_others_go_on(replicas, clients, tmp_path):
    script = tmp_path / "fog.yaml"
    script.write_text("emulator: 1\nturns:\n  - steps: [{say: Fog.}]\n")
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--db", _db(replicas), "--script", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "works on this database with other scripts: start this one with the same, or stop" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    clients.ask("POST", "/threads")
    assert len(clients.everywhere("/requests")["requests"]) == 1


def test_the_schema_is_not_changed_under_those_who_work_with_it(postgres, migrated, tmp_path):
    url = postgres.create(migrated)
    old, new = Replica("old", url, tmp_path).start(), Replica("new", url, tmp_path)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE emulator_schema SET version = %s", (SCHEMA_VERSION - 1,))
    try:
        with pytest.raises(RuntimeError, match="works with the old one: stop all others first"):
            new.launch().wait()
    finally:
        assert old.stop() == 0
    assert new.start().stop() == 0
    postgres.drop(url)


def test_replicas_that_lose_their_connections_go_on_together_by_themselves(postgres, replicas, clients):
    clients.ask("POST", "/threads")
    clients.everywhere("/requests")
    postgres.disconnect(name_of(_db(replicas)))
    until = time.monotonic() + 30
    for one in clients.all:
        while one.put(f"/_emulator/ns/{clients.name}", json={"strict": True}).status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.2)
        while any(other.get(f"/_emulator/ns/{clients.name}").status_code != 200 for other in clients.all):
            assert time.monotonic() < until
            time.sleep(0.2)
        assert clients.everywhere("")["strict"] is True
        clients.control(0, "PUT", json={"strict": False})
    assert len(clients.everywhere("/requests")["requests"]) == 1


def _db(replicas):
    command = replicas[0]._command
    return command[command.index("--db") + 1]
