"""What docs/responses.md tells a newcomer to copy and to run: a port, its test and the commands for both."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import LiveServer

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "responses.md").read_text(encoding="utf-8")
PLAYED = "The next ferry to Lindholm leaves at 9:40. You were going to Lindholm.\n"


def blocks(language, heading):
    """Return the blocks of a language below a heading."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (text,) = (one for one in section if one.startswith(f"{heading}\n"))
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


BEGINNING, CHAIN, *_ = blocks("python", "Four styles of a port")


@pytest.fixture
def folder(tmp_path):
    """A folder as a newcomer has it, with the scenario."""
    (scenario,) = blocks("yaml", "One scenario for both")
    tmp_path.joinpath("ferry.yaml").write_text(scenario)
    return tmp_path


@pytest.fixture
def run(folder):
    """Return what runs a command there."""

    def run(*command):
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=120)

    return run


def test_a_port_is_run_and_tested_by_the_commands(folder, run):
    folder.joinpath("port.py").write_text(BEGINNING + CHAIN)
    (suite,) = blocks("python", "Run a port offline")
    folder.joinpath("test_port.py").write_text(suite)
    (commands,) = blocks("sh", "Run a port offline")
    install, *executions = commands.splitlines()
    assert install.startswith("pip install")
    assert len(executions) == 2
    for command in executions:
        tool, *arguments = shlex.split(command)
        before, after = arguments[: arguments.index("--") + 1], arguments[arguments.index("--") + 1 :]
        program = [sys.executable, *(after[1:] if after[0] == "python" else ["-m", *after])]
        assert tool == "assistants-emulator"
        done = run(sys.executable, "-m", "emulator", *before, *program)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "hint" not in done.stderr
        assert PLAYED in done.stdout or "1 passed" in done.stdout


def test_the_helper_of_the_client_knows_completed_responses_alone():
    with LiveServer(script="emulator: 1\nturns: [{steps: [{fail: server_error}]}]") as server:
        client = server.namespace("default").client(max_retries=0)
        with client.responses.stream(model="gpt-4o", input="Hello?") as stream:
            *_, last = stream
            with pytest.raises(RuntimeError):
                stream.get_final_response()
    assert last.response.status == "failed"


def test_each_hint_at_ports_is_in_the_table():
    (table,) = (text for text in re.split(r"^## ", PAGE, flags=re.MULTILINE) if text.startswith("Where ports go wrong"))
    assert {"sent_only_once", "calls_unanswered", "shaped_for_assistants"} <= set(re.findall(r"`(\w+)`", table))
