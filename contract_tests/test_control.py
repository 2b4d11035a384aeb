"""The control API itself: access, clocks, scripts, reports and faults."""

import httpx
import pytest

from contract_tests.harness import NOON_SECONDS, scenario
from emulator import LiveServer, Settings


def control_request(ns, method, path, **more):
    return ns.http.request(method, f"{ns.url}/_emulator{path}", **more)


def test_a_server_reports_its_health_and_version(ns):
    assert control_request(ns, "GET", "/health").json() == {"status": "ok"}
    info = control_request(ns, "GET", "/info").json()
    assert (info["name"], info["database"]) == ("assistants-emulator", "memory")
    assert info["version"]


def test_the_control_api_describes_itself(ns):
    paths = control_request(ns, "GET", "/openapi.json").json()["paths"]
    assert "/ns/{ns}/clock/advance" in paths


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null"])
def test_no_web_page_can_use_the_control_api(ns, origin):
    for method, path in (("GET", "/info"), ("PUT", f"/ns/{ns.name}"), ("GET", "/health")):
        response = control_request(ns, method, path, headers={"Origin": origin}, json={} if method == "PUT" else None)
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "forbidden"
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "host, status", [("evil.example", 403), ("10.0.0.7:80", 403), ("localhost", 200), ("[::1]:9", 200)]
)
def test_only_requests_to_loopback_hosts_are_accepted(ns, host, status):
    assert control_request(ns, "GET", "/info", headers={"Host": host}).status_code == status


def test_a_preflight_is_refused_as_well(ns):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    assert control_request(ns, "OPTIONS", f"/ns/{ns.name}", headers=headers).status_code == 403


def test_a_control_token_is_required_and_accepted_from_any_host(http):
    with LiveServer(Settings(control_token="open sesame")) as server:
        url = f"{server.control_url}/info"
        assert http.get(f"{server.control_url}/health").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "open sesame"}):
            response = http.get(url, headers=headers)
            assert response.status_code == 401
            assert "sesame" not in response.text
        authorized = {"Authorization": "Bearer open sesame", "Host": "emulator.internal"}
        assert http.get(url, headers=authorized).status_code == 200
        assert http.get(url, headers={**authorized, "Origin": "https://evil.example"}).status_code == 403
        assert http.get(f"{server.base_url}/models", headers={"Authorization": "Bearer any"}).status_code == 200


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_frozen_clock_stands_still_until_it_is_advanced(ns, client):
    assert ns.freeze()["clock"] == {"mode": "frozen", "now": NOON_SECONDS}
    assert client.beta.threads.create().created_at == NOON_SECONDS
    assert ns.advance("1h30m") == []
    assert client.beta.threads.create().created_at == NOON_SECONDS + 5400
    assert ns.control("GET", "/clock") == {"mode": "frozen", "now": NOON_SECONDS + 5400}


@pytest.mark.parametrize(
    "by, seconds",
    [("300ms", 0.3), ("2s", 2), ("10m", 600), ("1h", 3600), ("3d", 259200), ("10m1s", 601), (7, 7), (0, 0)],
)
def test_a_clock_is_advanced_by_a_duration(frozen, by, seconds):
    frozen.advance(by)
    assert frozen.control("GET", "/clock")["now"] == pytest.approx(NOON_SECONDS + seconds)


@pytest.mark.parametrize("by", ["soon", "-5s", -5, "", "5 parsecs", None])
def test_a_clock_refuses_anything_but_a_duration(frozen, by):
    frozen.control("POST", "/clock/advance", {"by": by}, status=400)
    assert frozen.control("GET", "/clock")["now"] == NOON_SECONDS


def test_a_clock_can_change_its_mode(ns):
    assert ns.control("GET", "/clock")["mode"] == "auto"
    frozen = ns.control("PATCH", "/clock", {"mode": "frozen"})
    assert frozen == ns.control("GET", "/clock")
    assert ns.control("PATCH", "/clock", {"at": "2030-01-01T00:00:00+01:00"})["now"] == 1893452400
    assert ns.control("PATCH", "/clock", {"mode": "real"})["mode"] == "real"
    ns.control("PATCH", "/clock", {"mode": "sideways"}, status=400)
    ns.control("PATCH", "/clock", {"at": "yesterday"}, status=400)


def test_timers_fire_in_order_and_are_reported(frozen, client, assistant):
    frozen.load(
        """
        emulator: 1
        turns:
          - {when: {message: slow}, steps: [{wait: 20s}, {say: slow}]}
          - {when: {message: quick}, steps: [{wait: 10s}, {say: quick}]}
        """
    )
    runs = {}
    for word in ("slow", "quick"):
        thread = {"messages": [{"role": "user", "content": word}]}
        runs[client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread).id] = word
    fired = [runs[one["run"]] for one in frozen.advance("1m") if one["event"] == "thread.run.completed"]
    assert fired == ["quick", "slow"]


def test_a_real_clock_runs_by_itself_and_can_run_faster(ns, client, assistant):
    ns.put(clock={"mode": "real", "at": "2026-01-05T12:00:00Z", "speed": 2000})
    ns.play({"wait": "20s"}, {"say": "x"})
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    assert run.status == "completed"
    assert run.completed_at - run.started_at >= 20


def test_a_scenario_may_freeze_the_clock_of_an_empty_namespace(ns, client):
    ns.load(scenario({"say": "x"}, clock="2026-01-05T12:00:00Z", seed=5))
    assert client.beta.threads.create().created_at == NOON_SECONDS
    ns.load(scenario({"say": "x"}, clock="2031-01-05T12:00:00Z"))
    assert client.beta.threads.create().created_at == NOON_SECONDS


# --- scripts and reports ----------------------------------------------------------------------------------------------


def test_an_invalid_script_is_refused_with_a_line_number_and_changes_nothing(ns, start, poll):
    ns.play({"say": "good"})
    response = control_request(
        ns, "PUT", f"/ns/{ns.name}/scripts", content=b"emulator: 1\nturns:\n  - steps:\n      - sya: x\n"
    )
    assert response.status_code == 400
    assert ":4:" in response.json()["error"]["problems"][0]
    assert poll(start()).status == "completed"
    assert ns.report()["unmatched"] == []


def test_scripts_can_be_read_added_to_and_deleted(ns, start, poll):
    ns.play({"say": "first"})
    before = ns.control("GET", "/scripts")
    text = "{emulator: 1, turns: [{name: extra, when: {message: never}, steps: []}]}"
    after = control_request(ns, "POST", f"/ns/{ns.name}/scripts?name=more.yaml", content=text.encode()).json()
    assert [turn["name"] for turn in after["turns"]] == ["any", "extra"]
    assert after["version"] > before["version"]
    assert [source["name"] for source in ns.control("DELETE", "/scripts")["sources"]] == []
    assert poll(start()).status == "completed"  # answered by the echo


def test_scripts_sent_over_http_cannot_contain_python(ns):
    text = b"{emulator: 1, turns: [{steps: [{python: 'os:getcwd'}]}]}"
    response = control_request(ns, "PUT", f"/ns/{ns.name}/scripts", content=text)
    assert response.status_code == 400
    assert "python" in response.json()["error"]["message"]


def test_a_waiting_run_keeps_the_script_it_started_with(ns, client, start, poll):
    ns.play({"hold": "gate"}, {"say": "old"})
    run = poll(start())
    ns.play({"say": "new"})
    ns.release(run.id, "gate")
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == "old"
    run = poll(start())
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == "new"


def test_a_script_can_be_linted_without_being_stored(ns):
    response = control_request(ns, "POST", "/lint", content=b"emulator: 1\nturns:\n  - steps: [{say: x, refuse: y}]\n")
    (problem,) = [one for one in response.json()["problems"] if one["severity"] == "error"]
    assert problem["line"] == 3
    assert control_request(ns, "POST", "/lint", content=b"{emulator: 1, turns: [{steps: [{say: x}]}]}").json() == {
        "problems": []
    }


def test_a_report_is_empty_at_first(ns):
    assert ns.report() == {
        "failures": [], "unmatched": [], "drift": [], "check": [], "script": [], "unused": [], "waiting": [],
        "hints": [], "faults": [], "faulted": 0,
    }  # fmt: skip


def test_the_request_log_records_every_request(ns, raw):
    raw.get("/threads/thread_none", params={"a": "b"})
    raw.get("/not_found")
    entries = ns.requests()
    assert [(one["method"], one["path"], one["query"], one["status"]) for one in entries] == [
        ("GET", "/threads/thread_none", "a=b", 404),
        ("GET", "/not_found", "", 404),
    ]
    assert entries[0]["id"].startswith("req_")
    assert ns.control("DELETE", "/requests") == {"requests": []}
    assert ns.requests() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": {}},
        {"do": {"explode": True}},
        {"do": {"status": 42}},
        {"do": {"status": 500}, "times": 0},
        {"do": {"status": 500}, "match": {"verb": "GET"}},
    ],
    ids=str,
)
def test_an_invalid_fault_is_refused(ns, body):
    ns.control("POST", "/faults", body, status=400)
    assert ns.control("GET", "/faults") == {"faults": []}


@pytest.mark.parametrize(
    "setting",
    [
        {"clock": "tomorrow"},
        {"colour": "blue"},
        {"wire": "someday"},
        {"seed": "x"},
        {"pace": {"progression": "gallop"}},
    ],
)
def test_invalid_settings_of_a_namespace_are_refused(ns, setting):
    before = ns.control("GET")
    ns.control("PUT", body=setting, status=400)
    after = ns.control("GET")
    assert {**after, "clock": None} == {**before, "clock": None}


@pytest.mark.parametrize(
    "body, param, message",
    [
        ('{"clock": {"speed": 1e400}}', "clock.speed", "Input should be a finite number"),
        ('{"clock": {"bogus": 1}}', "clock.bogus", "there is no such field"),
        ('{"clock": 5}', "clock", "not an object"),
        ('{"pace": {"progression": "time", "seconds": []}}', "pace.seconds", "not a duration"),
        ("[]", None, "body: not an object"),
        (r'{"models": ["gpt-4o", "\ud800"]}', "models.1", "not Unicode"),
        (r'{"\ud800": 1}', None, "body: not Unicode"),
        ('{"seed": 9223372036854775808}', "seed", "Input should be less than or equal to 9223372036854775807"),
        ('{"seed": -99999999999999999999}', "seed", "an integer of more than 64 bits"),
        ('{"clock": ', None, "the body is not JSON"),
    ],
)
def test_a_refusal_names_the_field_by_its_path_in_the_body(ns, body, param, message):
    headers = {"content-type": "application/json"}
    error = ns.http.put(ns.control_url, content=body, headers=headers).json()["error"]
    assert error["param"] == param
    assert error["message"].startswith(f"{param}: {message}" if param else message)
    assert ns.control("PUT", "", {})["models"] == []


@pytest.mark.parametrize(
    "method, path, status", [("GET", "/nothing", 404), ("DELETE", "/health", 405), ("PUT", "/ns/x/clock", 405)]
)
def test_unknown_paths_of_the_control_api_are_reported_as_json(ns, method, path, status):
    response = control_request(ns, method, path)
    assert response.status_code == status
    assert response.json()["error"]["type"] == "control_error"


# --- the header that makes pollers fast ---------------------------------------------------------------------------------


def test_only_pollers_get_the_poll_after_header(ns, raw, thread, assistant):
    response = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id})
    assert response.headers["openai-poll-after-ms"] == "1"
    polled = raw.get(f"/threads/{thread.id}/runs/{response.json()['id']}")
    assert polled.headers["openai-poll-after-ms"] == "1"
    for path in (f"/threads/{thread.id}", f"/threads/{thread.id}/messages", "/assistants", "/models"):
        assert "openai-poll-after-ms" not in raw.get(path).headers
    streamed = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    assert "openai-poll-after-ms" not in streamed.headers


@pytest.mark.parametrize("setting, expected", [(None, None), (250, "250")])
def test_the_poll_after_header_can_be_changed_or_disabled(setting, expected):
    headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    with (
        LiveServer(Settings(poll_after_ms=setting)) as server,
        httpx.Client(trust_env=False, headers=headers, timeout=60) as client,
    ):
        assistant_id = client.post(f"{server.base_url}/assistants", json={"model": "m", "instructions": "x"}).json()[
            "id"
        ]
        response = client.post(f"{server.base_url}/threads/runs", json={"assistant_id": assistant_id})
        assert response.headers.get("openai-poll-after-ms") == expected
