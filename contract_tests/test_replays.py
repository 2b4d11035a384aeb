"""Recordings that are taken where scripts are: by servers, by namespaces, by the marker, and by commands."""

import datetime
import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from contract_tests.harness import MODEL, Namespace, parse_events
from contract_tests.raw_api import raw_api
from emulator import InProcess, LiveServer, ScriptError, Settings, cli, replays
from emulator.domain.drift import texts

pytest_plugins = ("pytester",)
RETURNS = Path(__file__).parent / "recordings" / "returns.yaml"
LOOK_UP = {"type": "function", "function": {"name": "look_up_order"}}
OUTPUT = '{"item": "kettle", "delivered": "Monday"}'
LOST = [
    (
        "files are served with a text that stands in for their content, which is not in the recording: file-policy"
        " (policy.txt)"
    ),
    "4 polls collapsed",
]
ANSWERS = ["Order 41, a kettle, was delivered on Monday.", "Yes, within thirty days【4:0†policy.txt】."]


@pytest.fixture
def returns(tmp_path):
    return Path(shutil.copy(RETURNS, tmp_path / "returns.yaml"))


def converse(api, *, stream=False, output=OUTPUT, second="And is that still possible?"):
    """Hold the recorded conversation; return the texts of the answers, and the file that the last one cites."""
    tools = [LOOK_UP, {"type": "file_search"}]
    body = {"model": MODEL, "instructions": "Answer in one sentence.", "tools": tools}
    assistant = api.post_json("/assistants", body)["id"]
    file = api.upload("policy.txt", b"Thirty days.")["id"]
    thread = f"/threads/{api.post_json('/threads', {})['id']}"
    for question, files in (("Can I return order 41?", []), (second, [file])):
        attachments = [{"file_id": one, "tools": [{"type": "file_search"}]} for one in files]
        api.post_json(f"{thread}/messages", {"role": "user", "content": question, "attachments": attachments})
        run = _run(api, f"{thread}/runs", {"assistant_id": assistant}, stream)
        while run["status"] == "requires_action":
            (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
            outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": output}]}
            run = _run(api, f"{thread}/runs/{run['id']}/submit_tool_outputs", outputs, stream)
    messages = api.get_json(f"{thread}/messages", params={"order": "asc"})["data"]
    said = [one["content"][0]["text"] for one in messages if one["role"] == "assistant"]
    cited = [one["file_citation"]["file_id"] for text in said for one in text["annotations"]]
    return [text["value"] for text in said], [one == file for one in cited]


def _run(api, path, body, stream):
    if not stream:
        run = api.post_json(path, body)
        return api.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}")
    response = api.post(path, {**body, "stream": True})
    return [data for name, data in parse_events(response.text) if name.startswith("thread.run.")
            and "step" not in name][-1]  # fmt: skip


# --- servers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("how", ["scripts", "script", "replays"])
def test_a_server_plays_a_recording(returns, http, stream, how):
    given = {"script": returns} if how == "script" else {"settings": Settings(**{how: (returns,)})}
    with LiveServer(**given) as server:
        ns = Namespace("default", server.url, http)
        assert converse(raw_api(ns), stream=stream) == (ANSWERS, [True])
        assert ns.report()["failures"] == []


def line(method, path, answer, body=None):
    """Return an exchange as the recorder writes it."""
    layout = {"layout": "compact", "ascii": True, "newline": False}
    request = {"method": method, "url": f"https://api.openai.com/v1{path}", "headers": {}}
    sent = None if body is None else {"json": body, **layout}
    got = {"status": 200, "headers": {"content-type": "application/json"}, "body": {"json": answer, **layout}}
    return {"recording": 1, "request": {**request, "body": sent}, "response": got, "seconds": 0.1, "complete": True}


def said(id_, role, text, at, run=None):
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    about = {"object": "thread.message", "thread_id": "thread_bo", "created_at": at, "role": role, "run_id": run}
    return {"id": id_, **about, "content": content}


def test_a_thread_from_before_the_recording_is_there_and_goes_on(tmp_path, http):
    at, runs = 1714640400, "/threads/thread_bo/runs"
    old = [said("msg_2", "assistant", "Hi Bo.", at + 1, "run_old"), said("msg_1", "user", "I am Bo.", at)]
    begun = {"id": "run_new", "object": "thread.run", "thread_id": "thread_bo", "assistant_id": "asst_bo",
             "status": "queued", "created_at": at + 60, "model": MODEL, "tools": []}  # fmt: skip
    lines = [
        line("GET", "/threads/thread_bo/messages", {"object": "list", "data": old, "has_more": False}),
        line("POST", "/threads/thread_bo/messages", said("msg_3", "user", "Who am I?", at + 50), {"role": "user", "content": "Who am I?"}),
        line("POST", runs, begun, {"assistant_id": "asst_bo"}),
        line("GET", f"{runs}/run_new", {**begun, "status": "completed"}),
        line("GET", "/threads/thread_bo/messages", {"object": "list", "data": [said("msg_4", "assistant", "Bo.", at + 61, "run_new")], "has_more": True}),
    ]  # fmt: skip
    file = tmp_path / "bo.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in lines))
    with LiveServer(script=file) as server:
        ns = Namespace("default", server.url, http)
        api = raw_api(ns)
        api.post_json("/threads/thread_bo/messages", {"role": "user", "content": "Who am I?"})
        run = _run(api, runs, {"assistant_id": "asst_bo"}, stream=False)
        messages = api.get_json("/threads/thread_bo/messages", params={"order": "asc"})["data"]
        assert [one["content"][0]["text"]["value"] for one in messages] == ["I am Bo.", "Hi Bo.", "Who am I?", "Bo."]
        assert (messages[0]["id"], messages[1]["run_id"], run["status"]) == ("msg_1", "run_old", "completed")
        assert ns.report()["drift"] == []


def test_a_server_in_process_plays_one_too(returns):
    with InProcess(script=returns) as server, server.http_client() as http:
        assert converse(raw_api(Namespace("default", server.url, http)))[0] == ANSWERS


def test_a_recording_is_known_by_its_content(returns, http):
    with LiveServer(script=returns.rename(returns.with_name("returns.txt"))) as server:
        assert converse(raw_api(Namespace("default", server.url, http)))[0] == ANSWERS


def test_recordings_and_scenarios_play_together(returns, http):
    hello = "emulator: 1\nname: hello\nturns: [{when: {message: hello}, steps: [{say: Good day.}]}]\n"
    with LiveServer(script=[returns, hello]) as server:
        ns = Namespace("default", server.url, http)
        assert converse(raw_api(ns))[0] == ANSWERS
        assert converse(raw_api(ns), second="hello")[0][1] == "Good day."


def test_recordings_that_are_called_alike_keep_their_turns(returns, http):
    (returns.parent / "other").mkdir()
    other = Path(shutil.copy(returns, returns.parent / "other" / returns.name))
    other.write_text(other.read_text().replace("Can I return order 41?", "Where is order 7?"))
    with LiveServer(script=[returns, other]) as server:
        ns = Namespace("default", server.url, http)
        ns.put()
        scripts = ns.control("GET", "/scripts")
        assert [turn["script"] for turn in scripts["turns"]] == ["returns"] * 2 + ["returns-2"] * 2


# --- how it is replayed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["server", "namespace"])
def test_ids_of_the_recording_are_given_again(returns, http, where):
    settings = Settings(scripts=(returns,), ids="pin") if where == "server" else Settings()
    with LiveServer(settings) as server:
        if where == "namespace":
            server.namespace("default").load(returns, ids="pin")
        api = raw_api(Namespace("default", server.url, http))
        assert api.post_json("/assistants", {"model": MODEL})["id"] == "asst_returns"
        thread = api.post_json("/threads", {"messages": [{"role": "user", "content": "Can I return order 41?"}]})
        assert thread["id"] == "thread_kettle"
        assert api.post_json("/threads/thread_kettle/runs", {"assistant_id": "asst_returns"})["id"] == "run_one"


def test_what_is_chosen_counts_for_scenarios_that_were_distilled(ns, http):
    text = "emulator: 1\nrecording: {ids: remap, pinned: {thread: [thread_recorded]}}\nturns: []\n"
    for choice, is_pinned in (("pin", True), ("remap", False)):
        response = http.put(f"{ns.control_url}/scripts?ids={choice}&drift=lenient", content=text)
        assert response.status_code == 200, response.text
        ns.control("POST", "/reset")
        assert (raw_api(ns).post_json("/threads", {})["id"] == "thread_recorded") is is_pinned


def test_what_is_chosen_outlasts_a_restart_and_a_snapshot(tmp_path, http):
    text = "emulator: 1\nrecording: {pinned: {thread: [thread_a, thread_b, thread_c]}}\nturns: []\n"
    made = []
    for number in range(2):
        with LiveServer(Settings(db=tmp_path / "a.db")) as server:
            ns = Namespace("default", server.url, http)
            if not number:
                assert http.put(f"{ns.control_url}/scripts?ids=pin", content=text).status_code == 200
            made.append(raw_api(ns).post_json("/threads", {})["id"])
            ns.control("POST", "/snapshots", {"name": "a"}, status=201)
            ns.control("POST", "/snapshots/a/restore")
    assert made == ["thread_a", "thread_b"]


@pytest.mark.parametrize("query", ["drift=loose", "ids=mine"])
def test_a_choice_that_there_is_not_is_refused(ns, http, query):
    response = http.put(f"{ns.control_url}/scripts?{query}", content="emulator: 1\nturns: []\n")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == query.partition("=")[0]
    name, value = query.split("=")
    with pytest.raises(ValueError, match="choose one of"):
        Settings(**{name: value})


# --- namespaces ---------------------------------------------------------------------------------------------------------


def test_a_namespace_loads_a_recording_and_says_what_it_has_lost(server, returns):
    namespace = server.namespace("loading-a-recording")
    notes = namespace.load(returns)
    assert f"{returns}: 4 polls collapsed" in notes
    (recording,) = namespace.recordings
    assert str(recording) == f"{returns}: vcrpy, 2 turns, fidelity steps"
    namespace.delete()


def test_a_recording_is_distilled_once_as_long_as_it_stays_the_same(server, returns, monkeypatch):
    from emulator.recording import distilled_files

    read, distilled = [], distilled_files.distil_one
    monkeypatch.setattr(distilled_files, "distil_one", lambda *args: read.append(args) or distilled(*args))
    for number in range(500):
        replays.replay_of(returns, {})
        if number < 3:
            namespace = server.namespace(f"recording-{number}")
            namespace.load(returns)
            namespace.delete()
    assert len(read) == 1
    returns.write_text(returns.read_text() + "\n")
    replays.replay_of(returns, {})
    assert len(read) == 2


def test_a_pinned_and_a_remapped_replay_are_two(returns):
    assert "ids: pin" in replays.replay_of(returns, {"ids": "pin"}).source.text
    assert "ids: remap" in replays.replay_of(returns, {}).source.text
    assert "drift: strict" in replays.replay_of(returns, {"drift": "strict"}).source.text


@pytest.mark.parametrize(
    "name,text,problem",
    [
        ("pact.json", '{"consumer": {}, "provider": {}, "interactions": []}', "looks like a Pact contract"),
        ("chat.json", '{"choices": [{"message": {"content": "x"}}]}', "looks like a log of chat completions"),
        ("empty.yaml", "interactions: []\nversion: 1\n", "without any exchange"),
        ("page.html", "<!doctype html><html></html>", "looks like an HTML page"),
    ],
)
def test_what_is_neither_says_in_one_line_what_it_looks_like(server, tmp_path, name, text, problem):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ScriptError) as caught:
        server.namespace("default").load(path)
    (line,) = caught.value.problems
    assert line.startswith(f"{path}: ")
    assert problem in line
    assert "\n" not in line
    with pytest.raises(ScriptError), LiveServer(script=path):
        pass


@pytest.mark.parametrize(
    "text",
    [
        "emulator: 1\nturns: []\n",
        "# a comment\n\n'emulator': 1\nturns: []\n",
        "\ufeffemulator: 1\nturns: []\n",
        '{"emulator": 1, "turns": []}',
        '{"name": "x", "turns": [], "emulator": 1}',
        "name: x\nturns: []\n",
        "",
    ],
)
def test_scenarios_are_known_before_anything_of_recordings_is_loaded(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert replays.holds_a_scenario(path)
    code = (
        "import sys\nfrom pathlib import Path\nfrom emulator.replays import replay_of\n"
        f"assert replay_of(Path({str(path)!r}), {{}}) is None\n"
        "print([name for name in sys.modules if name.startswith('emulator.recording')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_server_that_plays_scenarios_loads_nothing_of_recordings(tmp_path):
    (tmp_path / "a.yaml").write_text("emulator: 1\nturns: [{steps: [{say: hi}]}]\n")
    code = f"""
import sys
from emulator import LiveServer
with LiveServer(script={str(tmp_path / "a.yaml")!r}) as server:
    server.namespace("a").load({str(tmp_path / "a.yaml")!r})
print([name for name in sys.modules if name.startswith("emulator.recording")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- tests --------------------------------------------------------------------------------------------------------------

SUITE = """
import pytest

TOOLS = [{"type": "function", "function": {"name": "look_up_order"}}, {"type": "file_search"}]

def ask(client, question="Can I return order 41?"):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=TOOLS, instructions="Answer in one sentence.")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": OUTPUT} for call in calls]
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    return thread, client.beta.threads.messages.list(thread.id).data[0].content[0].text.value

OUTPUT = '{"item": "kettle", "delivered": "Monday"}'
"""
PLUGINS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")


@pytest.fixture
def suite(pytester, monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(RETURNS, pytester.path / "cassette.yaml")
    return pytester


def run_suite(suite, text):
    suite.makepyfile(SUITE + text)
    return suite.runpytest_subprocess(*PLUGINS, timeout=100)


def test_the_marker_takes_a_recording(suite):
    result = run_suite(
        suite,
        """
@pytest.mark.emulator("cassette.yaml")
def test_marked(openai_client):
    assert ask(openai_client)[1] == "Order 41, a kettle, was delivered on Monday."

@pytest.mark.emulator("cassette.yaml", ids="pin")
def test_pinned(openai_client):
    assert ask(openai_client)[0].id == "thread_kettle"

def test_loaded(emulator, openai_client):
    notes = emulator.load("cassette.yaml")
    assert any("4 polls collapsed" in note for note in notes)
    assert ask(openai_client)[1] == "Order 41, a kettle, was delivered on Monday."
""",
    )
    result.assert_outcomes(passed=3)


def test_the_marker_chooses_how_a_recording_is_replayed(suite):
    result = run_suite(
        suite,
        """
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.emulator("cassette.yaml", drift="strict")
def test_strict(openai_client, n):
    ask(openai_client)
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["tools at $.tools*look_up_order*function.description*", "order at $ in turn*"])


def test_a_test_that_fails_shows_what_the_recording_has_lost(suite):
    result = run_suite(
        suite,
        """
@pytest.mark.emulator("cassette.yaml")
def test_failing(openai_client):
    ask(openai_client, "Something else entirely")
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*emulator: recordings*",
            "*cassette.yaml: vcrpy, 2 turns, fidelity steps",
            "  files are*",
            "  4 polls collapsed",
        ]
    )


def test_recordings_of_the_whole_suite_are_shown_too(suite):
    suite.makeini("[pytest]\nemulator_scripts = cassette.yaml\n")
    result = run_suite(
        suite,
        """
def test_plays(openai_client):
    assert ask(openai_client)[1] == "Order 41, a kettle, was delivered on Monday."

@pytest.mark.emulator(ids="pin")
def test_pinned(openai_client):
    assert ask(openai_client)[0].id == "thread_kettle"

def test_fails(emulator, openai_client):
    assert ask(openai_client)[1] == "?"
""",
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*cassette.yaml: vcrpy, 2 turns, fidelity steps"])


def test_a_choice_of_the_marker_that_there_is_not_fails_the_test_in_one_line(suite):
    result = run_suite(suite, '\n@pytest.mark.emulator("cassette.yaml", ids="mine")\ndef test_x(emulator): pass\n')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ids='mine': choose one of remap, pin"])


# --- commands -----------------------------------------------------------------------------------------------------------


def start(*options):
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def greeting(process):
    lines = []
    while not lines or not lines[-1].startswith("Press"):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        lines.append(line.rstrip())
    return lines


@pytest.mark.parametrize("option", [(), ("--script",), ("--replay",)])
def test_serve_plays_a_recording_and_says_what_it_is(returns, option):
    process = start(*option, returns, "--ids", "pin")
    try:
        lines = greeting(process)
        url = lines[0].rpartition(" ")[2]
        with httpx.Client(trust_env=False, timeout=60) as http:
            assert converse(raw_api(Namespace("default", url, http)))[0] == ANSWERS
    finally:
        process.terminate()
    _, err = process.communicate(timeout=60)
    assert f"recording    {returns}: vcrpy, 2 turns, fidelity steps" in lines
    assert "scripts      none beside recordings" in lines
    assert "ids          pin, whatever recordings say" in lines
    assert err.splitlines() == [f"{returns}: {note}" for note in LOST]


@pytest.mark.parametrize("options", [(), ("--script",), ("--replay",)])
def test_serve_refuses_what_it_cannot_read_in_one_line(tmp_path, capsys, options):
    file = tmp_path / "pact.json"
    file.write_text('{"consumer": {}, "provider": {}, "interactions": []}')
    code, err = cli.main(["serve", "--port", "0", *options, str(file)]), capsys.readouterr().err
    assert (code, err.count("\n")) == (2, 1)
    assert f"error: {file}: looks like a Pact contract" in err


def test_exec_plays_a_recording(returns):
    command = [sys.executable, "-m", "emulator", "exec", "--replay", returns, "--", sys.executable, "-c", "print(1)"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert f"{returns}: 4 polls collapsed" in done.stderr.splitlines()


def test_a_recording_that_changes_is_distilled_again(returns):
    process = start("--replay", returns, "--watch")
    try:
        url = greeting(process)[0].rpartition(" ")[2]
        assert [process.stderr.readline() for _ in LOST] == [f"{returns}: {note}\n" for note in LOST]
        returns.write_text(returns.read_text().replace("within thirty days", "within ninety days"))
        assert process.stderr.readline() == f"scripts loaded again: {returns}\n"
        with httpx.Client(trust_env=False, timeout=60) as http:
            assert "ninety" in converse(raw_api(Namespace("default", url, http)))[0][1]
        returns.write_text("interactions: []\n")
        assert f"{returns}: " in process.stderr.readline()
        assert process.stderr.readline() == f"scripts not loaded, the last good ones go on: {returns}\n"
    finally:
        process.kill()
        process.communicate()


def test_the_distilled_text_is_what_the_namespace_shows(ns, server, returns):
    server.namespace(ns.name).load(returns)
    (source,) = ns.control("GET", "/scripts")["sources"]
    assert source["name"] == f"{returns} (distilled)"
    assert 'when: {message: "Can I return order 41?"}' in source["text"]


def test_drift_names_the_line_of_the_recording_and_not_that_of_a_scenario_in_memory(returns, http):
    before = returns.read_text().partition("/threads/thread_kettle/runs\n")[0]
    begun = before[: before.rindex("- request:")].count("\n") + 1
    with LiveServer(script=returns) as server:
        ns = Namespace("default", server.url, http)
        assert converse(raw_api(ns), output=OUTPUT.replace("Monday", "Tuesday"))[0] == ANSWERS
        lines = ns.report()["drift"]
        of_first = [line for line in lines if line["turn"] == "can i return order 41"]
        assert {line["source"] for line in of_first} == {f"returns.yaml:{begun}"}
        assert {line["kind"] for line in of_first} == {"tool_output", "tools", "model"}
        (shown,) = [text for text in texts(lines) if text.startswith("tool_output")]
        assert shown.endswith(f'recorded "Monday" → got "Tuesday" (returns.yaml:{begun})')


def test_drift_of_many_turns_of_a_recording_played_directly_names_lines_of_the_recording(returns, http, monkeypatch):
    from emulator.recording.distiller import scenarios

    monkeypatch.setattr(scenarios, "MOST_TURNS", 1)  # beyond, they have a file of their own
    with LiveServer(script=returns) as server:
        ns = Namespace("default", server.url, http)
        converse(raw_api(ns), output=OUTPUT.replace("Monday", "Tuesday"))
        assert all("distilled" not in text and "(returns.yaml:" in text for text in texts(ns.report()["drift"]))


def test_the_same_drift_of_turns_recorded_in_several_places_is_one_failure(ns, http):
    about = "{assistant: a, source: talk.yaml:%d}"
    turns = "".join(f"- {{recorded: {about % number}, uses: 1, steps: [{{say: hi}}]}}\n" for number in (4, 9, 14))
    ns.load(f"emulator: 1\nrecording: {{assistants: {{a: {{instructions: Be brief.}}}}}}\nturns:\n{turns}")
    ns.put(fail_on_drift=True)
    api = raw_api(ns)
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "Be kind."})["id"]
    for _ in range(3):
        api.post_json("/threads/runs", {"assistant_id": assistant})
    report = ns.report()
    assert [line["source"] for line in report["drift"]] == ["talk.yaml:4", "talk.yaml:9", "talk.yaml:14"]
    (failure,) = report["failures"]
    assert failure["message"].endswith("recorded at talk.yaml:4; 3 times)")


# --- the day ------------------------------------------------------------------------------------------------------------

RECORDED = "emulator: 1\nrecording: {wire: 2024-05-02}\nturns: []\n"


def day_of(ns):
    return ns.put()["wire"]


def test_a_namespace_has_the_day_of_its_recording(ns):
    ns.load(RECORDED)
    assert day_of(ns) == "2024-05-02"
    ns.load(RECORDED.replace("2024-05-02", "2024-06-03"))
    assert day_of(ns) == "2024-06-03"


@pytest.mark.parametrize("day", ["2025-03-14", "2026-08-25"])
def test_a_day_that_was_chosen_counts_more(ns, day):
    ns.put(wire=day)
    ns.load(RECORDED)
    assert day_of(ns) == day


def test_the_day_of_the_scenario_counts_more(ns):
    ns.load(f"wire: 2025-03-14\n{RECORDED}")
    assert day_of(ns) == "2025-03-14"


def test_a_server_has_the_day_of_its_recording_unless_another_was_chosen(returns, http):
    for settings, day in (
        (Settings(scripts=(returns,)), "2024-05-02"),
        (Settings(scripts=(returns,), wire=datetime.date(2025, 3, 14)), "2025-03-14"),
    ):
        with LiveServer(settings) as server:
            assert day_of(Namespace("default", server.url, http)) == day
