"""Verifying requests: which ones a test expects, how often, and which came nearest where that does not hold."""

import json

import pytest

from emulator.domain.request_log import LoggedRequest
from emulator.service.expected_requests import Expected
from emulator.service.verification import Times, verify

SECRET = "q7Zx9Lw2Vb"


def verification(ns, match, times=None, status=200):
    body = {"match": match, **({} if times is None else {"times": times})}
    return ns.control("POST", "/requests/verify", body, status=status)


def failed(ns, match, times=None):
    error = verification(ns, match, times, 422)["error"]
    assert (error["type"], error["code"]) == ("control_error", "verification_failed")
    return error


@pytest.fixture
def sent(ns, raw):
    """Two threads, of which the second has a message, and a run that was refused."""
    first = raw.post("/threads", json={"metadata": {"user": "Ada", "town": "Husum"}}).json()["id"]
    second = raw.post("/threads?trace=7", json={"messages": [{"role": "user", "content": "hi"}]}).json()["id"]
    raw.post(f"/threads/{first}/runs", json={"assistant_id": "asst_2"}, headers={"X-Team": "harbour"})
    raw.get(f"/threads/{second}/messages?limit=3&order=asc")
    return first, second


# --- what matches ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "match, expected",
    [
        ({}, [0, 1, 2, 3]),
        ({"method": "post"}, [0, 1, 2]),
        ({"path": "/threads"}, [0, 1]),
        ({"path": "/v1/threads"}, [0, 1]),
        ({"path": "/ns/x/v1/threads/*/runs"}, [2]),
        ({"path": "/threads/**"}, [0, 1, 2, 3]),
        ({"status": 404}, [2]),
        ({"method": "POST", "status": 200}, [0, 1]),
        ({"query": "trace=7"}, [1]),
        ({"query": "?limit=3&order=asc"}, [3]),
        ({"query": {"order": "asc"}}, [3]),
        ({"query": ""}, [0, 2]),
        ({"headers": {"x-TEAM": "harbour"}}, [2]),
        ({"headers": {"OpenAI-Beta": "assistants=v2"}}, [0, 1, 2, 3]),
        ({"body": {"metadata": {"user": "Ada"}}}, [0]),
        ({"body": {"metadata": {"user": "Ada", "town": "Husum"}}}, [0]),
        ({"body": {"messages": [{"role": "user", "content": "hi"}]}}, [1]),
        ({"body": {"assistant_id": "asst_2"}}, [2]),
        ({"body": {}}, [0, 1, 2]),
        ({"body": None}, [3]),
    ],
    ids=str,
)
def test_requests_match_by_what_is_given(ns, sent, match, expected):
    ids = [one["id"] for one in ns.requests()]
    assert verification(ns, match) == {"count": len(expected), "requests": [ids[n] for n in expected]}


@pytest.mark.parametrize(
    "match",
    [
        {"body": {"messages": [{"role": "user"}]}},
        {"body": {"messages": []}},
        {"body": {"metadata": "Ada"}},
        {"body": {"metadata": {"user": "ada"}}},
        {"body": {"metadata": {"user": None}}},
        {"body": {"metadata": {"planet": None}}},
        {"body": []},
        {"query": "trace=8"},
        {"query": {"trace": "8"}},
        {"headers": {"x-team": "ferry"}},
        {"path": "/threads/*", "method": "POST"},
        {"thread": "thread_none"},
        {"run": "run_none"},
        {"status": 500},
    ],
    ids=str,
)
def test_requests_do_not_match_by_anything_else(ns, sent, match):
    assert failed(ns, match)["count"] == 0


def test_true_is_not_one_and_one_is_one(ns, raw):
    raw.post("/threads", json={"a": True, "b": 1, "c": 1.0, "d": [{"x": 1, "y": 2}]})
    assert verification(ns, {"body": {"a": True, "b": 1.0, "c": 1, "d": [{"x": 1, "y": 2}]}})["count"] == 1
    for body in ({"a": 1}, {"b": True}, {"d": [{"x": 1}]}, {"d": [{"x": True, "y": 2}]}):
        failed(ns, {"body": body})


def test_requests_match_by_run_and_thread(ns, client, assistant):
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    assert verification(ns, {"run": run.id})["count"] == 2
    assert verification(ns, {"thread": run.thread_id, "method": "GET"})["count"] == 1


def test_a_request_to_a_wrong_base_url_is_none_to_the_endpoint(ns, raw):
    ns.http.post(f"{ns.url}/assistants", json={"model": "m"}, headers={"X-Emulator-Namespace": ns.name})
    error = failed(ns, {"method": "POST", "path": "/assistants"})
    assert error["near"][0]["request"]["path"] == "/assistants"
    assert "base_url lacks /v1: use" in error["message"]
    raw.post("/assistants", json={"model": "m"})
    assert verification(ns, {"method": "POST", "path": "/assistants"}, 1)["count"] == 1


# --- how often -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "times", [None, 2, {"min": 1}, {"max": 2}, {"min": 2, "max": 2}, {"min": 0, "max": 9}], ids=str
)
def test_requests_are_counted(ns, sent, times):
    assert verification(ns, {"path": "/threads"}, times)["count"] == 2


@pytest.mark.parametrize(
    "times, words",
    [
        (0, "expected 0 requests POST /threads, got 2: "),
        (1, "expected 1 request POST /threads, got 2: "),
        (3, "expected 3 requests POST /threads, got 2; nearest: "),
        ({"min": 3}, "expected at least 3 requests POST /threads, got 2; nearest: "),
        ({"max": 1}, "expected at most 1 request POST /threads, got 2: "),
        ({"min": 3, "max": 5}, "expected 3 to 5 requests POST /threads, got 2; nearest: "),
    ],
    ids=str,
)
def test_too_few_and_too_many_requests_fail(ns, sent, times, words):
    error = failed(ns, {"method": "POST", "path": "/threads"}, times)
    assert error["message"].startswith(words)
    assert error["count"] == 2
    assert error["requests"] == [one["id"] for one in ns.requests()[:2]]


def test_nothing_may_be_expected_of_an_empty_log(ns):
    assert verification(ns, {}, 0) == {"count": 0, "requests": []}
    assert (
        failed(ns, {"path": "/threads"})["message"]
        == "expected at least 1 request /threads, got 0; there were no requests"
    )


# --- near misses -----------------------------------------------------------------------------------------------------


def test_a_failure_says_what_came_nearest_and_how_it_differs(ns, sent):
    match = {"method": "POST", "path": "/threads/*/runs", "body": {"assistant_id": "asst_1"}}
    error = failed(ns, match, 1)
    run = ns.requests()[2]
    assert error["message"] == (
        'expected 1 request POST /threads/*/runs with body.assistant_id "asst_1", got 0; '
        f'nearest: POST /threads/{sent[0]}/runs ({run["id"]}): body.assistant_id was "asst_2"'
    )
    assert (error["count"], error["requests"]) == (0, [])
    assert error["near"][0] == {
        "request": {"id": run["id"], "method": "POST", "path": f"/threads/{sent[0]}/runs", "status": 404},
        "differs": [{"field": "body.assistant_id", "expected": "asst_1", "got": "asst_2"}],
    }
    assert len(error["near"]) == 4


def test_a_message_names_conditions_also_where_there_is_no_path(ns, sent):
    assert failed(ns, {"body": {"a": 1}, "status": 200}, 2)["message"].startswith(
        "expected 2 requests with body.a 1 and status 200, got 0; nearest: "
    )


def test_what_is_missing_is_called_so(ns, sent):
    error = failed(
        ns, {"method": "POST", "path": "/threads/*/runs", "body": {"stream": True}, "headers": {"x-id": "1"}}
    )
    assert error["message"].endswith(": headers.x-id was missing, body.stream was missing")
    assert error["near"][0]["differs"] == [
        {"field": "headers.x-id", "expected": "1", "got": None},
        {"field": "body.stream", "expected": True, "got": None},
    ]


def test_the_nearest_come_first_and_of_those_as_near_the_newest(ns, raw):
    for name in ("Ada", "Bea", "Cy"):
        raw.post("/assistants", json={"model": "m", "name": name})
    raw.post("/threads", json={})
    raw.get("/models")
    for _ in range(3):
        raw.post("/assistants", json={"model": "other"})
    error = failed(ns, {"method": "POST", "path": "/assistants", "body": {"model": "m", "name": "Dora"}})
    ids = [one["id"] for one in ns.requests()]
    assert [one["request"]["id"] for one in error["near"]] == [ids[2], ids[1], ids[0], ids[7], ids[6]]


def test_a_difference_shows_no_key(ns, raw):
    key = {"Authorization": f"Bearer sk-{SECRET}", "X-Emulator-Namespace": ns.name}
    raw.post(f"/threads?token={SECRET}", json={"metadata": {"password": SECRET, "a": f"sk-{SECRET}"}}, headers=key)
    expected = {"metadata": {"password": f"{SECRET}1", "a": f"sk-{SECRET}1"}}
    match = {"headers": {"Authorization": f"Bearer {SECRET}1"}, "body": expected, "query": {"token": f"{SECRET}1"}}
    error = failed(ns, match)
    assert SECRET not in str(error)
    assert [one["field"] for one in error["near"][0]["differs"]] == [
        "query.token", "headers.authorization", "body.metadata.password", "body.metadata.a"
    ]  # fmt: skip
    right = {"headers": {"authorization": f"Bearer sk-{SECRET}"}, "body": {"metadata": {"password": SECRET}}}
    assert verification(ns, right)["count"] == 1


def test_a_body_that_was_not_kept_whole_matches_nothing_and_says_so(ns, raw):
    raw.post("/threads", json={"messages": [{"role": "user", "content": "x" * 20_000}]})
    assert verification(ns, {"path": "/threads"})["count"] == 1
    assert 'body was "not kept whole: it has 2' in failed(ns, {"path": "/threads", "body": {}})["message"]


def test_requests_whose_contents_had_to_give_way_and_those_that_are_gone_are_spoken_of():
    about = ("req_1", "GET", "/x", b"", b"/v1/x", "openai", 200, 1.0, None, None, None, None)
    request = LoggedRequest(*about, ((b"a", b"b"),), 0, None, None, (), 0, b"")
    expected = Expected(headers={"a": "b"})
    assert verify([request], 7, expected, Times()).message is None
    request.give_up_contents()
    assert verify([request], 7, expected, Times()).message.endswith(
        'headers and body was "not kept: the log had no room for them"; the log no longer has 7 earlier requests'
    )


def test_a_message_stays_short_however_much_is_expected(ns, raw):
    raw.post("/threads", json={f"k{number}": "v" for number in range(300)})
    error = failed(ns, {"body": {f"k{number}": "w" * 500 for number in range(300)}})
    assert len(error["message"]) < 2_000
    assert len(error["near"][0]["differs"]) == 20


# --- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, param",
    [
        ({"match": {"path": "/thread/*/runs"}}, "match"),
        ({"match": {"path": "/threads/"}}, "match"),
        ({"match": {"method": "FETCH", "path": "/threads"}}, "match"),
        ({"match": {"method": "DELETE", "path": "/threads"}}, "match"),
        ({"match": {"method": "FETCH"}}, "match"),
        ({"match": {"path": "threads"}}, "match.path"),
        ({"match": {"path": "/" + "a/" * 100}}, "match.path"),
        ({"match": {"status": 99}}, "match.status"),
        ({"match": {"status": 600}}, "match.status"),
        ({"match": {"status": True}}, "match.status"),
        ({"match": {"verb": "GET"}}, "match.verb"),
        ({"match": {"headers": {"a": 1}}}, "match.headers.a"),
        ({"match": {"body": {"a": 1e400}}}, None),
        ({"times": -1}, "times.min"),
        ({"times": True}, "times"),
        ({"times": "two"}, "times"),
        ({"times": 1.5}, "times"),
        ({"times": {}}, "times"),
        ({"times": {"min": 3, "max": 2}}, "times"),
        ({"times": {"min": "1"}}, "times.min"),
        ({"times": 2**63}, "times.min"),
        ({"time": 1}, "time"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_no_request_can_be_is_refused(ns, sent, body, param):
    content, headers = json.dumps(body), {"content-type": "application/json"}
    refused = ns.http.post(f"{ns.control_url}/requests/verify", content=content, headers=headers)
    assert refused.status_code == 400, refused.text
    if param:
        assert refused.json()["error"]["param"] == param


def test_a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes(ns):
    error = verification(ns, {"method": "PUT", "path": "/threads/*"}, status=400)["error"]
    assert error["message"].startswith(
        "match: no endpoint answers PUT on /threads/*; there is DELETE, GET, HEAD, POST."
    )


def test_other_apis_of_the_service_and_what_was_asked_for_may_be_expected(ns, raw):
    assert verification(ns, {"method": "POST", "path": "/chat/completions"}, 0)["count"] == 0
    raw.post("/chat/completions", json={})
    raw.get("/weather")
    assert failed(ns, {"path": "/chat/completions"}, 0)["count"] == 1
    assert verification(ns, {"path": "/weather", "status": 404})["count"] == 1


def test_a_namespace_that_does_not_exist_has_no_log_to_verify(ns):
    answer = ns.http.post(f"{ns.url}/_emulator/ns/never-made/requests/verify", json={})
    assert answer.status_code == 404


def test_a_stub_that_was_never_called_may_be_expected(ns):
    ns.control("POST", "/stubs", {"method": "POST", "path": "/weather", "json": {}})
    ns.control("POST", "/requests/verify", {"match": {"method": "POST", "path": "/weather"}, "times": 0})
