"""The control API itself: clocks, scripts, reports, faults, and who may use it."""

import httpx
import pytest

from contract_tests.harness import NOON_SECONDS, scenario
from emulator import LiveServer, Settings


def ask(ns, method, path, **more):
    return ns.http.request(method, f"{ns.url}/_emulator{path}", **more)


def test_a_server_tells_that_it_is_well_and_what_it_is(ns):
    assert ask(ns, "GET", "/health").json() == {"status": "ok"}
    info = ask(ns, "GET", "/info").json()
    assert (info["name"], info["database"]) == ("assistants-emulator", "memory")
    assert info["version"]


def test_the_control_api_describes_itself(ns):
    paths = ask(ns, "GET", "/openapi.json").json()["paths"]
    assert "/ns/{ns}/clock/advance" in paths


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null"])
def test_no_web_page_may_drive_the_emulator(ns, origin):
    for method, path in (("GET", "/info"), ("PUT", f"/ns/{ns.name}"), ("GET", "/health")):
        answer = ask(ns, method, path, headers={"Origin": origin}, json={} if method == "PUT" else None)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "forbidden"
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host, status", [("evil.example", 403), ("10.0.0.7:80", 403), ("localhost", 200), ("[::1]:9", 200)]
)
def test_only_names_of_this_machine_are_answered(ns, host, status):
    assert ask(ns, "GET", "/info", headers={"Host": host}).status_code == status


def test_a_preflight_is_refused_as_well(ns):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    assert ask(ns, "OPTIONS", f"/ns/{ns.name}", headers=headers).status_code == 403


def test_a_token_opens_the_door_whatever_the_host(http):
    with LiveServer(Settings(control_token="open sesame")) as server:
        url = f"{server.control_url}/info"
        assert http.get(f"{server.control_url}/health").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "open sesame"}):
            answer = http.get(url, headers=headers)
            assert answer.status_code == 401
            assert "sesame" not in answer.text
        good = {"Authorization": "Bearer open sesame", "Host": "emulator.internal"}
        assert http.get(url, headers=good).status_code == 200
        assert http.get(url, headers={**good, "Origin": "https://evil.example"}).status_code == 403
        assert http.get(f"{server.base_url}/models", headers={"Authorization": "Bearer any"}).status_code == 200


def test_web_pages_may_use_the_api_itself(ns):
    url = f"{ns.base_url}/threads"
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,openai-beta,x-stainless-lang"}  # fmt: skip
    preflight = ns.http.options(url, headers=asks)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] in ("*", "https://app.example")
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "openai-beta" in preflight.headers["access-control-allow-headers"]
    headers = {"Origin": "https://app.example", "Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    answer = ns.http.post(url, json={}, headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


def test_a_refusal_can_be_read_by_web_pages_too(ns):
    answer = ns.http.get(f"{ns.base_url}/assistants", headers={"Origin": "https://app.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "*")


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_stands_where_it_was_frozen_until_it_is_moved(ns, client):
    assert ns.freeze()["clock"] == {"mode": "frozen", "now": NOON_SECONDS}
    assert client.beta.threads.create().created_at == NOON_SECONDS
    assert ns.advance("1h30m") == []
    assert client.beta.threads.create().created_at == NOON_SECONDS + 5400
    assert ns.control("GET", "/clock") == {"mode": "frozen", "now": NOON_SECONDS + 5400}


@pytest.mark.parametrize(
    "by, seconds",
    [("300ms", 0.3), ("2s", 2), ("10m", 600), ("1h", 3600), ("3d", 259200), ("10m1s", 601), (7, 7), (0, 0)],
)
def test_a_clock_is_moved_by_a_duration(frozen, by, seconds):
    frozen.advance(by)
    assert frozen.control("GET", "/clock")["now"] == pytest.approx(NOON_SECONDS + seconds)


@pytest.mark.parametrize("by", ["soon", "-5s", -5, "", "5 parsecs", None])
def test_a_clock_takes_nothing_else(frozen, by):
    frozen.control("POST", "/clock/advance", {"by": by}, status=400)
    assert frozen.control("GET", "/clock")["now"] == NOON_SECONDS


def test_a_clock_may_change_its_mode(ns):
    assert ns.control("GET", "/clock")["mode"] == "auto"
    frozen = ns.control("PATCH", "/clock", {"mode": "frozen"})
    assert frozen == ns.control("GET", "/clock")
    assert ns.control("PATCH", "/clock", {"at": "2030-01-01T00:00:00+01:00"})["now"] == 1893452400
    assert ns.control("PATCH", "/clock", {"mode": "real"})["mode"] == "real"
    ns.control("PATCH", "/clock", {"mode": "sideways"}, status=400)
    ns.control("PATCH", "/clock", {"at": "yesterday"}, status=400)


def test_timers_fire_in_order_and_are_told(frozen, client, assistant):
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


def test_a_real_clock_goes_by_itself_and_may_go_faster(ns, client, assistant):
    ns.put(clock={"mode": "real", "at": "2026-01-05T12:00:00Z", "speed": 2000})
    ns.plays({"wait": "20s"}, {"say": "x"})
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    assert run.status == "completed"
    assert run.completed_at - run.started_at >= 20


def test_a_scenario_may_freeze_the_clock_of_an_empty_namespace(ns, client):
    ns.load(scenario({"say": "x"}, clock="2026-01-05T12:00:00Z", seed=5))
    assert client.beta.threads.create().created_at == NOON_SECONDS
    ns.load(scenario({"say": "x"}, clock="2031-01-05T12:00:00Z"))
    assert client.beta.threads.create().created_at == NOON_SECONDS


# --- scripts and reports ----------------------------------------------------------------------------------------------


def test_a_script_with_a_mistake_is_refused_with_its_line_and_changes_nothing(ns, start, poll):
    ns.plays({"say": "good"})
    answer = ask(ns, "PUT", f"/ns/{ns.name}/scripts", content=b"emulator: 1\nturns:\n  - steps:\n      - sya: x\n")
    assert answer.status_code == 400
    assert ":4:" in answer.json()["error"]["problems"][0]
    assert poll(start()).status == "completed"
    assert ns.report()["unmatched"] == []


def test_scripts_can_be_read_added_to_and_deleted(ns, start, poll):
    ns.plays({"say": "first"})
    before = ns.control("GET", "/scripts")
    text = "{emulator: 1, turns: [{name: extra, when: {message: never}, steps: []}]}"
    after = ask(ns, "POST", f"/ns/{ns.name}/scripts?name=more.yaml", content=text.encode()).json()
    assert [turn["name"] for turn in after["turns"]] == ["any", "extra"]
    assert after["version"] > before["version"]
    assert [source["name"] for source in ns.control("DELETE", "/scripts")["sources"]] == []
    assert poll(start()).status == "completed"  # by the echo


def test_python_never_comes_over_the_network(ns):
    text = b"{emulator: 1, turns: [{steps: [{python: 'os:getcwd'}]}]}"
    answer = ask(ns, "PUT", f"/ns/{ns.name}/scripts", content=text)
    assert answer.status_code == 400
    assert "python" in answer.json()["error"]["message"]


def test_a_run_that_waits_keeps_the_script_it_began_with(ns, client, start, poll):
    ns.plays({"hold": "door"}, {"say": "old"})
    run = poll(start())
    ns.plays({"say": "new"})
    ns.release(run.id, "door")
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == "old"
    run = poll(start())
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == "new"


def test_a_script_can_be_checked_without_being_kept(ns):
    answer = ask(ns, "POST", "/lint", content=b"emulator: 1\nturns:\n  - steps: [{say: x, refuse: y}]\n")
    (problem,) = [one for one in answer.json()["problems"] if one["severity"] == "error"]
    assert problem["line"] == 3
    assert ask(ns, "POST", "/lint", content=b"{emulator: 1, turns: [{steps: [{say: x}]}]}").json() == {"problems": []}


def test_a_report_of_nothing_is_empty(ns):
    assert ns.report() == {"unmatched": [], "drift": [], "check": [], "script": [], "unused": [], "waiting": []}


def test_the_request_log_tells_what_was_asked(ns, raw):
    raw.get("/threads/thread_none", params={"a": "b"})
    raw.get("/not_found")
    noted = ns.requests()
    assert [(one["method"], one["path"], one["query"], one["status"]) for one in noted] == [
        ("GET", "/threads/thread_none", "a=b", 404),
        ("GET", "/not_found", "", 404),
    ]
    assert noted[0]["id"].startswith("req_")
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
def test_a_fault_that_makes_no_sense_is_refused(ns, body):
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
def test_a_namespace_is_not_set_up_with_nonsense(ns, setting):
    before = ns.control("GET")
    ns.control("PUT", body=setting, status=400)
    after = ns.control("GET")
    assert {**after, "clock": None} == {**before, "clock": None}


@pytest.mark.parametrize(
    "method, path, status", [("GET", "/nothing", 404), ("DELETE", "/health", 405), ("PUT", "/ns/x/clock", 405)]
)
def test_what_the_control_api_does_not_know_is_told_in_json(ns, method, path, status):
    answer = ask(ns, method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "control_error"


# --- the header that makes pollers quick --------------------------------------------------------------------------------


def test_pollers_are_told_not_to_wait_and_only_they(ns, raw, thread, assistant):
    answer = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id})
    assert answer.headers["openai-poll-after-ms"] == "1"
    polled = raw.get(f"/threads/{thread.id}/runs/{answer.json()['id']}")
    assert polled.headers["openai-poll-after-ms"] == "1"
    for path in (f"/threads/{thread.id}", f"/threads/{thread.id}/messages", "/assistants", "/models"):
        assert "openai-poll-after-ms" not in raw.get(path).headers
    streamed = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    assert "openai-poll-after-ms" not in streamed.headers


@pytest.mark.parametrize("setting, expected", [(None, None), (250, "250")])
def test_that_header_can_be_changed_or_left_out(setting, expected):
    headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    with (
        LiveServer(Settings(poll_after_ms=setting)) as server,
        httpx.Client(trust_env=False, headers=headers) as client,
    ):
        boss = client.post(f"{server.base_url}/assistants", json={"model": "m", "instructions": "x"}).json()["id"]
        answer = client.post(f"{server.base_url}/threads/runs", json={"assistant_id": boss})
        assert answer.headers.get("openai-poll-after-ms") == expected
