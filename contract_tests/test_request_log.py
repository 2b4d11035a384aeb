"""The request log: what a program sent, what it was answered, what that was about, and which requests are listed."""

import json
import socket

import pytest

from contract_tests.raw_api import raw_api
from emulator.domain import request_log
from emulator.domain.request_log import LoggedRequest, LogRoom, RequestLog
from emulator.service.request_log import whole

SECRET = "q7Zx9Lw2Vb"
TODAY = ["id", "method", "path", "query", "status", "ms"]


def entries(ns, **query):
    return ns.control("GET", "/requests", params={"bodies": True, **query})["requests"]


def last(ns, **query):
    return entries(ns, **query)[-1]


# --- what an entry holds ---------------------------------------------------------------------------------------------


def test_a_request_is_logged_with_what_was_sent_and_what_was_answered(ns, raw):
    created = raw.post("/assistants", json={"model": "m", "name": "Ada"}, headers={"X-Test": "yes"}).json()
    entry = last(ns)
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/assistants", 200)
    assert (entry["namespace"], entry["sent_path"], entry["mount"]) == (ns.name, "/v1/assistants", "openai")
    assert entry["body"] == {"model": "m", "name": "Ada"}
    assert entry["headers"]["x-test"] == "yes"
    assert entry["headers"]["openai-beta"] == "assistants=v2"
    assert (entry["body_bytes"], entry["body_cut"]) == (int(entry["headers"]["content-length"]), False)
    answer = entry["answer"]
    assert answer["body"] == created
    assert answer["headers"]["x-request-id"] == entry["id"]
    assert (answer["body_bytes"], answer["body_cut"]) == (int(answer["headers"]["content-length"]), False)
    assert (entry["fault"], entry["hint"], entry["thread"], entry["run"]) == (None, None, None, None)


def test_headers_and_bodies_are_listed_only_where_they_are_asked_for(ns, raw):
    raw.get("/models")
    (entry,) = ns.requests()
    assert list(entry)[: len(TODAY)] == TODAY
    assert not {"headers", "body", "answer"} & set(entry)


def test_a_path_is_logged_as_it_was_sent_with_its_namespace_and_its_mount(ns, raw):
    ns.http.get(f"{ns.url}/ns/{ns.name}/v1/models/a%20b", headers={"Authorization": "Bearer x"})
    ns.http.get(f"{ns.url}/openai/assistants?api-version=2024-05-01-preview", headers={"api-key": ns.key})
    first, second = ns.requests()
    assert (first["path"], first["sent_path"]) == ("/models/a b", f"/ns/{ns.name}/v1/models/a%20b")
    assert (second["path"], second["sent_path"], second["mount"]) == ("/assistants", "/openai/assistants", "azure")


def test_a_body_that_is_no_json_is_logged_as_a_text(ns, raw):
    raw.post("/threads", content=b'{"messages": ', headers={"content-type": "application/json"})
    entry = last(ns)
    assert (entry["status"], entry["body"]) == (400, '{"messages": ')


@pytest.mark.parametrize(
    "sent, shown", [(b"\xff\xfe\x00", None), (b"", None), ("ä".encode(), "ä"), (b"[" * 5_000, "[" * 5_000)]
)
def test_whatever_a_body_is_the_log_can_be_read(ns, raw, sent, shown):
    raw.post("/threads", content=sent)
    entry = last(ns)
    assert (entry["body"], entry["body_bytes"]) == (shown, len(sent))


def test_of_a_long_body_the_beginning_is_kept(ns, raw):
    content = "ä" * 20_000
    created = raw.post("/threads", json={"messages": [{"role": "user", "content": content}]})
    raw.get(f"/threads/{created.json()['id']}/messages")
    post, listing = entries(ns)
    assert post["body_cut"] is True
    assert post["body_bytes"] > 40_000
    assert post["body"].startswith('{"messages":[{"role":"user","content":"')
    assert len(post["body"].encode()) <= request_log.MOST_BODY_BYTES
    assert listing["answer"]["body_cut"] is True
    assert len(listing["answer"]["body"].encode()) <= request_log.MOST_BODY_BYTES


def test_an_upload_is_logged_by_its_fields_and_the_name_and_size_of_its_file(ns):
    file = raw_api(ns).upload("tides.txt", f"high water {SECRET}".encode(), purpose="user_data")
    entry = last(ns)
    assert entry["body"] == {"purpose": "user_data", "file": {"filename": "tides.txt", "bytes": 21}}
    assert entry["body_bytes"] == int(entry["headers"]["content-length"])
    assert entry["body_cut"] is False
    raw_api(ns).get(f"/files/{file['id']}/content")
    entry = last(ns)
    assert (entry["answer"]["body"], entry["answer"]["body_bytes"]) == (None, 21)
    assert SECRET not in str(entries(ns))


def test_of_a_stream_the_log_keeps_what_was_sent(ns, raw, stream_events):
    ns.play({"say": "Low water at noon."})
    events = stream_events()
    entry = last(ns)
    assert entry["body"]["stream"] is True
    assert entry["answer"]["body"].startswith("event: thread.run.created\ndata: {")
    assert entry["answer"]["body"].endswith("data: [DONE]\n\n")
    assert (entry["run"], entry["thread"]) == (events[0][1]["id"], events[0][1]["thread_id"])


def test_of_a_long_stream_the_log_keeps_the_beginning(ns, stream_events):
    ns.play({"say": "word " * 2_000})
    stream_events()
    answer = last(ns)["answer"]
    assert answer["body_cut"] is True
    assert len(answer["body"]) == request_log.MOST_BODY_BYTES
    assert answer["body_bytes"] > request_log.MOST_BODY_BYTES


def test_what_a_refused_request_has_sent_is_logged_too(ns, raw):
    ns.fault({"status": 429}, path="/threads", times=1)
    bodies = [{"metadata": {"try": str(number)}} for number in range(2)]
    for body in bodies:
        raw.post("/threads", json=body)
    raw.post("/threads/thread_1/nothing", json={"a": 1})
    assert [(one["status"], one["body"]) for one in entries(ns)] == [
        (429, bodies[0]),
        (200, bodies[1]),
        (404, {"a": 1}),
    ]


@pytest.mark.parametrize("expect", ["Expect: 100-continue\r\n", ""], ids=["asks first", "sends late"])
def test_a_refusal_does_not_depend_on_a_body_that_only_the_log_needs(ns, expect):
    head = f"POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ns.key}\r\nContent-Length: 2\r\n{expect}\r\n"
    with socket.create_connection(("127.0.0.1", int(ns.url.rpartition(":")[2]))) as client:
        client.settimeout(60)
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 404")
    entry = last(ns)
    assert (entry["body"], entry["body_bytes"], entry["body_cut"]) == (None, 2, True)


# --- what it is about ------------------------------------------------------------------------------------------------


def test_an_entry_names_the_thread_and_the_run_that_it_is_about(ns, client, assistant):
    thread = client.beta.threads.create()
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    both = client.beta.threads.create_and_run(assistant_id=assistant.id)
    client.beta.threads.messages.list(thread.id)
    about = [(one["method"], one["path"].split("/")[-1], one["thread"], one["run"]) for one in ns.requests()[1:]]
    assert about == [
        ("POST", "threads", thread.id, None),
        ("POST", "runs", thread.id, run.id),
        ("GET", run.id, thread.id, run.id),
        ("GET", "steps", thread.id, run.id),
        ("POST", "runs", both.thread_id, both.id),
        ("GET", "messages", thread.id, None),
    ]


def test_a_request_that_makes_no_run_names_none(ns, raw, thread):
    raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": "asst_none"})
    entry = ns.requests()[-1]
    assert (entry["status"], entry["thread"], entry["run"]) == (404, thread.id, None)


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": f"Bearer sk-proj-{SECRET}"},
        {"Authorization": SECRET},
        {"api-key": SECRET},
        {"x-api-key": SECRET},
        {"Ocp-Apim-Subscription-Key": SECRET},
        {"Cookie": f"session={SECRET}"},
        {"Cookie": f"session={SECRET}; key= sk-emu-x"},
        {"X-Password": f"{SECRET} horse"},
        {"Proxy-Authorization": f"Basic {SECRET}"},
        {"X-Auth-Token": SECRET},
        {"X-Forwarded-Url": f"https://x.example/?a=1&sig={SECRET}"},
        {"X-Note": f"use sk-{SECRET}"},
    ],
    ids=" ".join,
)
def test_keys_in_headers_are_masked(ns, headers):
    path = f"{ns.url}/ns/{ns.name}/v1/models"
    ns.http.get(path, headers={"Authorization": "Bearer x", **headers})
    entry = last(ns)
    assert SECRET not in str(entry)
    assert "***" in entry["headers"][next(iter(headers)).lower()]


def test_keys_of_the_emulator_and_ids_of_attempts_are_shown(ns, raw):
    raw.get("/models", headers={"Idempotency-Key": "attempt-7"})
    headers = last(ns)["headers"]
    assert headers["authorization"] == f"Bearer {ns.key}"
    assert headers["idempotency-key"] == "attempt-7"


@pytest.mark.parametrize(
    "secret",
    [
        {"api_key": SECRET},
        {"apiKey": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"headers": {"X-Api-Key": SECRET}},
        {"password": SECRET},
        {"credentials": {"type": "basic", "value": SECRET}},
        {"tokens": [SECRET]},
        {"note": f"my key is sk-proj-{SECRET}, keep it"},
        {f"sk-proj-{SECRET}": "x"},
        {"url": f"https://blob.example/a?se=2026&sig={SECRET}"},
        {"output": json.dumps({"access_token": SECRET, "n": 1})},
        {"output": json.dumps({"inner": json.dumps({"api_key": SECRET})})},
        {"curl": f"-H 'Authorization: Bearer {SECRET}{SECRET}'"},
        {"client_secret": SECRET},
        {"note": f"the password: {SECRET}"},
        {"note": f"run OPENAI_API_KEY={SECRET} make"},
        {"clientsecret": SECRET},
        {"access_token": SECRET},
    ],
    ids=lambda secret: json.dumps(secret).replace(SECRET, "S")[:60],
)
@pytest.mark.parametrize("broken", [False, True], ids=["json", "text"])
def test_keys_in_bodies_are_masked(ns, raw, secret, broken):
    text = json.dumps(secret)
    raw.post("/threads", content=(text[:-1] if broken else text).encode())
    assert SECRET not in str(entries(ns))
    assert "***" in str(last(ns)["body"])


def test_keys_in_answers_and_in_paths_as_they_were_sent_are_masked(ns, raw):
    raw.post("/threads", json={"metadata": {"api_key": SECRET, "note": f"sk-{SECRET}"}})
    raw.get(f"/models/sk%2Dproj%2D{SECRET}")
    raw.get(f"/threads/sk-proj-{SECRET}/runs/sk-{SECRET}")
    shown = entries(ns)
    assert SECRET not in str(shown)
    assert shown[0]["answer"]["body"]["metadata"] == {"api_key": "***", "note": "***"}


def test_keys_in_streams_are_masked(ns, stream_events):
    ns.play({"say": f"it is sk-proj-{SECRET}"})
    stream_events(metadata={"password": SECRET})
    assert SECRET not in str(entries(ns))


def test_what_only_resembles_a_key_is_shown(ns, raw):
    schema = {"type": "object", "properties": {"api_key": {"type": "string", "description": "of the map"}}}
    body = {
        "model": "m",
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
        "metadata": {"author": "Ada", "keyboard": "qwerty", "note": "the key: a minor"},
    }
    raw.post("/assistants", json=body)
    raw.post("/threads/runs", json={"assistant_id": "asst_1", "max_completion_tokens": 500})
    raw.post(
        "/vector_stores/vs_1/search", json={"query": "x", "filters": {"type": "eq", "key": "town", "value": "Husum"}}
    )
    first, second, third = entries(ns)
    assert first["body"] == body
    assert second["body"]["max_completion_tokens"] == 500
    assert third["body"]["filters"]["key"] == "town"


# --- which are listed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"method": "get"}, [1, 3]),
        ({"path": "/threads/*"}, [1]),
        ({"path": "/v1/threads/**"}, [0, 1, 2, 3]),
        ({"path": "/ns/x/v1/models"}, []),
        ({"status": 404}, [3]),
        ({"method": "POST", "path": "/threads/*/messages"}, [2]),
    ],
    ids=str,
)
def test_requests_are_listed_by_method_path_and_status(ns, raw, query, expected):
    thread = raw.post("/threads", json={}).json()["id"]
    raw.get(f"/threads/{thread}")
    raw.post(f"/threads/{thread}/messages", json={"role": "user", "content": "hi"})
    raw.get(f"/threads/{thread}/runs/run_none")
    ids = [one["id"] for one in ns.requests()]
    assert [one["id"] for one in ns.control("GET", "/requests", params=query)["requests"]] == [ids[n] for n in expected]


def test_requests_are_listed_by_run_and_thread(ns, client, assistant):
    runs = [client.beta.threads.create_and_run_poll(assistant_id=assistant.id) for _ in range(2)]
    for run in runs:
        for about in ({"run": run.id}, {"thread": run.thread_id}):
            listed = ns.control("GET", "/requests", params=about)["requests"]
            assert [one["method"] for one in listed] == ["POST", "GET"]
            assert {one["run"] for one in listed} == {run.id}


def test_requests_are_listed_page_by_page(ns, raw):
    for number in range(5):
        raw.get(f"/models?n={number}")
    first = ns.control("GET", "/requests", params={"limit": 3})
    assert [one["query"] for one in first["requests"]] == ["n=0", "n=1", "n=2"]
    assert (first["has_more"], first["dropped"]) == (True, 0)
    second = ns.control("GET", "/requests", params={"limit": 3, "after": first["requests"][-1]["id"]})
    assert [one["query"] for one in second["requests"]] == ["n=3", "n=4"]
    assert second["has_more"] is False
    assert ns.control("GET", "/requests", params={"limit": 5})["has_more"] is False


@pytest.mark.parametrize(
    "query, param",
    [({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"after": "req_none"}, "after"), ({"path": "threads"}, "path"),
     ({"status": "x"}, "status"), ({"bodies": "some"}, "bodies")],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(ns, query, param):
    assert ns.control("GET", "/requests", params=query, status=400)["error"]["param"] == param


def test_the_log_of_an_unknown_namespace_is_none(ns):
    assert ns.http.get(f"{ns.url}/_emulator/ns/never-made/requests").status_code == 404


def test_a_reset_empties_the_log(ns, raw):
    raw.get("/models")
    ns.control("POST", "/reset")
    assert ns.control("GET", "/requests") == {"requests": [], "dropped": 0, "has_more": False}


# --- bounds ----------------------------------------------------------------------------------------------------------


def request(number, size=1_000):
    about = (f"req_{number}", "POST", "/x", b"", b"/v1/x", "openai", 200, 1.0, None, None, None, None)
    return LoggedRequest(*about, (), size, b"x" * size, None, (), 0, b"")


def ids(log):
    return [one.id for one in log]


def test_a_namespace_keeps_its_newest_requests(monkeypatch):
    monkeypatch.setattr(request_log, "MOST_REQUESTS", 3)
    log = RequestLog(LogRoom())
    for number in range(5):
        log.append(request(number))
    assert (ids(log), log.dropped) == (["req_2", "req_3", "req_4"], 2)


def test_all_namespaces_share_the_room_for_contents_and_the_oldest_give_way():
    room = LogRoom(most_bytes=5_000)
    logs = [RequestLog(room) for _ in range(3)]
    for number in range(9):
        logs[number % 3].append(request(number))
    kept = [one.id for log in logs for one in log if one.has_contents]
    assert sorted(kept) == ["req_4", "req_5", "req_6", "req_7", "req_8"]
    assert [len(ids(log)) for log in logs] == [3, 3, 3]


def test_all_namespaces_share_the_room_for_requests_and_the_oldest_give_way():
    room = LogRoom(most_requests=4)
    logs = [RequestLog(room) for _ in range(3)]
    for number in range(9):
        logs[number % 3].append(request(number))
    assert [ids(log) for log in logs] == [["req_6"], ["req_7"], ["req_8"]]
    assert [log.dropped for log in logs] == [2, 2, 2]


def test_what_is_the_same_as_before_takes_no_room_twice():
    log = RequestLog(LogRoom(most_bytes=40_000))
    for number in range(100):
        polled = request(number, size=0)
        polled.headers, polled.answer = [(b"host", b"x" * 1_000)], b"run" * 5_000
        log.append(polled)
    assert all(one.has_contents for one in log)
    assert len({id(one.answer) for one in log}) == len({id(one.headers) for one in log}) == 1


def test_what_is_the_same_as_something_that_gave_way_takes_room_again():
    room = LogRoom(most_bytes=3_000)
    log = RequestLog(room)
    for number, size in enumerate([0, 2_500, 0]):
        one = request(number, size)
        one.answer = b"y" * 1_000
        log.append(one)
    assert [one.has_contents for one in log] == [False, False, True]
    assert room.bytes == 1_000


def test_what_is_forgotten_leaves_its_room_to_others():
    room = LogRoom(most_bytes=5_000)
    first, second = RequestLog(room), RequestLog(room)
    for number in range(4):
        first.append(request(number))
    first.end()
    first.append(request(9))
    for number in range(4):
        second.append(request(number))
    assert ids(first) == []
    assert all(one.has_contents for one in second)


def test_a_request_whose_contents_had_to_give_way_says_so():
    log = RequestLog(LogRoom(most_bytes=0))
    log.append(request(1))
    (entry,) = (whole("x", one) for one in log)
    assert (entry["headers"], entry["body"], entry["body_bytes"], entry["body_cut"]) == ({}, None, 1_000, True)
    assert entry["answer"] == {"headers": {}, "body": None, "body_bytes": 0, "body_cut": False}
