"""Faults of whole answers: late, replaced, broken off, or none at all; the work is done first where the fault says so."""

import socket
import threading
import time

import httpx
import openai
import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import raw_api

PATIENCE = 60
SHORT = 0.3


@pytest.fixture
def once(client):
    """The client without retries."""
    return client.with_options(max_retries=0)


@pytest.fixture
def impatient(client):
    return client.with_options(max_retries=0, timeout=SHORT)


def create(client):
    return client.beta.assistants.create(model=MODEL, name="made")


def made(raw):
    """Return how many assistants there are."""
    return len(raw.get("/assistants").json()["data"])


def wait_for(condition):
    """Return once a condition holds; fail where it never does."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def hits(ns):
    return [fault["hits"] for fault in ns.control("GET", "/faults")["faults"]]


# --- late -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before, done", [(True, 0), (False, 1)])
def test_a_client_times_out_on_a_delay_and_the_work_is_done_only_where_it_comes_first(ns, raw, impatient, before, done):
    ns.fault({"delay": "1h", "before": before}, method="POST", path="/assistants", times=1)
    with pytest.raises(openai.APITimeoutError):
        create(impatient)
    # The request ends where its client has gone: its line in the log comes last.
    wait_for(lambda: [one["status"] for one in ns.requests() if one["method"] == "POST"])
    assert made(raw) == done
    assert [one["status"] for one in ns.requests() if one["method"] == "POST"] == [499]
    assert hits(ns) == [1]


def test_a_delay_passes_in_a_namespace_that_was_reset_as_in_any_other(ns, once):
    create(once)
    ns.control("POST", "/reset")
    ns.fault({"delay": "5ms"}, method="POST", path="/assistants")
    assert create(once).name == "made"
    assert hits(ns) == [1]


def test_a_client_that_retries_after_a_time_out_meets_what_was_done(ns, raw, client):
    ns.fault({"delay": "1h", "before": False}, method="POST", path="/assistants", times=1)
    create(client.with_options(max_retries=1, timeout=SHORT))
    assert made(raw) == 2


@pytest.mark.parametrize("before", [True, False])
def test_a_delay_passes_on_the_clock_of_the_machine(frozen, raw, once, before):
    frozen.fault({"delay": "5ms", "before": before}, method="POST")
    assert create(once).name == "made"
    assert hits(frozen) == [1]


def test_a_body_that_comes_while_its_request_is_delayed_is_read_whole(ns, raw):
    ns.fault({"delay": "20ms"}, method="POST", path="/files")
    data = bytes(range(256)) * 20_000
    stored = raw_api(ns).upload("a.png", data, "vision")
    assert stored["bytes"] == len(data)
    assert raw.get(f"/files/{stored['id']}/content").content == data


@pytest.mark.parametrize("end", [("DELETE", "/faults"), ("POST", "/reset")], ids=str)
def test_removing_the_faults_ends_a_delay_and_the_request_goes_on(ns, client, end):
    ns.fault({"delay": "1h"}, method="POST", path="/assistants")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(create(client)))
    asking.start()
    wait_for(lambda: hits(ns) == [1])
    ns.control(*end)
    asking.join(PATIENCE)
    assert [one.name for one in answers] == ["made"]


def test_an_error_may_come_late(ns, raw, impatient, once):
    ns.fault({"delay": "1h", "status": 503}, method="POST", times=1)
    ns.fault({"delay": "1ms", "status": 503}, method="POST", times=1)
    with pytest.raises(openai.APITimeoutError):
        create(impatient)
    with pytest.raises(openai.InternalServerError):
        create(once)
    assert made(raw) == 0


def test_other_requests_are_answered_while_one_is_delayed(ns, raw, client):
    ns.fault({"delay": "1h"}, method="POST", path="/assistants")
    asking = threading.Thread(target=create, args=(client,))
    asking.start()
    wait_for(lambda: hits(ns) == [1])
    assert raw.get("/models").status_code == 200
    ns.control("DELETE", "/faults")
    asking.join(PATIENCE)


# --- replaced -------------------------------------------------------------------------------------------------------


def test_an_error_may_come_behind_the_work(ns, raw, once):
    ns.fault({"status": 500, "before": False}, method="POST", path="/assistants", times=1)
    with pytest.raises(openai.InternalServerError):
        create(once)
    assert made(raw) == 1


def test_a_retry_after_such_an_error_does_the_work_twice(ns, raw, client):
    do = {"status": 500, "before": False, "headers": {"retry-after-ms": "1"}}
    ns.fault(do, method="POST", path="/assistants", times=1)
    create(client)
    assert made(raw) == 2


def test_a_stream_whose_answer_is_replaced_holds_nothing_up(ns, client, raw, thread, assistant):
    ns.play({"say": "one " * 3000, "stream": {"chunk": "word"}})
    ns.fault({"status": 500, "before": False}, path="/threads/*/runs", method="POST", times=1)
    refused = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    assert refused.status_code == 500
    (run,) = client.beta.threads.runs.list(thread.id).data
    assert run.status == "completed"


# --- none -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before, done", [(True, 0), (False, 1)])
def test_a_connection_is_reset_before_or_behind_the_work(ns, raw, once, before, done):
    ns.fault({"disconnect": True, "before": before}, method="POST", path="/assistants", times=1)
    with pytest.raises(openai.APIConnectionError):
        create(once)
    assert made(raw) == done
    assert hits(ns) == [1]


def test_a_client_that_retries_after_a_reset_does_the_work_twice(ns, raw, client):
    ns.fault({"disconnect": True, "before": False}, method="POST", path="/assistants", times=1)
    create(client)
    assert made(raw) == 2


def test_the_connection_is_really_reset_without_a_byte(ns, server):
    ns.fault({"disconnect": True}, path="/models", times=1)
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=PATIENCE) as client:
        client.sendall(f"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {ns.key}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_the_next_request_gets_a_new_connection(ns, raw):
    ns.fault({"disconnect": True}, path="/models", times=1)
    with pytest.raises(httpx.ReadError):
        raw.get("/models")
    assert raw.get("/models").status_code == 200


@pytest.mark.parametrize("stream", [True, False])
def test_a_run_goes_on_behind_a_reset(ns, raw, thread, assistant, stream):
    ns.play({"say": "done"})
    ns.fault({"disconnect": True, "before": False}, method="POST", path="/threads/*/runs")
    with pytest.raises(httpx.ReadError):
        raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": stream})
    assert [run["status"] for run in raw.get(f"/threads/{thread.id}/runs").json()["data"]] == ["completed"]


def test_a_reset_may_come_late(ns, raw, impatient, once):
    ns.fault({"delay": "1ms", "disconnect": True}, method="POST", times=1)
    with pytest.raises(openai.APIConnectionError):
        create(once)
    assert made(raw) == 0


def test_a_request_without_an_answer_stands_in_the_log(ns, raw):
    ns.fault({"disconnect": True}, path="/models")
    with pytest.raises(httpx.ReadError):
        raw.get("/models")
    assert [(one["path"], one["status"]) for one in ns.requests()] == [("/models", 0)]


# --- broken off -----------------------------------------------------------------------------------------------------


def received(raw, path):
    """Return the status, the announced length and the bytes that came of an answer which breaks off."""
    pieces = []
    with raw.stream("GET", path) as response, pytest.raises(httpx.RemoteProtocolError):
        pieces.extend(response.iter_raw())
    return response.status_code, int(response.headers["content-length"]), b"".join(pieces)


@pytest.mark.parametrize("length", [0, 1, 20])
def test_a_document_breaks_off_against_its_length(ns, raw, length):
    whole = raw.get("/models").content
    ns.fault({"truncate": length}, path="/models", times=1)
    assert received(raw, "/models") == (200, len(whole), whole[:length])
    assert raw.get("/models").content == whole


@pytest.mark.parametrize("length", [0, 100, 2_000_000])
def test_the_bytes_of_a_file_break_off_too(ns, raw, length):
    data = bytes(range(256)) * 10_000
    stored = raw_api(ns).upload("a.png", data, "vision")
    ns.fault({"truncate": length}, path="/files/*/content", times=1)
    assert received(raw, f"/files/{stored['id']}/content") == (200, len(data), data[:length])
    assert raw.get(f"/files/{stored['id']}/content").content == data


def test_the_client_raises_what_breaks_off(ns, raw, once):
    ns.fault({"truncate": 20}, method="POST", path="/assistants", times=1)
    with pytest.raises(openai.APIConnectionError):
        create(once)
    assert made(raw) == 1


def test_an_error_breaks_off_as_well(ns, raw):
    ns.fault({"truncate": 5}, path="/assistants/*")
    with pytest.raises(httpx.RemoteProtocolError):
        raw.get("/assistants/asst_none")


def test_an_answer_that_is_shorter_spends_no_truncation(ns, raw):
    whole = raw.get("/models").content
    ns.fault({"truncate": len(whole)}, path="/models", times=1)
    assert raw.get("/models").content == whole
    assert hits(ns) == [0]


def test_a_late_answer_may_break_off(ns, raw):
    ns.fault({"delay": "1ms", "truncate": 5}, path="/models")
    with pytest.raises(httpx.RemoteProtocolError):
        raw.get("/models")
    assert hits(ns) == [1]
