"""When a namespace comes into being: by a PUT, a control POST, or the first accepted request; never by a refused one."""

import pytest

from emulator import LiveServer, Settings

GOOD_KEY = "sk-emu-good"
HEADERS = {"OpenAI-Beta": "assistants=v2"}


@pytest.fixture
def server():
    with LiveServer(Settings(api_keys=frozenset({GOOD_KEY}))) as running:
        yield running


@pytest.fixture
def names(server, http):
    """Return the names of all namespaces."""
    return lambda: {one["namespace"] for one in http.get(f"{server.control_url}/ns").json()["namespaces"]}


def request(http, server, name, path, *, key=GOOD_KEY, method="GET", **more):
    headers = {**HEADERS, **({"Authorization": f"Bearer {key}"} if key else {})}
    return http.request(method, f"{server.ns_url(name)}{path}", headers=headers, **more)


@pytest.mark.parametrize("key", [None, "sk-emu-wrong", "sk-emu-visitor"])
def test_a_wrong_key_makes_none(server, http, names, key):
    assert request(http, server, "visitor", "/assistants", key=key).status_code == 401
    assert names() == set()


@pytest.mark.parametrize(
    "refused, status",
    [
        (("GET", "/nothing"), 404),
        (("PUT", "/assistants"), 405),
        (("GET", "/threads/thread_none"), 404),
        (("POST", "/assistants"), 400),
    ],
)
def test_a_refused_request_makes_none(server, http, names, refused, status):
    method, path = refused
    answer = request(http, server, "visitor", path, method=method, json={} if method == "POST" else None)
    assert answer.status_code == status, answer.text
    assert names() == set()


def test_the_first_accepted_request_makes_one(server, http, names):
    assert request(http, server, "reader", "/assistants").status_code == 200
    assert request(http, server, "writer", "/threads", method="POST", json={}).status_code == 200
    assert names() == {"reader", "writer"}


@pytest.mark.parametrize("path", ["", "/clock", "/scripts", "/faults", "/requests", "/report"])
def test_reading_an_unknown_one_is_a_404_and_makes_none(server, http, names, path):
    answer = http.get(f"{server.control_url}/ns/typo{path}")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "control_error")
    assert "typo" in answer.json()["error"]["message"]
    assert names() == set()


@pytest.mark.parametrize("path", ["", "/scripts", "/faults", "/requests"])
def test_deleting_from_an_unknown_one_is_a_404(server, http, names, path):
    assert http.delete(f"{server.control_url}/ns/typo{path}").status_code == 404
    assert names() == set()


@pytest.mark.parametrize(
    "change",
    [
        ("PUT", "", {}),
        ("PUT", "/pace", {"progression": "manual"}),
        ("POST", "/reset", None),
        ("POST", "/clock/advance", {"by": 1}),
        ("POST", "/faults", {"do": {"status": 500}}),
        ("PUT", "/scripts", {"emulator": 1, "turns": []}),
        ("POST", "/scripts", {"emulator": 1, "turns": []}),
    ],
)
def test_a_control_request_that_changes_something_makes_one(server, http, names, change):
    method, path, body = change
    assert http.request(method, f"{server.control_url}/ns/made{path}", json=body).status_code in (200, 201)
    assert names() == {"made"}


@pytest.mark.parametrize(
    "change",
    [
        ("PUT", "", {"colour": "blue"}),
        ("POST", "/faults", {"do": {}}),
        ("PUT", "/scripts", {"emulator": 1, "turns": [{"steps": [{"sya": "x"}]}]}),
        ("POST", "/clock/advance", {"by": "soon"}),
    ],
)
def test_a_control_request_that_is_refused_makes_none(server, http, names, change):
    method, path, body = change
    assert http.request(method, f"{server.control_url}/ns/made{path}", json=body).status_code == 400
    assert names() == set()


def test_one_that_was_deleted_is_gone(server, http, names):
    http.put(f"{server.control_url}/ns/short", json={})
    assert http.delete(f"{server.control_url}/ns/short").status_code == 200
    assert http.get(f"{server.control_url}/ns/short").status_code == 404
    assert names() == set()
