"""Parameters of scripts: given where a script is loaded, and kept with it."""

from contextlib import ExitStack

import httpx
import pytest

from emulator import LiveServer, ScriptError, Settings

GREETING = """
emulator: 1
name: greeting
turns:
- name: hello
  steps:
  - call: wait
  - say: "Hello {{ params.marker }}"
"""
HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}


class Conversation:
    """A run on a thread of its own, with raw requests."""

    def __init__(self, http):
        self._http = http
        self._assistant = self._post("/assistants", {"model": "gpt-4o"})["id"]

    def _post(self, path, body):
        answer = self._http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def begin(self):
        thread = {"messages": [{"role": "user", "content": "hi"}]}
        run = self._post("/threads/runs", {"assistant_id": self._assistant, "thread": thread})
        self._path = f"/threads/{run['thread_id']}"
        self._run = f"{self._path}/runs/{run['id']}"
        return self

    def finish(self):
        """Hand in what the run waits for, and return its text, or the message of its error."""
        run = self._http.get(self._run).json()
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "done"} for call in calls]
        self._post(f"{self._run}/submit_tool_outputs", {"tool_outputs": outputs})
        run = self._http.get(self._run).json()
        if run["last_error"]:
            return run["last_error"]["message"]
        return self._http.get(f"{self._path}/messages").json()["data"][0]["content"][0]["text"]["value"]


@pytest.fixture
def conversation():
    """Return a function that prepares a conversation with a server."""
    with ExitStack() as clients:

        def prepare(base_url):
            client = httpx.Client(base_url=base_url, headers=HEADERS, trust_env=False, timeout=60)
            return Conversation(clients.enter_context(client))

        yield prepare


@pytest.fixture
def request_scripts(ns):
    def send(method, query="", text=GREETING):
        return ns.http.request(method, f"{ns.control_url}/scripts{query}", content=text)

    return send


def test_a_server_is_given_parameters_when_it_starts(tmp_path, conversation):
    file = tmp_path / "greeting.yaml"
    file.write_text(GREETING)
    with LiveServer(Settings(scripts=(file,), params={"marker": "you"})) as server:
        assert conversation(server.base_url).begin().finish() == "Hello you"
    with LiveServer(script=file, set={"marker": "me"}) as server:
        assert conversation(server.base_url).begin().finish() == "Hello me"


def test_a_server_does_not_start_without_a_parameter_that_its_script_uses(tmp_path):
    file = tmp_path / "greeting.yaml"
    file.write_text(GREETING)
    with pytest.raises(ScriptError) as caught, LiveServer(script=file):
        pass
    message = "turns[0].steps[1].say: params.marker has no value: give it with --set marker=…"
    assert caught.value.problems == (f"{file}:8: {message}",)


def test_a_parameter_that_no_script_of_a_server_uses_is_logged(caplog):
    with LiveServer(script=GREETING, set={"marker": "x", "makrer": "y"}):
        pass
    assert [record.message for record in caplog.records] == ["params.makrer is given, and no script uses it"]


def test_scripts_are_put_with_parameters_which_are_shown(ns, request_scripts, conversation):
    state = request_scripts("PUT", "?set=marker=a%3Db%20c&set=unused=1").json()
    assert (state["params"], state["notes"]) == (
        {"marker": "a=b c"},
        ["params.unused is given, and no script uses it"],
    )
    assert ns.control("GET", "/scripts")["params"] == {"marker": "a=b c"}
    assert conversation(ns.base_url).begin().finish() == "Hello a=b c"


def test_of_a_parameter_that_is_given_twice_the_later_value_counts(request_scripts):
    assert request_scripts("PUT", "?set=marker=a&set=marker=b").json()["params"] == {"marker": "b"}


def test_scripts_without_a_parameter_that_they_use_are_refused(ns, request_scripts):
    assert request_scripts("PUT", "?set=marker=a").is_success
    error = request_scripts("PUT").json()["error"]
    assert error["problems"] == [
        "script.yaml:8: turns[0].steps[1].say: params.marker has no value: give it with --set marker=…"
    ]
    assert ns.control("GET", "/scripts")["params"] == {"marker": "a"}


@pytest.mark.parametrize("query", ["?set=marker", "?set=my-marker=x", "?set==x"])
def test_what_is_no_parameter_is_refused(query, request_scripts):
    answer = request_scripts("PUT", query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "set")


def test_added_scripts_share_the_parameters_of_the_others(ns, request_scripts):
    request_scripts("PUT", "?set=marker=a")
    text = GREETING.replace("name: greeting", "name: second").replace("name: hello", "name: again")
    state = request_scripts(
        "POST", "?name=second.yaml", text.replace("params.marker", "params.marker ~ params.word")
    ).json()
    assert "params.word has no value" in state["error"]["message"]
    state = request_scripts("POST", "?name=second.yaml&set=word=b", text.replace("params.marker", "params.word")).json()
    assert (state["params"], len(state["turns"])) == ({"marker": "a", "word": "b"}, 2)


def test_a_run_under_way_keeps_the_parameters_that_it_began_with(ns, request_scripts, conversation):
    request_scripts("PUT", "?set=marker=old")
    run = conversation(ns.base_url).begin()
    request_scripts("PUT", "?set=marker=new")
    assert run.finish() == "Hello old"
    assert run.begin().finish() == "Hello new"


def test_a_run_under_way_keeps_its_parameters_over_a_restart(tmp_path, conversation):
    settings = Settings(db=tmp_path / "x.db")
    with LiveServer(settings) as server:
        url = f"{server.control_url}/ns/default/scripts"
        assert httpx.put(f"{url}?set=marker=old", content=GREETING, trust_env=False, timeout=60).is_success
        run = conversation(server.base_url).begin()
        port = int(server.url.rpartition(":")[2])
    with LiveServer(settings, set={"marker": "other"}, port=port):
        assert run.finish() == "Hello old"


def test_scripts_that_are_put_later_find_the_parameters_of_the_server(caplog):
    with LiveServer(set={"marker": "of the server", "other": "x"}) as server:
        url = f"{server.control_url}/ns/default/scripts"
        state = httpx.put(url, content=GREETING, trust_env=False, timeout=60).json()
        assert (state["params"], state["notes"]) == ({"marker": "of the server"}, [])
        assert httpx.put(f"{url}?set=marker=own", content=GREETING, trust_env=False, timeout=60).json()["params"] == {
            "marker": "own"
        }
        problems = httpx.post(f"{server.control_url}/lint", content=GREETING, trust_env=False, timeout=60).json()[
            "problems"
        ]
        assert problems == []
    assert caplog.records == []


def test_lint_takes_parameters(ns, request_scripts):
    def lint(query):
        answer = ns.http.post(f"{ns.url}/_emulator/lint{query}", content=GREETING)
        return [(one["severity"], one["line"], one["message"]) for one in answer.json()["problems"]]

    assert lint("?set=marker=x") == []
    assert lint("") == [("error", 8, "params.marker has no value: give it with --set marker=…")]
    assert lint("?set=marker=x&set=y=1") == [("warning", 1, "params.y is given, and no script uses it")]
