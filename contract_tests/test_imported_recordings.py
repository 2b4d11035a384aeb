"""Recordings that are imported into a namespace: their threads are there, and their runs can be played."""

import json
import subprocess
import sys

import pytest

from contract_tests.raw_api import raw_api
from contract_tests.test_replays import ANSWERS, RETURNS, converse


@pytest.fixture
def importing(ns, http):
    def send(body, status=200, **query):
        response = http.post(f"{ns.control_url}/import", content=body, params=query)
        assert response.status_code == status, response.text
        return response.json()

    return send


def messages_of(ns, thread="thread_kettle"):
    return raw_api(ns).get_json(f"/threads/{thread}/messages", params={"order": "asc"})["data"]


def test_a_recording_gives_its_threads_and_its_scripts(ns, importing):
    result = importing(RETURNS.read_bytes(), name="returns.yaml")
    assert result["imported"] == {"assistants": 1, "threads": 1, "runs": 2, "messages": 4, "run_steps": 4}
    assert result["skipped"] == []
    (script,) = result["scripts"]
    assert (script["name"], script["turns"], script["fidelity"]) == ("returns.yaml (distilled)", 2, "steps")
    assert [one["id"] for one in messages_of(ns)] == ["msg_q1", "msg_a1", "msg_q2", "msg_a2"]
    api = raw_api(ns)
    assert api.get_json("/threads/thread_kettle/runs/run_two")["usage"]["total_tokens"] == 162
    steps = api.get_json("/threads/thread_kettle/runs/run_one/steps", params={"order": "asc"})["data"]
    assert [one["id"] for one in steps] == ["step_call", "step_say"]
    assert api.get_json("/files/file-policy")["filename"] == "policy.txt"
    assert converse(api)[0] == ANSWERS


def test_threads_alone_are_taken(ns, importing):
    result = importing(RETURNS.read_bytes(), **{"as": "threads"})
    assert result["scripts"] == []
    assert len(messages_of(ns)) == 4
    assert ns.control("GET", "/scripts")["turns"] == []


def test_scripts_alone_are_taken(ns, importing):
    result = importing(RETURNS.read_bytes(), **{"as": "scripts"})
    assert result["imported"] == {}
    assert len(result["scripts"]) == 1
    assert raw_api(ns).get("/threads/thread_kettle").status_code == 404
    assert converse(raw_api(ns))[0] == ANSWERS


def test_scripts_are_added_to_those_that_are_there(ns, importing):
    ns.load("emulator: 1\nname: hello\nturns: [{when: {message: hello}, steps: [{say: Good day.}]}]\n")
    importing(RETURNS.read_bytes())
    assert converse(raw_api(ns), second="hello")[0] == [ANSWERS[0], "Good day."]


def test_exports_give_threads_unless_scripts_are_asked_for(ns, importing):
    message = {"object": "thread.message", "thread_id": "thread_a", "created_at": 1767604200}
    text = {"type": "text", "text": {"value": "Is it open?", "annotations": []}}
    said = {"type": "text", "text": {"value": "Until six.", "annotations": []}}
    objects = [
        {"object": "thread", "id": "thread_a", "created_at": 1767604200, "metadata": {}},
        {**message, "id": "msg_a", "role": "user", "content": [text]},
        {**message, "id": "msg_b", "role": "assistant", "run_id": "run_a", "created_at": 1767604203, "content": [said]},
    ]
    body = json.dumps({"objects": objects})
    assert "scripts" not in importing(body)
    assert [one["id"] for one in messages_of(ns, "thread_a")] == ["msg_a", "msg_b"]
    result = importing(body, **{"as": "both"})
    assert [one["turns"] for one in result["scripts"]] == [1]
    assert result["imported"]["messages"] == 2


@pytest.mark.parametrize(
    "query,param",
    [({"as": "everything"}, "as"), ({"drift": "loose"}, "drift"), ({"ids": "mine"}, "ids")],
)
def test_what_cannot_be_chosen_is_refused(importing, query, param):
    assert importing(RETURNS.read_bytes(), 400, **query)["error"]["param"] == param


@pytest.mark.parametrize(
    "body,message",
    [
        (b"interactions: []\nversion: 1\n", "a recording (vcrpy) without any exchange"),
        (
            b"interactions:\n- {request: {uri: 'https://example.com/x', method: GET}, response: {}}\n",
            "recording: a recording (vcrpy) without requests",
        ),
    ],
)
def test_a_recording_that_shows_no_conversation_changes_nothing(ns, importing, body, message):
    ns.put()
    assert message in importing(body, 400)["error"]["message"]
    assert ns.control("GET", "/scripts")["turns"] == []


def test_text_that_is_no_recording_is_no_import_of_one(importing):
    assert "looks like plain text" in importing(b"nonsense", 400, **{"as": "scripts"})["error"]["message"]


def test_a_name_leads_nowhere(importing):
    (script,) = importing(RETURNS.read_bytes(), name="../../etc/passwd")["scripts"]
    assert "/" not in script["name"]


def test_runs_without_an_end_are_left_out_and_noted(ns, importing):
    cut = RETURNS.read_text().replace('"status": "completed"', '"status": "in_progress"')
    result = importing(cut)
    assert {"what": "run_two", "why": "its end was not recorded"} in result["notes"]
    assert raw_api(ns).get("/threads/thread_kettle").status_code == 200


@pytest.mark.parametrize("what,threads,turns", [(None, 1, 2), ("threads", 1, 0), ("scripts", 0, 2)])
def test_the_command_imports_recordings(ns, what, threads, turns):
    ns.put()
    option = ["--as", what] if what else []
    command = [sys.executable, "-m", "emulator", "import", str(RETURNS), "--url", ns.url, "--ns", ns.name, *option]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert ("added: returns.yaml (distilled): vcrpy, 2 turns, fidelity steps" in done.stdout) is bool(turns)
    assert len(ns.control("GET", "/threads")["threads"]) == threads
    assert len(ns.control("GET", "/scripts")["turns"]) == turns
