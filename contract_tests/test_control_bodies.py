"""Bodies of the control API: bounded as they come, checked before anything changes, refused in its envelope."""

import itertools
import json

import pytest

from emulator.control.limits import MOST_JSON_BYTES, MOST_SCRIPT_BYTES, MOST_SCRIPTS_BYTES

JSON_PATHS = [("PUT", ""), ("PUT", "/pace"), ("PATCH", "/clock"), ("POST", "/clock/advance"), ("POST", "/faults")]
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("method, path", JSON_PATHS)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused(ns, method, path, announced):
    before = ns.control("GET")["seed"]
    data = b" " * (MOST_JSON_BYTES + 1)
    content = data if announced else iter([data])
    refused = ns.http.request(method, f"{ns.control_url}{path}", content=content, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["type"]) == (413, "control_error")
    assert ns.control("GET")["seed"] == before


def test_what_is_sent_behind_the_limit_is_never_asked_for(ns):
    """The server answers while the client is still sending: of an endless body it reads no more than the limit."""
    piece = b" " * 65536
    sent = itertools.count()

    def endless():
        while next(sent) < 100 * MOST_SCRIPTS_BYTES // len(piece):
            yield piece

    refused = ns.http.put(f"{ns.control_url}/scripts", content=endless())
    assert refused.status_code == 413


@pytest.mark.parametrize("path", ["scripts", "lint"])
def test_a_script_may_be_larger_and_is_bounded_too(ns, path):
    url, verb = (f"{ns.url}/_emulator/lint", "POST") if path == "lint" else (f"{ns.control_url}/scripts", "PUT")
    text = b"emulator: 1\nturns: []\n"
    fits = text + b"#" * (2 * MOST_JSON_BYTES)
    assert ns.http.request(verb, url, content=fits).status_code == 200
    for data in (text + b"#" * MOST_SCRIPT_BYTES, b"#" * (MOST_SCRIPTS_BYTES + 1)):
        refused = ns.http.request(verb, url, content=data)
        assert (refused.status_code, refused.json()["error"]["type"]) == (413, "control_error")


@pytest.mark.parametrize(
    "body",
    [
        '{"clock": "0001-01-01"}',
        '{"clock": "1969-12-31T23:59:59Z"}',
        '{"clock": "9999-12-31T23:59:59-14:00"}',
        '{"clock": {"at": "9999-12-31T23:59:59-00:01"}}',
        '{"clock": {"speed": 1e-300}}',
        '{"wire": "2023-11-04"}',
        '{"wire": "9999-12-31"}',
        '{"wire": 0}',
        '{"seed": 1e400}',
        '{"models": [1e400]}',
        '{"models": ["gpt-4o", {"a": ["\\udfff"]}]}',
        '{"pace": {"seconds": "1000000000000d"}}',
        "[" * 100_000,
        '{"models": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"models": ' + "[" * 300 + "]" * 300 + "}",
    ],
    ids=lambda body: body[:45],
)
def test_a_setting_that_no_namespace_can_have_is_refused_and_changes_nothing(ns, body):
    before = ns.put(clock="2026-01-05T12:00:00Z")
    refused = ns.http.put(ns.control_url, content=body, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "control_error")
    assert ns.control("GET") == before
    assert ns.name in {one["namespace"] for one in ns.http.get(f"{ns.url}/_emulator/ns").json()["namespaces"]}


NESTED = json.loads("[" * 300 + "]" * 300)


@pytest.mark.parametrize(
    "do",
    [
        {"status": 500, "error": {"a": NESTED}},
        {"error_event": True, "error": {"a": NESTED}},
        {"cut_stream_after": 1, "error_event": True, "error": {"a": NESTED}},
        {"status": 500, "error": {"a": float("nan")}},
        {"status": 500, "error": {"a": float("inf")}},
        {"status": 500, "error": {"\ud800": 1}},
        {"status": 500, "error": ["a"]},
        {"status": 600},
        {"status": 429, "headers": {"connection": "close"}},
        {"status": 429, "headers": {"Keep-Alive": "timeout=1"}},
        {"status": 429, "headers": {"Upgrade": "h2c"}},
        {"status": 429, "headers": {"trailer": "x"}},
        {"status": 429, "headers": {"Content-Encoding": "gzip"}},
        {"status": 429, "headers": {"X-A": "1", "x-a": "2"}},
        {"status": 429, "headers": {"x": "a\nb"}},
        {"status": 429, "headers": {"x\r\ny": "a"}},
        {"status": 429, "headers": {"x": "\u0100"}},
        {"status": 429, "headers": {"x": "a" * 8_193}},
        {"cut_stream_after": 2**63},
    ],
    ids=lambda do: str(do)[:60],
)
def test_a_fault_that_could_not_be_sent_is_refused_and_not_kept(ns, raw, do):
    body = json.dumps({"do": do}).encode()
    refused = ns.http.post(f"{ns.control_url}/faults", content=body, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "control_error")
    assert ns.control("GET", "/faults") == {"faults": []}
    assert raw.get("/models").status_code == 200


@pytest.mark.parametrize("count", [-1, 2**63, 10**30, 1.5, "many"])
@pytest.mark.parametrize("field", ["times", "after"])
def test_counts_of_a_fault_that_cannot_be_are_refused(ns, field, count):
    ns.control("POST", "/faults", {"do": {"status": 500}, field: count}, status=400)
    assert ns.control("GET", "/faults") == {"faults": []}


def test_patterns_and_paths_of_many_segments_cost_little(ns, raw):
    ns.control("POST", "/faults", {"do": {"status": 418}, "match": {"path": "/**" + "/*/**" * 30 + "/x"}}, status=400)
    ns.control("POST", "/faults", {"do": {"status": 418}, "match": {"path": "/models/" + "a/" * 500}}, status=400)
    ns.fault({"status": 418}, path="/models/**/*/**/*/**/*/**/x")
    assert raw.get("/models" + "/a" * 15_000).status_code != 418
    assert raw.get("/models" + "/a" * 15_000 + "/x").status_code == 418


@pytest.mark.parametrize("clock", ["0001-01-01", "9999-12-31T23:59:59-14:00", "1969-12-31"])
def test_a_scenario_cannot_set_a_clock_that_shows_no_date(ns, clock):
    ns.load({"emulator": 1, "clock": clock, "turns": []}, status=400)


@pytest.mark.parametrize("stream", [{"tps": 1e-300}, {"ttft": 1e300}])
def test_a_stream_cannot_wait_longer_than_a_duration_can_be(ns, stream):
    ns.load({"emulator": 1, "turns": [{"steps": [{"say": "a b c", "stream": stream}]}]}, status=400)


def test_waits_that_add_up_end_with_the_last_year(ns, client, assistant):
    ns.play(*({"wait": "365000d"} for _ in range(12)), {"say": "late"})
    for _ in range(2):
        client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    assert client.beta.threads.create().created_at == 253402300799
    assert ns.control("PATCH", "/clock", {"at": "2026-01-05T12:00:00Z"})["now"] == 1767614400


# --- what is no JSON, and paths that are none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain; charset=utf-8",
        "application/octet-stream",
        "application/json",
        "",
    ],
)
def test_a_body_is_read_as_json_whatever_its_type_says(ns, media_type):
    for method, path, body in (("PUT", "", '{"seed": 7}'), ("POST", "/faults", '{"do": {"status": 500}}')):
        headers = {"content-type": media_type} if media_type else {}
        answer = ns.http.request(method, f"{ns.control_url}{path}", content=body.encode(), headers=headers)
        assert answer.is_success, answer.text
    assert ns.control("GET")["seed"] == 7


@pytest.mark.parametrize(
    "sent, message",
    [
        ({"data": {"seed": "7"}}, "the body is not JSON: "),
        ({"content": b"seed: 7"}, "the body is not JSON: "),
        ({"content": b'"seed"'}, "body: not an object"),
        ({"files": {"seed": b"7"}}, "body: sent as multipart/form-data: send it as application/json"),
        ({}, "body: this request needs one: send JSON, if need be {}"),
    ],
    ids=str,
)
def test_a_body_that_is_no_json_is_refused_with_what_is_missing(ns, sent, message):
    refused = ns.http.put(ns.control_url, **sent)
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["type"], error["message"][: len(message)]) == ("control_error", message)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_path_with_a_slash_at_its_end_is_refused_with_what_to_do(ns, method):
    for path in ("/", "/clock/", "/requests/verify/"):
        refused = ns.http.request(method, f"{ns.control_url}{path}", json={} if method == "PUT" else None)
        assert refused.status_code == 404
        assert "leave out the slash at the end" in refused.json()["error"]["message"]


def test_the_control_api_taken_for_the_api_says_where_that_is(ns):
    for path in ("/v1/threads", "/v1"):
        refused = ns.http.post(f"{ns.control_url}{path}", json={})
        assert refused.status_code == 404
        assert refused.json()["error"]["message"].endswith(f"the base_url of the API is {ns.base_url}")


def test_a_method_that_a_path_does_not_take_is_named(ns):
    refused = ns.http.put(f"{ns.control_url}/requests", json={})
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        405, f"PUT /_emulator/ns/{ns.name}/requests: this path does not take PUT"
    )  # fmt: skip


@pytest.mark.parametrize(
    "method, path, message",
    [
        ("GET", "/verdict?stict=true", "stict: there is no such parameter, did you mean strict? Known: strict"),
        ("GET", "/coverage?format=text&fmt=html", "fmt: there is no such parameter"),
        ("GET", "/runs?staus=completed", "staus: there is no such parameter, did you mean status? Known: "),
        ("GET", "?verbose=1", "verbose: there is no such parameter. Known: none"),
        ("POST", "/reset?hard=true", "hard: there is no such parameter"),
        ("POST", "/scripts?sets=a=1", "sets: there is no such parameter, did you mean set? Known: "),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused_and_changes_nothing(ns, method, path, message):
    before = ns.control("GET")
    refused = ns.http.request(method, f"{ns.control_url}{path}")
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["type"], error["message"][: len(message)]) == ("control_error", message)
    assert ns.control("GET")["script_version"] == before["script_version"]
