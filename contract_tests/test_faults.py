"""Faults of the transport: they hit where they are aimed at, are counted where they act, and are refused where they never can."""

import json
import re
from pathlib import Path

import openai
import pytest

from emulator.domain.armed_faults import MOST_FAULTS

DOCS = Path(__file__).resolve().parents[1] / "docs"
TWO_WORDS = {"say": "one two"}


def faults(ns):
    return ns.control("GET", "/faults")["faults"]


def create_run(raw, thread, assistant, *, stream):
    return raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": stream})


@pytest.mark.parametrize("do", [{"cut_stream_after": 2, "clean": True}, {"error_event": True}], ids=str)
def test_a_fault_of_streams_is_not_spent_by_an_answer_that_is_no_stream(ns, raw, thread, assistant, do):
    ns.play(TWO_WORDS)
    ns.fault(do, method="POST", path="/threads/*/runs", times=1)
    assert create_run(raw, thread, assistant, stream=False).status_code == 200
    assert faults(ns)[0]["hits"] == 0
    streamed = create_run(raw, thread, assistant, stream=True)
    assert "event: done" not in streamed.text
    assert faults(ns)[0]["hits"] == 1
    assert "event: done" in create_run(raw, thread, assistant, stream=True).text


def test_a_refused_request_spends_no_fault_of_streams(ns, raw, thread):
    ns.fault({"cut_stream_after": 2}, method="POST", path="/threads/*/runs", times=1)
    refused = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": "asst_none", "stream": True})
    assert refused.status_code == 404
    assert faults(ns)[0]["hits"] == 0


def test_requests_that_pass_first_are_those_that_could_be_hit(ns, raw, thread, assistant):
    ns.play(TWO_WORDS)
    ns.fault({"cut_stream_after": 1, "clean": True}, path="/threads/*/runs", after=1, times=1)
    assert create_run(raw, thread, assistant, stream=False).status_code == 200
    assert "event: done" in create_run(raw, thread, assistant, stream=True).text
    assert "event: done" not in create_run(raw, thread, assistant, stream=True).text


@pytest.mark.parametrize(
    "match",
    [
        {"path": "/v1/thread"},
        {"path": "threads/*"},
        {"path": "/threads/"},
        {"path": "/threads/*/"},
        {"path": "/chat/completions"},
        {"path": "/threads/*/runs/*/steps/*/more"},
        {"path": "/threads/*/runs", "method": "PUT"},
        {"path": "/assistants", "method": "DELETE"},
        {"path": ""},
        {"method": "BREW"},
    ],
    ids=str,
)
def test_a_fault_that_can_never_hit_is_refused(ns, match):
    refused = ns.control("POST", "/faults", {"match": match, "do": {"status": 500}}, status=400)
    assert refused["error"]["param"] in ("match", "match.path")
    assert faults(ns) == []


OF_STREAMS = [
    {"cut_stream_after": 1},
    {"error_event": True},
    {"omit_done": True},
    {"garble_event": 1},
    {"duplicate_event": 1},
    {"stall_stream_after": 1, "for": "1s"},
    {"delay": "1s", "cut_stream_after": 1},
]
OF_ANSWERS = [{"status": 500}, {"delay": "1s"}, {"disconnect": True}, {"truncate": 0}]


@pytest.mark.parametrize("do", OF_STREAMS, ids=str)
@pytest.mark.parametrize("path", ["/assistants", "/threads/*/messages", "/vector_stores/**"])
def test_a_fault_of_streams_where_nothing_streams_is_refused(ns, path, do):
    refused = ns.control("POST", "/faults", {"match": {"path": path}, "do": do}, status=400)
    assert "no endpoint that streams" in refused["error"]["message"]


@pytest.mark.parametrize("do", OF_ANSWERS, ids=str)
@pytest.mark.parametrize("path", ["/assistants", "/threads/*/messages", "/files/*/content", "/threads/runs"])
def test_a_fault_of_answers_can_hit_wherever_something_answers(ns, path, do):
    ns.control("POST", "/faults", {"match": {"path": path}, "do": do}, status=201)


@pytest.mark.parametrize("do", [*OF_STREAMS, *OF_ANSWERS], ids=str)
def test_what_a_fault_does_is_shown_as_it_was_sent(ns, do):
    assert ns.fault(do)["do"] == do


@pytest.mark.parametrize(
    "body, param, near",
    [
        ({"do": {"delya": "3s"}}, "do.delya", "delay"),
        ({"do": {"disconect": True}}, "do.disconect", "disconnect"),
        ({"do": {"cut_after": 3}}, "do.cut_after", None),
        ({"do": {"stall_stream_after": 3, "four": "1s"}}, "do.four", "for"),
        ({"do": {"status": 500}, "match": {"pth": "/models"}}, "match.pth", "path"),
        ({"do": {"status": 500}, "probabilty": 0.5}, "probabilty", "probability"),
    ],
    ids=str,
)
def test_a_field_that_nobody_knows_names_those_that_are_known(ns, body, param, near):
    error = ns.control("POST", "/faults", body, status=400)["error"]
    assert error["param"] == param
    assert error["message"].startswith(f"{param}: there is no such field")
    assert (f"did you mean {near}?" in error["message"]) == (near is not None)
    known = error["message"].partition("Known: ")[2].split(", ")
    assert known == {
        "do": [
            "status", "error", "headers", "delay", "before", "disconnect", "truncate", "cut_stream_after", "clean",
            "error_event", "omit_done", "garble_event", "duplicate_event", "stall_stream_after", "for",
        ],
        "match": ["method", "path"],
    }.get(param.rpartition(".")[0], ["do", "match", "times", "after", "probability"])  # fmt: skip


@pytest.mark.parametrize(
    "do, param",
    [
        ({"delay": "1h1s"}, "do.delay"),
        ({"delay": 0}, "do.delay"),
        ({"delay": -1}, "do.delay"),
        ({"delay": "soon"}, "do.delay"),
        ({"delay": True}, "do.delay"),
        ({"stall_stream_after": 1, "for": "2h"}, "do.for"),
        ({"truncate": -1}, "do.truncate"),
        ({"truncate": "much"}, "do.truncate"),
        ({"garble_event": 0}, "do.garble_event"),
        ({"duplicate_event": 0}, "do.duplicate_event"),
        ({"stall_stream_after": -1, "for": "1s"}, "do.stall_stream_after"),
    ],
    ids=str,
)
def test_a_number_or_pause_that_cannot_be_is_refused(ns, do, param):
    assert ns.control("POST", "/faults", {"do": do}, status=400)["error"]["param"] == param
    assert faults(ns) == []


@pytest.mark.parametrize(
    "do",
    [
        {"status": 200},
        {"status": 399},
        {"status": 500, "cut_stream_after": 1},
        {"status": 500, "error_event": True},
        {"cut_stream_after": 1, "error": {"message": "x"}},
        {"cut_stream_after": 1, "headers": {"a": "b"}},
        {"cut_stream_after": -1},
        {"error": {"message": "x"}},
        {"disconnect": True, "truncate": 1},
        {"truncate": 1, "before": False},
        {"omit_done": True, "error_event": True},
        {"garble_event": 3, "cut_stream_after": 2},
        {"stall_stream_after": 3},
    ],
    ids=str,
)
def test_a_fault_that_contradicts_itself_is_refused(ns, do):
    ns.control("POST", "/faults", {"do": do}, status=400)
    assert faults(ns) == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("x-note", "two\r\nlines"),
        ("x-note", "\x00"),
        ("x-note", "\u2603"),
        ("x note", "a"),
        ("", "a"),
        ("Content-Length", "7"),
        ("content-type", "text/html"),
        ("transfer-encoding", "chunked"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(ns, raw, name, value):
    ns.control("POST", "/faults", {"do": {"status": 429, "headers": {name: value}}}, status=400)
    assert raw.get("/models").status_code == 200


@pytest.mark.parametrize("value", [r'"\ud800"', "99999999999999999999"])
def test_an_error_that_cannot_be_sent_is_refused(ns, raw, value):
    body = f'{{"do": {{"status": 500, "error": {{"message": {value}}}}}}}'
    response = ns.http.post(f"{ns.control_url}/faults", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "do.error.message")
    assert raw.get("/models").status_code == 200


def test_many_stars_cost_nothing(ns, raw):
    ns.fault({"status": 429}, path="/**" * 60 + "/x")
    assert raw.get("/models/a/b/c/d/e/f/g/h").status_code != 429


@pytest.mark.parametrize(
    "path, hits",
    [
        ("/threads/*/messages", True),
        ("/v1/threads/*/messages", True),
        ("/ns/any/v1/threads/*/messages", True),
        ("/threads/**", True),
        ("/**/messages", True),
        ("/**", True),
        ("/threads/thread_*/messages", True),
        ("/threads/*", False),
        ("/threads/*/messages/*", False),
        ("/threads/thread_other*/messages", False),
    ],
)
def test_one_star_is_one_segment_and_two_are_any_number(ns, client, thread, path, hits):
    ns.fault({"status": 400}, path=path)
    if hits:
        with pytest.raises(openai.BadRequestError):
            client.beta.threads.messages.list(thread.id)
    else:
        assert client.beta.threads.messages.list(thread.id).data
    assert faults(ns)[0]["hits"] == hits


def test_a_fault_is_shown_as_it_was_armed(ns, raw):
    ns.fault({"status": 503}, method="get", path="/models", times=2, after=1)
    for _ in range(3):
        raw.get("/models")
    (fault,) = faults(ns)
    assert fault == {"do": {"status": 503}, "method": "get", "path": "/models", "times": 2, "after": 1, "hits": 2}


@pytest.mark.parametrize(
    "do",
    re.findall(
        r"`(\{.*?\})`",
        (DOCS / "control-api.md").read_text().partition("### What a fault does\n")[2].partition("\n### ")[0],
    ),
)
def test_the_examples_of_the_documentation_are_accepted(ns, do):
    ns.fault(json.loads(do), method="POST", path="/threads/*/runs")


def test_a_namespace_has_so_many_faults_and_no_more(ns, raw):
    for _ in range(MOST_FAULTS):
        ns.fault({"status": 503}, path="/models", times=1)
    refused = ns.control("POST", "/faults", {"do": {"status": 503}}, status=400)
    assert "at most 1,000 faults" in refused["error"]["message"]
    assert len(faults(ns)) == MOST_FAULTS
    assert raw.get("/models").status_code == 503
