import json
import os
import signal
import socket
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from emulator import Settings, __version__, cli, demo, server
from emulator.cli import serve
from emulator.domain.ports import ScriptError
from emulator.settings import LAST_DAY

GOOD = """
emulator: 1
name: greeting
turns:
  - name: hello
    steps: [{say: hello}]
"""


@pytest.fixture
def served(monkeypatch):
    """What the command asks the server for, in place of a server."""
    arguments: dict[str, object] = {}

    def serve(settings, host, port, *, ready, **more):
        arguments.update(settings=settings, host=host, port=port, **more)
        ready(f"http://{host}:{port}")

    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv("EMULATOR_CONTROL_TOKEN", raising=False)
    return arguments


def failing(monkeypatch, error):
    def serve(*args, **kwargs):
        raise error

    monkeypatch.setattr(server, "serve", serve)


def test_the_version_is_printed(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"assistants-emulator {__version__}\n"


def test_python_m_emulator_is_the_command():
    done = subprocess.run([sys.executable, "-m", "emulator", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"assistants-emulator {__version__}\n"


def test_without_options_a_server_has_the_defaults_of_its_settings(served):
    assert cli.main(["serve"]) == 0
    plain = {"allow_open": False, "certfile": None, "keyfile": None, "grace": 2.0, "drain_delay": 0.0}
    assert served == {"settings": Settings(), "host": "127.0.0.1", "port": 8000, **plain}


def test_a_certificate_and_its_key_are_handed_on(served, tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.touch()
    key.touch()
    assert cli.main(["serve", "--certfile", str(certificate), "--keyfile", str(key)]) == 0
    assert (served["certfile"], served["keyfile"]) == (certificate, key)


def test_every_option_becomes_a_setting(served, tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.py"
    first.touch()
    second.touch()
    line = (
        f"serve --host ::1 --port 0 --db {tmp_path / 'x.db'} --script {first} --script {second} --seed 7 --clock frozen"
        " --wire 2024-04-17 --api-key sk-emu-a --api-key sk-emu-b --control-token t --poll-after-ms 20 --sunset"
        " --v1 refused --model gpt-4o --execute-code --allow-open --cors https://app.example --cors null"
        " --allow-host emulator.internal --set city=Oslo --set mark=a=b --watch --strict"
        " --forward /v1/embeddings=http://127.0.0.1:9 --forward-anywhere --rpm 60 --tpm 90000"
    )
    assert cli.main(line.split()) == 0
    assert (served["host"], served["port"], served["allow_open"]) == ("::1", 0, True)
    assert served["settings"] == Settings(
        db=tmp_path / "x.db",
        scripts=(first, second),
        seed=7,
        clock="frozen",
        wire=LAST_DAY.replace(2024, 4, 17),
        api_keys=frozenset({"sk-emu-a", "sk-emu-b"}),
        control_token="t",
        poll_after_ms=20,
        sunset=True,
        v1="refused",
        models=("gpt-4o",),
        cors=("https://app.example", "null"),
        hosts=("emulator.internal",),
        execute_code=True,
        params={"city": "Oslo", "mark": "a=b"},
        watch=True,
        strict=True,
        forward={"/v1/embeddings": "http://127.0.0.1:9"},
        forward_anywhere=True,
        rpm=60,
        tpm=90000,
    )


@pytest.mark.parametrize(
    "line", ["--forward /v1/embeddings", "--forward /v1/a=http://localhost:1 --forward /v1/a=http://localhost:2"]
)
def test_a_forward_that_is_no_path_and_url_is_refused(served, capsys, line):
    assert cli.main(["serve", *line.split()]) == 2
    assert "--forward" in capsys.readouterr().err
    assert served == {}


def test_forwards_are_printed(served, capsys):
    cli.main(["serve", "--forward", "/v1/embeddings=http://127.0.0.1:9"])
    assert "/v1/embeddings to http://127.0.0.1:9" in capsys.readouterr().out


def test_the_pause_between_polls_may_be_left_out(served):
    cli.main(["serve", "--no-poll-after"])
    assert served["settings"].poll_after_ms is None


def test_the_control_token_may_come_from_the_environment_and_is_not_printed(served, monkeypatch, capsys):
    monkeypatch.setenv("EMULATOR_CONTROL_TOKEN", "from-the-environment")
    cli.main(["serve"])
    assert served["settings"].control_token == "from-the-environment"
    assert "from-the-environment" not in capsys.readouterr().out


def test_what_to_copy_is_printed(served, capsys):
    cli.main(["serve", "--port", "8123"])
    out = capsys.readouterr().out
    assert "export OPENAI_BASE_URL=http://127.0.0.1:8123/v1\nexport OPENAI_API_KEY=sk-emu-default\n" in out
    assert "http://127.0.0.1:8123/_emulator" in out


def test_the_address_of_the_inspector_is_printed_as_one_to_connect_to(served, capsys):
    cli.main(["serve", "--host", "0.0.0.0", "--allow-open", "--port", "8123"])
    assert "\ninspector    http://127.0.0.1:8123/\n" in capsys.readouterr().out
    cli.main(["serve", "--control-token", "secret"])
    out = capsys.readouterr().out
    assert "\ninspector    http://127.0.0.1:8000/ (asks for your token)\n" in out
    assert "secret" not in out


@pytest.mark.parametrize("options,opened", [((), []), (("--open",), ["http://127.0.0.1:8123/"])])
def test_the_inspector_is_opened_where_that_is_asked_for(served, monkeypatch, options, opened):
    urls = []
    monkeypatch.setattr(serve, "open_in_browser", urls.append)
    assert cli.main(["serve", "--host", "0.0.0.0", "--allow-open", "--port", "8123", *options]) == 0
    assert urls == opened


def test_a_key_that_could_be_a_real_one_is_not_printed(served, capsys):
    cli.main(["serve", "--api-key", "sk-proj-secret"])
    assert "sk-proj-secret" not in capsys.readouterr().out


def test_an_open_host_is_warned_about_and_printed_as_one_to_connect_to(served, capsys):
    cli.main(["serve", "--host", "0.0.0.0", "--allow-open"])
    printed = capsys.readouterr()
    assert "OPENAI_BASE_URL=http://127.0.0.1:8000/v1" in printed.out
    assert printed.err.startswith("warning: ")


def test_requests_are_printed_where_that_is_asked_for(served, capsys):
    cli.main(["serve", "--requests"])
    capsys.readouterr()
    served["settings"].on_request(
        {"namespace": "a", "method": "GET", "sent_path": "/v1/models", "status": 200, "ms": 1.25, "hint": None}
    )
    assert capsys.readouterr().out == "a GET    /v1/models 200 1.2 ms\n"


@pytest.mark.parametrize(
    "line",
    [
        "bogus",
        "serve --port x",
        "serve --port 70000",
        "serve --wire yesterday",
        "serve --clock slow",
        "serve --v1 maybe",
        "serve --script no-such-file.yaml",
        "serve --db no/such/folder/x.db",
        "serve --seed one",
        "serve --host 0.0.0.0",
        f"serve --seed {'9' * 40}",
        f"serve --seed {'9' * 5000}",
        f"serve --poll-after-ms {'9' * 40}",
        "serve --rpm 0",
        "serve --tpm -1",
        "serve --tpm many",
        "serve --wire 0001-01-01",
        "serve --wire 9999-12-31",
        "serve --cors app.example",
        "serve --cors https://app.example/path",
        "serve --allow-host bad/name",
        "serve --model \udcff",
        "serve --set marker",
        "serve --set my-marker=x",
        "serve --set =x",
        "serve --set marker=\udcff",
        "serve --ready-file no/such/folder/ready.json",
        "serve --ready-file .",
        "serve --wire 2019-01-01",
        "serve --wire 2030-01-01",
        "serve --db :memory:",
        "serve --db a\0b.db",
        "serve --db /dev/null",
        "serve --db .",
        f"serve --db {'a' * 300}.db",
        "lint",
        "lint no-such-file.yaml",
    ],
)
def test_bad_input_costs_one_line_and_exit_code_two(line, capsys, monkeypatch):
    monkeypatch.delenv("EMULATOR_CONTROL_TOKEN", raising=False)
    assert cli.main(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1


def test_a_taken_port_is_reported_in_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 2
    assert capsys.readouterr().err == (
        f"error: port {port} on 127.0.0.1 is taken; choose another with --port, or --port 0\n"
    )


def test_a_script_that_cannot_be_loaded_is_reported_line_by_line(monkeypatch, capsys):
    failing(monkeypatch, ScriptError(["a.yaml:3: turns: missing", "a.yaml:4: states: typo"]))
    assert cli.main(["serve"]) == 2
    assert capsys.readouterr().err == "error: a.yaml:3: turns: missing\na.yaml:4: states: typo\n"


def test_a_database_that_cannot_be_used_is_reported_in_one_line(monkeypatch, capsys):
    from emulator.store.database import UnusableDatabaseError

    failing(monkeypatch, UnusableDatabaseError("x.db: not a database of this emulator"))
    assert cli.main(["serve"]) == 2
    assert capsys.readouterr().err == "error: x.db: not a database of this emulator\n"


def test_an_unexpected_failure_costs_one_line_and_exit_code_one(monkeypatch, capsys):
    failing(monkeypatch, LookupError("two\nlines"))
    assert cli.main(["serve"]) == 1
    assert capsys.readouterr().err == "error: the server failed: LookupError: two lines\n"


def test_a_file_where_the_folder_of_files_belongs_is_reported_in_one_line(tmp_path, capsys):
    (tmp_path / "x.db.files").touch()
    assert cli.main(["serve", "--port", "0", "--db", str(tmp_path / "x.db")]) == 2
    assert "not a folder" in capsys.readouterr().err
    assert not (tmp_path / "x.db").exists()


def test_an_interrupt_ends_quietly(monkeypatch, capsys):
    failing(monkeypatch, KeyboardInterrupt())
    assert cli.main(["serve"]) == 130
    assert capsys.readouterr().err == ""


def test_a_served_emulator_answers_and_ends_on_a_signal(tmp_path):
    script = tmp_path / "greeting.yaml"
    script.write_text(GOOD)
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        assert first.startswith("assistants-emulator "), process.stderr.read()
        url = first.split()[-1]
        # Read to the last line here: what a reader has buffered, `communicate` would not see.
        out = "".join(iter(process.stdout.readline, "Press Ctrl-C to stop.\n"))
        assert httpx.get(f"{url}/_emulator/health", trust_env=False, timeout=60).status_code == 200
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert str(script) in out
    assert (err, process.returncode) == ("", 0)


def test_lint_is_content_with_a_good_file(tmp_path, capsys):
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    assert cli.main(["lint", str(file)]) == 0
    assert capsys.readouterr() == ("", "1 file: no errors\n")


def test_lint_says_where_an_error_is(tmp_path, capsys):
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace("say", "sing"))
    assert cli.main(["lint", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:6: turns[0].steps[0]: ")


def test_lint_says_where_a_file_cannot_be_read_and_goes_on_with_the_next(tmp_path, capsys):
    broken, bad = tmp_path / "broken.yaml", tmp_path / "bad.yaml"
    broken.write_text("emulator: 1\nturns: [\n")
    bad.write_text(GOOD.replace("say", "sing"))
    assert cli.main(["lint", str(broken), str(bad)]) == 1
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{broken}:")
    assert second.startswith(f"{bad}:6: ")


def test_lint_takes_parameters(tmp_path, capsys):
    file = tmp_path / "good.yaml"
    file.write_text(GOOD.replace("say: hello", 'say: "{{ params.word }}"'))
    assert cli.main(["lint", str(file)]) == 1
    missing = "params.word has no value: give it with --set word=…"
    assert capsys.readouterr().out == f"{file}:6: turns[0].steps[0].say: {missing}\n"
    assert cli.main(["lint", "--set", "word=hello", "--set", "more=x", str(file)]) == 0
    assert capsys.readouterr().out == (f"{file}:1: scenario: params.more is given, and no script uses it (warning)\n")


@pytest.mark.parametrize(
    "source,finding",
    [
        ("x = (\n", ":1: python: SyntaxError: "),
        ("x = 1\n", ":1: python: defines no script"),
        ("\n\nx = 1 / 0\n", ":3: python: ZeroDivisionError: division by zero"),
    ],
)
def test_lint_says_where_a_python_script_breaks(source, finding, tmp_path, capsys):
    file = tmp_path / "script.py"
    file.write_text(source)
    assert cli.main(["lint", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}{finding}")


def test_lint_reads_the_scenario_of_the_demo_without_a_finding(capsys):
    assert cli.main(["lint", str(Path(demo.__file__).parent / "demo.yaml")]) == 0
    assert capsys.readouterr().out == ""


def test_the_schema_is_json(capsys):
    assert cli.main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


def test_the_demo_shows_a_conversation():
    environment = {**os.environ, "COLUMNS": "80", "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "emulator", "demo"], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("  ")]
    assert [rest for who, rest in lines if who == "run"] == [
        "queued", "in_progress", "requires_action", "queued", "in_progress", "completed",
        "queued", "in_progress", "completed",
        "queued", "completed",
        "queued", "completed",
    ]  # fmt: skip
    assert [rest for who, rest in lines if who == "assistant"] == [
        "Oslo has clear sky and 4 °C.",
        "Leave it at home: nothing will fall on you but sunlight, and a little of that is good for everybody.",
        "In the second half of April【8:0†almanac.md】, and a little later in the woods.",
        "Friday is the warmest day.",
    ]
    assert any(who == "citation" and "almanac.md" in rest for who, rest in lines)
    assert any(who == "chart" and "PNG" in rest for who, rest in lines)
    assert ["tool", 'get_weather({"city":"Oslo"}) → {"sky": "clear sky", "celsius": 4}'] in lines
    assert "POST /assistants → 200" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_demo_can_be_looked_at_until_it_is_stopped():
    command = [sys.executable, "-m", "emulator", "demo", "--inspect"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = [*takewhile(lambda line: "Press Ctrl-C" not in line, process.stdout)]
            url = next(line.split()[-1] for line in lines if line.startswith("The conversation in the inspector"))
            assert "/_emulator/inspector/ns/default/threads/thread_" in url
            page = httpx.get(url.partition("/threads/")[0], trust_env=False, timeout=60)
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_the_demo_without_the_client_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "openai", None)
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "error: the demo needs the openai client: pip install 'assistants-emulator[client]'\n"
    )


REFUSED = {
    "{model: gpt-4o, tools: [{type: mcp, server_lable: x, server_url: y}]}": "Missing required parameter: 'assistants.asst_d.tools[0].server_label'.",
    "{model: gpt-4o, tools: [{type: bing_grouding}]}": "Invalid value: 'bing_grouding'. Supported values are: ",
    "{model: gpt-4o, temperature: 9.0}": "Invalid 'assistants.asst_d.temperature': decimal above maximum value.",
    "{model: gpt-4o, tools: [code_interpreter], files: [file-nope]}": "Files [file-nope] were not found",
    "{model: gpt-4o, tools: [code_interpreter], tool_resources: {code_interpreter: 3}}": "Invalid type for ",
    f"{{model: gpt-4o, metadata: {{a: {'x' * 513}}}}}": "Invalid 'assistants.asst_d.metadata.a': string too long.",
}


def test_lint_finds_a_file_of_a_purpose_that_there_is_not(tmp_path, capsys):
    file = tmp_path / "pilots.yaml"
    file.write_text("emulator: 1\nfixtures:\n  files:\n    tides: {text: x, purpose: asistants}\nturns: []\n")
    assert cli.main(["lint", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:4: fixtures.files.tides: 'asistants' is not one of [")


@pytest.fixture(params=REFUSED)
def refused(request, tmp_path):
    """A scenario with a fixture that the API refuses, and how the finding begins."""
    file = tmp_path / "pilots.yaml"
    fixture = request.param.replace("{", "{id: asst_d, ", 1)
    file.write_text(f"emulator: 1\nfixtures:\n  assistants:\n    pilot: {fixture}\nturns: []\n")
    return file, f"{file}:4: fixtures.assistants.pilot: {REFUSED[request.param]}"


def test_lint_finds_a_fixture_that_the_api_refuses(refused, capsys):
    file, finding = refused
    assert cli.main(["lint", str(file)]) == 1
    assert capsys.readouterr().out.startswith(finding)


def test_a_server_does_not_start_with_a_fixture_that_the_api_refuses(refused, capsys, caplog):
    file, finding = refused
    assert cli.main(["serve", "--port", "0", "--script", str(file)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"error: {finding}")
    assert caplog.records == []


def test_lint_asks_no_fixture_of_a_script_that_is_wrong_anyway(tmp_path, capsys):
    file = tmp_path / "bad.yaml"
    file.write_text(
        "emulator: 1\nfixtures: {assistants: {a: {model: m, tools: [{type: mcp}]}}}\nturns: [{steps: [{sya: x}]}]\n"
    )
    assert cli.main(["lint", str(file)]) == 1
    assert [line.split(":")[1] for line in capsys.readouterr().out.splitlines()] == ["3"]


def test_a_path_forges_no_line_of_the_requests_that_are_shown(capsys):
    request = {"namespace": "a", "method": "GET", "status": 404, "ms": 0.2, "hint": "base_url lacks /v1"}
    serve.print_request({**request, "sent_path": "/threads/\nDELETE /threads/x 200\r\x1b[2J"})
    shown = "a GET    /threads/\\nDELETE /threads/x 200\\r\\x1b[2J 404 0.2 ms (base_url lacks /v1)\n"
    assert capsys.readouterr().out == shown
