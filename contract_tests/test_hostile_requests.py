"""Clients that ask for more than anybody needs: what they get is bounded, and others notice nothing."""

import socket

import pytest

from contract_tests.raw_api import raw_api

MODELS = b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sk-emu-x\r\n\r\n"
# More than the buffers of two sockets and what the server reads ahead.
MUCH = 64 << 20


def send_much(client):
    """Send requests; the time-out is one of each call, not of all."""
    sent, many = 0, MODELS * 2_000
    while sent < MUCH:
        sent += client.send(many)


def test_requests_of_a_client_that_reads_no_answer_are_not_taken_in_without_end(server):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.settimeout(5)
        with pytest.raises(TimeoutError):
            send_much(client)


def test_all_requests_of_a_client_that_reads_are_answered(server):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.settimeout(60)
        client.sendall(MODELS * 300)
        answers = b""
        while answers.count(b"HTTP/1.1 200") < 300:
            answers += client.recv(1 << 20)


def test_the_log_of_requests_keeps_the_beginning_of_what_is_long(ns):
    raw_api(ns).get(f"/models?q={'x' * 60_000}")
    raw_api(ns).get(f"/models/{'y' * 60_000}")
    long_query, long_path = ns.requests()[-2:]
    assert (len(long_query["query"]), long_query["query"][-2:]) == (2_001, "x…")
    assert (len(long_path["path"]), long_path["path"][-2:]) == (2_001, "y…")


@pytest.mark.parametrize("path", ["/threads/" + "[" * 100_000, "/" + "*a" * 50_000], ids=["brackets", "stars"])
def test_a_fault_with_an_endless_path_is_refused(ns, path):
    fault = {"match": {"path": path}, "do": {"status": 500}}
    response = ns.http.post(f"{ns.control_url}/faults", json=fault)
    assert response.status_code == 400
    assert "a path has at most 1,000 characters" in response.text


def test_a_part_that_is_named_very_often_is_not_copied_before_the_sizes_are_compared(ns, monkeypatch):
    api = raw_api(ns)
    upload = api.post_json(
        "/uploads", {"filename": "a.txt", "bytes": 10, "mime_type": "text/plain", "purpose": "assistants"}
    )
    part = api.post_json(f"/uploads/{upload['id']}/parts", files={"data": ("p", b"x" * 100)})["id"]
    monkeypatch.setattr("emulator.store.blobs.Blobs.join", None)  # the server runs in this process
    refused = api.post(f"/uploads/{upload['id']}/complete", {"part_ids": [part] * 1_000})
    assert refused.status_code == 400
    assert "100000" in refused.json()["error"]["message"]
    assert api.post(f"/uploads/{upload['id']}/complete", {"part_ids": [part] * 10_001}).status_code == 400


def test_a_message_of_a_failing_run_cannot_steer_the_terminal_that_shows_the_log(ns, caplog):
    ns.load("emulator: 1\nturns: [{when: {message: never}, steps: [{say: x}]}]\n")
    api = raw_api(ns)
    assistant = api.post_json("/assistants", {"model": "gpt-4o"})["id"]
    thread = api.post_json(
        "/threads", {"messages": [{"role": "user", "content": "x\x1b[2J\x1b]0;y\x07" + "z" * 9_000}]}
    )
    run = api.post_json(f"/threads/{thread['id']}/runs", {"assistant_id": assistant})["id"]
    api.get_json(f"/threads/{thread['id']}/runs/{run}")
    lines = [record.getMessage() for record in caplog.records if run in record.getMessage()]
    assert lines
    assert all(line.isprintable() and len(line) < 3_000 for line in lines)
