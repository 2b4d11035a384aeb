"""Recordings that are imported into a namespace: their threads are there, and their runs can be played."""

import json
import subprocess
import sys
import zipfile

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


@pytest.mark.parametrize("query", [{}, {"as": "threads"}, {"as": "scripts"}, {"as": "both"}], ids=str)
@pytest.mark.parametrize("sends", ["body", "form"])
def test_a_log_of_chat_completions_is_refused_whatever_is_asked_for(ns, importing, sending, sends, query):
    ns.put()
    chat = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
    form = ("objects", ("chat.json", chat, "application/json"))
    result = importing(chat, 400, **query) if sends == "body" else sending(form, status=400, **query)
    assert "looks like a log of chat completions" in result["error"]["message"]
    assert ns.control("GET", "/threads")["threads"] == []


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


# --- several ----------------------------------------------------------------------------------------------------------

QUESTION = ("Can I return order 41?", "Where is order 7?")


@pytest.fixture
def sending(ns, http):
    """Send a form of files; return the answer."""

    def send(*files, status=200, **query):
        response = http.post(f"{ns.control_url}/import", files=list(files), params=query)
        assert response.status_code == status, response.text
        return response.json()

    return send


def cassette(field="recording", name="returns.yaml", text=None):
    return field, (name, text or RETURNS.read_bytes())


def of_another_thread(text):
    for name in ("thread_kettle", "run_one", "run_two", "msg_q1", "msg_a1", "msg_q2", "msg_a2", "step_"):
        text = text.replace(name.encode(), f"{name.rstrip('_')}_other{'_' * name.endswith('_')}".encode())
    return text.replace(*(one.encode() for one in QUESTION))


def thread_export():
    message = {"object": "thread.message", "thread_id": "thread_a"}
    text = {"type": "text", "text": {"value": "Is it open?", "annotations": []}}
    objects = [
        {"object": "thread", "id": "thread_a", "created_at": 1767604200, "metadata": {}},
        {**message, "id": "msg_a", "role": "user", "content": [text], "created_at": 1767604200},
        {**message, "id": "msg_b", "role": "assistant", "run_id": "run_a", "content": [text], "created_at": 1767604203},
    ]
    return json.dumps({"objects": objects}).encode()


@pytest.mark.parametrize("field", ["recording", "file", "returns.yaml"])
def test_a_form_may_hold_a_recording(ns, sending, field):
    result = sending(cassette(field))
    assert result["imported"] == {"assistants": 1, "threads": 1, "runs": 2, "messages": 4, "run_steps": 4}
    assert [one["name"] for one in result["scripts"]] == ["returns.yaml (distilled)"]
    assert converse(raw_api(ns))[0] == ANSWERS


def test_a_form_may_hold_several_recordings_and_those_of_one_thread_are_one(ns, sending):
    other = cassette(name="other.yaml", text=of_another_thread(RETURNS.read_bytes()))
    result = sending(cassette(), cassette(name="again.yaml"), other)
    assert [(one["name"], one["turns"]) for one in result["scripts"]] == [
        ("returns.yaml (distilled)", 2),
        ("other.yaml (distilled)", 2),
    ]
    assert result["imported"]["threads"] == 2
    assert len(ns.control("GET", "/threads")["threads"]) == 2


@pytest.mark.parametrize("what,threads,turns", [("threads", 1, 0), ("scripts", 0, 2), ("both", 1, 2)])
def test_what_is_taken_of_a_form_is_chosen_too(ns, sending, what, threads, turns):
    ns.put()
    sending(cassette(), **{"as": what, "drift": "strict"})
    assert len(ns.control("GET", "/threads")["threads"]) == threads
    assert len(ns.control("GET", "/scripts")["turns"]) == turns


def test_recordings_and_objects_come_in_one_form(ns, sending):
    objects = ("objects", ("thread.json", thread_export(), "application/json"))
    result = sending(objects, cassette())
    assert result["imported"]["threads"] == 2
    assert len(result["scripts"]) == 1
    assert len(messages_of(ns, "thread_a")) == 2


def test_scripts_are_made_of_the_objects_of_a_form_where_they_are_asked_for(ns, sending):
    objects = ("objects", ("thread.json", thread_export(), "application/json"))
    result = sending(objects, **{"as": "both"})
    assert [one["turns"] for one in result["scripts"]] == [1]
    assert len(messages_of(ns, "thread_a")) == 2


@pytest.mark.parametrize("field", ["file-cassette", "keep"])
def test_a_file_of_objects_that_happens_to_be_a_cassette_stays_a_file(ns, sending, field):
    about = {"object": "file", "id": "file-cassette", "filename": "returns.yaml", "purpose": "user_data"}
    result = sending(("objects", ("a.json", json.dumps(about), "application/json")), cassette(field))
    assert (result["imported"], "scripts" in result) == ({"files": 1}, False)
    assert raw_api(ns).get("/files/file-cassette/content").content == RETURNS.read_bytes()


@pytest.mark.parametrize(
    "files,query,message",
    [
        ([cassette(text=b"interactions: []\nversion: 1\n", name="a b.yaml")], {}, "a-b.yaml: a recording (vcrpy) without any"),
        ([cassette(text=b"a,b\n1,2\n", name="a.csv"), cassette()], {}, "a.csv: looks like a table (CSV) with the columns a, b"),
        ([cassette()], {"as": "all"}, "choose one of threads, scripts, both"),
        ([("x", ("x.txt", b"text"))], {"drift": "loose"}, "drift='loose': choose one of"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_imported_changes_nothing(ns, sending, files, query, message):
    ns.put()
    assert message in sending(*files, status=400, **query)["error"]["message"]
    assert ns.control("GET", "/scripts")["turns"] == []
    assert ns.control("GET", "/threads")["threads"] == []


def test_python_imports_several_recordings(ns, server, tmp_path):
    (tmp_path / "other.yaml").write_bytes(of_another_thread(RETURNS.read_bytes()))
    result = server.namespace(ns.name).import_recording([RETURNS, tmp_path / "other.yaml"], "scripts", ids="pin")
    assert [one["turns"] for one in result["scripts"]] == [2, 2]


# --- the command with folders, archives and several files ---------------------------------------------------------------


def command(ns, *options):
    line = [sys.executable, "-m", "emulator", "import", *map(str, options), "--url", ns.url, "--ns", ns.name]
    return subprocess.run(line, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_the_command_imports_what_is_in_folders_and_archives(ns, tmp_path, form):
    ns.put()
    folder = tmp_path / "old"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.json").write_bytes(thread_export())
    (folder / "returns.yaml").write_bytes(RETURNS.read_bytes())
    (folder / "notes.txt").write_text("mine")
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path))
    given = folder if form == "folder" else tmp_path / "old.zip"
    done = command(ns, given)
    name = "notes.txt" if form == "folder" else "old/notes.txt"
    assert f"passed over: {given}: no recordings: {name}" in done.stderr.splitlines()
    assert done.returncode == 0
    assert "imported: 2 messages, 1 thread" in done.stdout or "imported: 1 thread, 2 messages" in done.stdout
    assert "added: returns.yaml (distilled): vcrpy, 2 turns, fidelity steps" in done.stdout
    assert len(ns.control("GET", "/threads")["threads"]) == 2


def test_the_command_joins_recordings_of_one_thread(ns, tmp_path):
    ns.put()
    (tmp_path / "again.yaml").write_bytes(RETURNS.read_bytes())
    done = command(ns, RETURNS, tmp_path / "again.yaml")
    assert done.stdout.count("added:") == 1
    assert "1 assistant, 1 thread, 2 runs" in done.stdout


@pytest.mark.parametrize(
    "text,problem",
    [
        ("a,b\n1,2\n", "looks like a table (CSV) with the columns a, b"),
        ("", "looks like an empty file"),
        (
            '{"messages": [{"role": "user", "content": "Hi"}], "model": "gpt-4o"}',
            "looks like a log of chat completions",
        ),
        ("emulator: 1\nturns: []\n", "looks like a scenario of this emulator, which is played as it is"),
        ('[{"role": "user", "text": "a"},', "is neither JSON nor NDJSON: it ends in the middle, in line 1"),
    ],
)
def test_the_command_names_the_file_that_cannot_be_imported(ns, tmp_path, text, problem):
    ns.put()
    (tmp_path / "odd").write_text(text)
    (tmp_path / "thread.json").write_bytes(thread_export())
    done = command(ns, tmp_path / "thread.json", tmp_path / "odd")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {tmp_path / 'odd'}: {problem}")
    assert done.stderr.count("\n") == 1
    assert ns.control("GET", "/threads")["threads"] == []


def test_the_command_makes_scripts_of_what_an_export_of_ours_holds(ns, tmp_path):
    ns.put()
    folder = tmp_path / "exported"
    folder.mkdir()
    (folder / "thread.json").write_bytes(thread_export())
    done = command(ns, folder, "--as", "both")
    assert done.returncode == 0, done.stderr
    assert "added: objects.json (distilled)" in done.stdout
    assert len(messages_of(ns, "thread_a")) == 2
