"""The form of what is expected of the request log: matches or near misses, with the address and the test that say so."""

import json
import shlex
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from contract_tests.inspector.page_reader import Visitor
from emulator.harness import namespace as harness

ROOT = "/_emulator/inspector"


@pytest.fixture
def visitor(server):
    visiting = Visitor(server.url)
    yield visiting
    visiting.close()


def verified(visitor, ns, /, **typed):
    return visitor.open(f"/ns/{ns.name}/verification", **typed)


@pytest.fixture
def run_of(client, start, ns):
    ns.play({"say": "Foggy."})
    return start(metadata={"order": "7"})


def test_the_form_alone_asks_for_nothing(visitor, ns):
    page = verified(visitor, ns)
    assert page.status == 200
    assert "as expected" not in page.text
    assert set(page.form("/verification")) >= {
        "method",
        "path",
        "body",
        "headers",
        "run",
        "thread",
        "status",
        "least",
        "most",
    }


def test_requests_that_fit_are_linked(visitor, ns, run_of):
    page = verified(
        visitor, ns, method="post", path="/threads/*/runs", body='{"metadata": {"order": "7"}}', run=run_of.id
    )
    request = ns.requests()[-1]["id"]
    assert "as expected 1 request" in page.text
    assert page.links[request] == f"{ROOT}/ns/{ns.name}/requests/{request}"


def test_what_came_nearest_is_shown_with_what_differs(visitor, ns, run_of):
    page = verified(visitor, ns, method="POST", path="/threads/*/runs", body='{"metadata": {"order": "8"}}', most="2")
    assert "not as expected 0 requests" not in page.text  # at most two: none is fine
    page = verified(visitor, ns, method="POST", path="/threads/*/runs", body='{"metadata": {"order": "8"}}')
    assert "not as expected 0 requests" in page.text
    assert 'body.metadata.order was "7"' in page.text
    assert 'body.metadata.order "8" "7"' in page.text
    nearest = ns.requests()[-1]
    assert page.links[nearest["path"]] == f"{ROOT}/ns/{ns.name}/requests/{nearest['id']}"


def test_headers_parameters_and_a_status_are_expected_too(visitor, ns, raw):
    raw.get("/threads/thread_x", params={"limit": "7"}, headers={"X-Order": "a: b=c"})
    given = {"headers": "X-Order: a: b=c\nopenai-beta: assistants=v2", "query": "limit=7", "status": "404"}
    assert "as expected 1 request" in verified(visitor, ns, **given, least="1", most="1").text
    other = verified(visitor, ns, **{**given, "headers": "X-Order: other", "query": "limit=8"})
    assert 'query.limit "8" "7"' in other.text
    assert 'headers.x-order "other" "a: b=c"' in other.text


@pytest.mark.parametrize(
    "typed, field, message",
    [
        ({"body": "{"}, "body", "this is not JSON"),
        ({"body": "[" * 5_000}, "body", "nested"),
        ({"headers": "no colon"}, "headers", "write one a line"),
        ({"status": "4xx"}, "status", "write a number"),
        ({"status": "42"}, "status", "no answer has the status 42"),
        ({"least": "-1"}, "least", "write a number"),
        ({"least": "3", "most": "2"}, "times", "no number is both"),
        ({"path": "threads"}, "path", "a path begins with a slash"),
        ({"method": "GET", "path": "/thread/*"}, "", "no endpoint answers GET on /thread/*"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(visitor, ns, typed, field, message):
    page = verified(visitor, ns, **typed)
    assert page.status == 400
    assert message in page.text
    marked = [attributes["name"] for _, attributes in page.tags if attributes.get("aria-invalid")]
    assert marked == ([field] if field in typed else [])


def test_hostile_words_stay_words(visitor, ns):
    evil = "<script>alert(1)</script>"
    page = verified(
        visitor, ns, body=json.dumps({evil: evil}), path=f"/threads/{evil}", headers=f"{evil}: {evil}", run=evil
    )
    assert "<script>alert" not in page.html
    assert verified(visitor, ns, body=f'"</textarea>{evil}').html.count("<script>alert") == 0


def test_the_line_of_a_test_and_the_command_ask_for_the_same(visitor, ns, run_of, monkeypatch):
    page = verified(
        visitor,
        ns,
        method="POST",
        path="/threads/*/runs",
        body='{"metadata": {"it\'s": null, "b": true}}',
        least="2",
        most="3",
    )
    command = shlex.split(page.codes["The same of the control API"])
    asked = []
    control = SimpleNamespace(ask=lambda *request: asked.append(request))
    exec(
        page.codes["The line of a test in Python"],
        {"namespace": SimpleNamespace(requests=harness.Requests(control))},
    )
    assert asked[0][:2] == ("POST", "/requests/verify")
    assert json.loads(command[2]) == asked[0][2]
    assert command[3].endswith(f"/_emulator/ns/{ns.name}/requests/verify")


@pytest.mark.parametrize(
    "typed, line",
    [
        ({"path": "/threads"}, "namespace.requests.assert_called(None, '/threads')"),
        ({"method": "GET"}, "namespace.requests.assert_called(method='GET')"),
        ({"status": "404", "least": "2"}, "namespace.requests.assert_called(status=404, at_least=2)"),
        ({"run": "run_1", "most": "2"}, "namespace.requests.assert_called(run='run_1', at_most=2)"),
        ({"query": "limit=7", "least": "0"}, "namespace.requests.assert_called(query={'limit': '7'}, at_least=0)"),
        ({"thread": "t", "least": "0", "most": "0"}, "namespace.requests.assert_called(thread='t', times=0)"),
    ],
)
def test_the_line_says_no_more_than_was_typed(visitor, ns, typed, line):
    assert verified(visitor, ns, **typed).codes["The line of a test in Python"] == line


def test_a_body_that_is_null_has_a_command_and_no_line(visitor, ns):
    page = verified(visitor, ns, body="null")
    assert "The line of a test in Python" not in page.codes
    assert '"body": null' in page.codes["The same of the control API"]


def test_a_masked_value_is_masked_in_near_misses(visitor, ns, raw):
    raw.post("/threads", json={"metadata": {"api_key": "hush-hush-hush"}})
    page = verified(visitor, ns, method="POST", path="/threads", body='{"metadata": {"api_key": "other"}}')
    assert "hush-hush" not in page.html
    assert "body.metadata.api_key" in page.text


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_command_runs(visitor, ns, raw):
    raw.post("/threads", json={"metadata": {"order": "it's"}})
    page = verified(visitor, ns, method="POST", body='{"metadata": {"order": "it\'s"}}')
    done = subprocess.run(
        ["sh", "-c", page.codes["The same of the control API"]], capture_output=True, timeout=30, check=False
    )
    assert json.loads(done.stdout)["count"] == 1
