"""Several recordings of one conversation, played as one wherever scripts are taken."""

import json
import shutil

import pytest

from contract_tests.harness import MODEL, Namespace
from contract_tests.raw_api import raw_api
from contract_tests.test_replays import PLUGINS, RETURNS, greeting, start
from emulator import LiveServer, Settings, replays

pytest_plugins = ("pytester",)
AT = 1_714_644_000
QUESTIONS = ["Is it open?", "And on Sundays?"]
ANSWERS = ["Until six.", "No."]


def message(number):
    role, text = ("user", QUESTIONS) if number % 2 == 0 else ("assistant", ANSWERS)
    return {
        "id": f"msg_{number}",
        "object": "thread.message",
        "thread_id": "thread_hours",
        "created_at": AT + number,
        "role": role,
        "run_id": f"run_{number}" if role == "assistant" else None,
        "assistant_id": "asst_hours" if role == "assistant" else None,
        "content": [{"type": "text", "text": {"value": text[number // 2], "annotations": []}}],
    }


@pytest.fixture
def pages(tmp_path):
    """The pages of a list of messages, the newest first."""
    files = []
    for number, more in ((2, True), (0, False)):
        data = [message(number + 1), message(number)]
        files.append(tmp_path / f"page{len(files) + 1}.json")
        files[-1].write_text(json.dumps({"object": "list", "data": data, "has_more": more}))
    return files


def ask(api, questions=QUESTIONS):
    assistant = api.post_json("/assistants", {"model": MODEL})["id"]
    thread = f"/threads/{api.post_json('/threads', {})['id']}"
    for question in questions:
        api.post_json(f"{thread}/messages", {"role": "user", "content": question})
        api.post_json(f"{thread}/runs", {"assistant_id": assistant})
    said = api.get_json(f"{thread}/messages", params={"order": "asc"})["data"]
    return [one["content"][0]["text"]["value"] for one in said if one["role"] == "assistant"]


@pytest.mark.parametrize("how", ["scripts", "script", "replays"])
def test_a_server_plays_files_of_one_thread_as_one(pages, http, how):
    given = {"script": pages} if how == "script" else {"settings": Settings(**{how: tuple(pages)})}
    with LiveServer(**given) as server:
        ns = Namespace("default", server.url, http)
        assert ask(raw_api(ns)) == ANSWERS
        assert ns.report()["failures"] == []
        assert raw_api(ns).get_json("/threads/thread_hours/messages?order=asc")["first_id"] == "msg_0"


def test_a_namespace_loads_them_as_one_and_names_both(ns, server, pages):
    namespace = server.namespace(ns.name)
    notes = namespace.load(*pages)
    (recording,) = namespace.recordings
    assert str(recording) == f"{pages[0]} and {pages[1]}: messages-dump, 2 turns, fidelity messages_only"
    assert notes[0].startswith(f"{pages[0]} and {pages[1]}: thread_hours: ")


def test_what_was_not_exported_is_no_drift(ns, server, pages):
    server.namespace(ns.name, fail_on_drift=True).load(*pages)
    assert ask(raw_api(ns)) == ANSWERS
    assert ns.report()["failures"] == []


def test_they_stand_where_the_first_of_them_does(ns, server, pages):
    hello = "emulator: 1\nname: hello\nturns: [{when: {message: hello}, steps: [{say: Good day.}]}]\n"
    server.namespace(ns.name).load(RETURNS, pages[0], hello, pages[1])
    scripts = [turn["script"] for turn in ns.control("GET", "/scripts")["turns"]]
    assert list(dict.fromkeys(scripts)) == ["returns", "page1", "hello"]


def test_they_are_read_again_when_one_of_them_changes(pages):
    (before,) = replays.replays_of(pages, {})
    assert replays.replays_of(pages, {})[0] is before
    pages[1].write_text(pages[1].read_text().replace("Until six.", "Until seven."))
    assert "Until seven." in replays.replays_of(pages, {})[0].source.text


def test_many_files_are_named_by_the_first_ones(pages):
    copies = [shutil.copy(pages[1], pages[1].with_name(f"copy{number}.json")) for number in range(4)]
    (recording,) = replays.replays_of([*pages, *copies], {})
    assert recording.files == f"{pages[0]}, {pages[1]} and 4 more files"
    assert "emulator: 1" not in repr(recording)


def test_serve_names_the_files_of_a_conversation_in_one_line(pages):
    process = start(*(word for page in pages for word in ("--replay", page)))
    try:
        lines = greeting(process)
    finally:
        process.terminate()
    _, err = process.communicate(timeout=60)
    assert f"recording    {pages[0]} and {pages[1]}: messages-dump, 2 turns, fidelity messages_only" in lines
    assert "scripts      none beside recordings" in lines
    assert all(line.startswith(f"{pages[0]} and {pages[1]}: ") for line in err.splitlines())


def test_the_marker_takes_several_files_and_scripts_in_python_beside_them(pytester, monkeypatch, pages):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    for page in pages:
        shutil.copy(page, pytester.path / page.name)
    (pytester.path / "more.py").write_text("import scripted_models\nscript = scripted_models.Echo()\n")
    pytester.makeini("[pytest]\nemulator_scripts = page1.json page2.json more.py\n")
    pytester.makepyfile(
        """
import pytest

def ask(client, text):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create()
    for question in (text, "And on Sundays?"):
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    return [one.content[0].text.value for one in client.beta.threads.messages.list(thread.id) if one.role == "assistant"]

@pytest.mark.emulator("page1.json", "page2.json", fail_on_drift=True)
def test_marked(openai_client):
    assert ask(openai_client, "Is it open?") == ["No.", "Until six."]

def test_of_session(openai_client):
    assert ask(openai_client, "Is it open?") == ["No.", "Until seven."]
"""
    )
    result = pytester.runpytest_subprocess(*PLUGINS, timeout=100)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*page1.json and *page2.json: messages-dump, 2 turns, fidelity messages_only"])
