"""Fixtures of the scripts that a server is started with: tried at the start, made by the first request."""

import httpx
import pytest

from emulator.domain.ports import ScriptError
from emulator.live_server import LiveServer
from emulator.settings import Settings

SCRIPT = """
emulator: 1
fixtures:
  files:
    tides: {text: "Low at six.", id: file-tides}
  vector_stores:
    kb: {id: vs_kb, files: [tides]}
  assistants:
    pilot: {id: asst_pilot, model: gpt-4o, tools: [file_search], vector_stores: [kb]}
  threads:
    pier: {id: thread_pier, messages: [{content: Hello, files: [tides]}]}
turns: [{steps: [{say: Aye.}]}]
"""
HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "pilots.yaml"
    file.write_text(SCRIPT)
    return file


def get(server, path, status=200):
    response = httpx.get(f"{server.url}{path}", headers=HEADERS, trust_env=False, timeout=60)
    assert response.status_code == status, response.text
    return response.json()


def test_a_server_that_has_tried_its_fixtures_has_kept_nothing_of_them(script, tmp_path):
    with LiveServer(Settings(db=tmp_path / "a.db"), script=script) as server:
        assert get(server, "/_emulator/ns")["namespaces"] == []
        assert [path for path in tmp_path.rglob("a.db.files/*") if path.is_file()] == []
        assert get(server, "/v1/assistants/asst_pilot")["model"] == "gpt-4o"
        assert [message["content"] for message in get(server, "/v1/threads/thread_pier/messages")["data"]]


def test_the_fixtures_of_a_stored_namespace_outlive_a_trial_of_the_next_server(script, tmp_path):
    settings = Settings(db=tmp_path / "a.db")
    for _ in range(2):
        with LiveServer(settings, script=script) as server:
            assert get(server, "/v1/files/file-tides")["filename"] == "tides.txt"
            content = httpx.get(f"{server.url}/_emulator/ns", trust_env=False, timeout=60).json()["namespaces"]
            assert [one["namespace"] for one in content] == ["default"]
    assert len([path for path in tmp_path.rglob("a.db.files/*") if path.is_file()]) == 1


def test_what_is_stored_counts_where_fixtures_refer_to_it(script, tmp_path):
    settings = Settings(db=tmp_path / "a.db")
    with LiveServer(settings, script=script) as server:
        get(server, "/v1/files/file-tides")
    later = tmp_path / "later.yaml"
    uses = "{id: asst_later, model: gpt-4o, tools: [code_interpreter], files: [file-tides]}"
    later.write_text(f"emulator: 1\nfixtures: {{assistants: {{later: {uses}}}}}\nturns: []\n")
    with LiveServer(settings, script=later) as server:
        assert get(server, "/v1/assistants/asst_later")["tool_resources"]["code_interpreter"]["file_ids"] == [
            "file-tides"
        ]
    with pytest.raises(ScriptError, match=r"later\.yaml:2: fixtures\.assistants\.later: Files \[file-tides\] were not"):
        LiveServer(script=later).start()


def test_a_fixture_of_a_model_that_the_server_does_not_have_is_found_at_the_start(script):
    with pytest.raises(ScriptError, match=r"pilots\.yaml:\d+: fixtures\.assistants\.pilot: .*gpt-4o"):
        LiveServer(Settings(models=("gpt-4",)), script=script).start()


def test_lint_of_the_control_api_tries_fixtures_too(ns, http):
    text = "emulator: 1\nfixtures:\n  assistants:\n    a: {model: m, tools: [{type: radar}]}\nturns: []\n"
    (found,) = http.post(f"{ns.url}/_emulator/lint", content=text.encode()).json()["problems"]
    assert (found["severity"], found["line"], found["path"]) == ("error", 4, "fixtures.assistants.a")
    assert found["message"].startswith("Invalid value: 'radar'.")


def test_a_purpose_that_no_file_has_is_refused_with_all_that_a_fixture_may_have(ns, http):
    text = "emulator: 1\nfixtures: {files: {a: {text: x, purpose: output}}}\nturns: []\n"
    (found,) = http.post(f"{ns.url}/_emulator/lint", content=text.encode()).json()["problems"]
    assert found["message"].startswith("'output' is not one of ['fine-tune', 'assistants', ")
    assert "'assistants_output']" in found["message"]


# --- days that refused extensions -----------------------------------------------------------------------------------

FILES = "emulator: 1\nwire: {wire}\nfixtures:\n  files:\n    a: {{text: x, id: file-a, filename: {name}{more}}}\nturns: []\n"
UNKNOWN = "fixtures.files.a: Invalid extension cs. Supported formats:"


def files(wire="2024-10-28", name="a.cs", more=""):
    return FILES.format(wire=wire, name=name, more=more)


def test_a_file_of_an_extension_that_the_day_refused_is_found_at_the_start(script):
    script.write_text(files())
    with pytest.raises(ScriptError, match=rf"pilots\.yaml:5: {UNKNOWN}"):
        LiveServer(script=script).start()


def test_a_file_of_an_extension_that_the_day_refused_is_refused_by_the_control_api_and_by_lint(ns, http):
    (found,) = http.post(f"{ns.url}/_emulator/lint", content=files().encode()).json()["problems"]
    assert (found["path"], found["message"][:20]) == ("fixtures.files.a", "Invalid extension cs")
    refused = http.put(f"{ns.control_url}/scripts", content=files().encode())
    assert (refused.status_code, "Invalid extension cs" in refused.text) == (400, True)
    assert http.get(f"{ns.url}/v1/files/file-a", headers=ns_headers(ns)).status_code == 404


def ns_headers(ns):
    return {"Authorization": f"Bearer {ns.key}", "OpenAI-Beta": "assistants=v2"}


@pytest.mark.parametrize(
    "text",
    [
        files(name="a.md"),
        files(name="a"),
        files(wire="2025-03-14"),
        files(more=", purpose: user_data"),
        files(more=", purpose: assistants_output"),
    ],
    ids=["known", "none", "another day", "another purpose", "written by code"],
)
def test_other_files_are_made(ns, http, text):
    assert http.put(f"{ns.control_url}/scripts", content=text.encode()).status_code == 200
    assert http.get(f"{ns.url}/v1/files/file-a", headers=ns_headers(ns)).status_code == 200


def test_a_file_that_is_there_outlives_a_day_that_refuses_it(ns, http):
    assert http.put(f"{ns.control_url}/scripts", content=files(wire="2025-03-14").encode()).status_code == 200
    ns.put(wire="2024-10-28")
    again = files(wire="2025-03-14").replace("turns: []", "turns: [{steps: [{say: x}]}]")
    assert http.put(f"{ns.control_url}/scripts", content=again.encode()).status_code == 200
    assert http.get(f"{ns.url}/v1/files/file-a", headers=ns_headers(ns)).status_code == 200
