"""Warnings about scripts are shown where scripts are given: in the log of a server, and in the answer to PUT."""

import logging
import signal
import subprocess
import sys

import pytest

from emulator import LiveServer, Settings

WARNED = "emulator: 1\nturns:\n- steps:\n  - say: 'Hello {{ vars.name }}'\n"
WARNING = "4: turns[0].steps[0].say: no turn sets vars.name; write set: {name: …}"


@pytest.fixture
def warned(tmp_path):
    path = tmp_path / "greeting.yaml"
    path.write_text(WARNED)
    return path


def logged(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "emulator"]


def test_a_server_logs_the_warnings_of_its_scripts(warned, caplog):
    with caplog.at_level(logging.WARNING, "emulator"), LiveServer(Settings(scripts=(warned,))):
        pass
    assert logged(caplog) == [f"{warned}:{WARNING}"]


def test_a_server_of_scripts_without_a_finding_logs_nothing(tmp_path, caplog):
    path = tmp_path / "greeting.yaml"
    path.write_text("emulator: 1\nturns: [{steps: [{tool: bing_grounding, query: x}, {say: hello}]}]")
    with caplog.at_level(logging.WARNING, "emulator"), LiveServer(Settings(scripts=(path,))):
        pass
    assert logged(caplog) == []


def test_the_answer_to_a_put_has_the_warnings(ns):
    assert ns.http.put(f"{ns.control_url}/scripts?name=a.yaml", content=WARNED).json()["notes"] == [f"a.yaml:{WARNING}"]
    assert (
        ns.http.post(f"{ns.control_url}/scripts?name=b.yaml", content=WARNED.replace("vars.name", "message"))
        .json()["notes"][-1]
        .startswith("b.yaml:3: turns[0]: never played: turn #1 of a comes first")
    )


def test_an_unused_parameter_stands_beside_them(ns):
    answer = ns.http.put(f"{ns.control_url}/scripts?name=a.yaml&set=x=1", content=WARNED).json()
    assert answer["notes"] == [f"a.yaml:{WARNING}", "params.x is given, and no script uses it"]


def test_a_scenario_of_a_size_that_nobody_writes_is_put_without_them(ns):
    text = f"# {'x' * 300_000}\n{WARNED}"
    assert ns.http.put(f"{ns.control_url}/scripts", content=text.encode()).json()["notes"] == []


def serving(*args, cwd):
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", *args]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("args", [["scenarios"], ["--script", "scenarios"], ["scenarios/greeting.yaml", "scenarios"]])
def test_serve_plays_the_scenarios_of_a_folder_and_writes_their_warnings(args, tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "greeting.yaml").write_text(WARNED)
    (tmp_path / "scenarios" / "compose.yaml").write_text("services: {}")
    server = serving(*args, cwd=tmp_path)
    try:
        greeting = "".join(iter(server.stdout.readline, "Press Ctrl-C to stop.\n"))
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=60)
    assert "scripts      scenarios/greeting.yaml" in greeting
    assert f"scenarios/greeting.yaml:{WARNING}" in errors.splitlines()


def test_serve_refuses_a_folder_without_scenarios(tmp_path):
    server = serving(".", cwd=tmp_path)
    _, errors = server.communicate(timeout=60)
    assert (errors, server.returncode) == (
        "error: .: no scenario in this folder: no YAML or JSON that begins with emulator: 1\n",
        2,
    )
