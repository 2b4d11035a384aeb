"""Clocks set and moved by the control API: nothing that is sent to one can break its namespace, before or after a restart."""

import pytest

from contract_tests.harness import NOON, NOON_SECONDS
from emulator import LiveServer, Settings

POISON = [
    ("POST", "/clock/advance", '{"by": 1e400}'),
    ("POST", "/clock/advance", '{"by": NaN}'),
    ("POST", "/clock/advance", '{"by": 1e300}'),
    ("POST", "/clock/advance", '{"by": "999999999999999d"}'),
    ("POST", "/clock/advance", '{"by": -1}'),
    ("PATCH", "/clock", '{"speed": 1e400}'),
    ("PATCH", "/clock", '{"speed": 1e308}'),
    ("PATCH", "/clock", '{"speed": NaN}'),
    ("PATCH", "/clock", '{"speed": 0}'),
    ("PUT", "", '{"clock": {"speed": 1e400}}'),
    ("PUT", "", '{"clock": {"speed": -1}}'),
    ("PUT", "", '{"pace": {"progression": "time", "seconds": -2}}'),
    ("PUT", "/pace", '{"progression": "time", "seconds": -2}'),
    ("PUT", "/pace", '{"progression": "time", "seconds": 1e400}'),
    ("PUT", "/pace", '{"progression": "time", "seconds": "-2s"}'),
    ("PUT", "/pace", '{"progression": "polls", "times": 1e30}'),
]


@pytest.mark.parametrize("method, path, body", POISON, ids=str)
def test_a_clock_refuses_what_is_not_finite_or_negative(ns, client, method, path, body):
    headers = {"content-type": "application/json"}
    url = f"{ns.url}/_emulator/ns/{ns.name}{path}"
    refused = ns.http.request(method, url, content=body.encode(), headers=headers)
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["type"] == "control_error"
    assert client.beta.threads.create().id


def test_a_refused_clock_leaves_the_namespace_whole_over_a_restart(tmp_path, http):
    settings = Settings(db=tmp_path / "kept.db")
    headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
    with LiveServer(settings) as server:
        for method, path, body in POISON:
            http.request(
                method,
                f"{server.control_url}/ns/default{path}",
                content=body,
                headers={"content-type": "application/json"},
            )
        assert http.post(f"{server.base_url}/threads", json={}, headers=headers).status_code == 200
    with LiveServer(settings) as server:
        assert http.post(f"{server.base_url}/threads", json={}, headers=headers).status_code == 200


def test_a_clock_ends_with_the_last_year_that_a_date_can_name(ns, client):
    ns.freeze("9999-12-31T23:00:00Z")
    ns.control("POST", "/clock/advance", {"by": "2h"}, status=400)
    ns.advance("30m")
    assert client.beta.threads.create().created_at == 253402299000


@pytest.fixture(params=["PUT", "PATCH"])
def set_clock(request, ns):
    """Both ways of changing a clock; they do the same."""

    def change(**setting):
        if request.param == "PUT":
            return ns.control("PUT", "", {"clock": setting})["clock"]
        return ns.control("PATCH", "/clock", setting)

    return change


def test_a_speed_alone_keeps_the_mode(ns, set_clock):
    for mode in ("real", "auto", "frozen"):
        ns.control("PATCH", "/clock", {"mode": mode})
        assert set_clock(speed=60)["mode"] == mode


def test_an_instant_alone_freezes_the_clock_there(ns, set_clock):
    ns.control("PATCH", "/clock", {"mode": "real"})
    assert set_clock(at=NOON) == {"mode": "frozen", "now": NOON_SECONDS}


def test_what_a_changed_clock_has_passed_happens(ns, client, start, poll, set_clock):
    ns.freeze()
    ns.play({"wait": "10m"}, {"say": "late"})
    run = start()
    assert poll(run).status == "in_progress"
    set_clock(at="2026-01-05T12:09:00Z")
    assert poll(run).status == "in_progress"
    set_clock(at="2026-01-05T12:10:00Z")
    assert poll(run).status == "completed"


def test_a_run_that_a_changed_clock_has_outlived_expires(ns, start, poll, set_clock):
    ns.freeze()
    ns.play({"hold": "here"}, {"say": "never"})
    run = start()
    poll(run)
    set_clock(at="2026-01-05T13:00:00Z")
    assert poll(run).status == "expired"


def test_a_reset_goes_back_to_where_the_clock_was_configured(ns):
    ns.freeze()
    ns.control("PATCH", "/clock", {"at": "2030-01-01T00:00:00Z"})
    assert ns.control("POST", "/reset")["clock"] == {"mode": "frozen", "now": NOON_SECONDS}


def test_a_speed_set_later_leaves_where_a_reset_goes(ns):
    ns.freeze()
    ns.control("PUT", "", {"clock": {"speed": 60}})
    assert ns.control("POST", "/reset")["clock"] == {"mode": "frozen", "now": NOON_SECONDS}
