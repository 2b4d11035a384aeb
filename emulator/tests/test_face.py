import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import emulator

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"fastapi", "httpx", "openai", "pydantic", "sqlalchemy", "sqlmodel", "starlette", "uvicorn"}


def loaded_by(source):
    script = f"import sys\n{source}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "source",
    [
        "import emulator",
        "from emulator import Settings",
        "from emulator import LiveServer",
        "from emulator import InProcess; InProcess()",
        "from emulator import parity",
        "import emulator.cli",
        "import emulator.domain.actions",
    ],
)
def test_a_look_at_the_package_loads_no_framework(source):
    assert not loaded_by(source) & HEAVY


def test_a_server_answers_without_the_frameworks_of_tables_and_of_the_control_api():
    source = """
import httpx
from emulator import LiveServer
headers = {"Authorization": "Bearer sk-any", "OpenAI-Beta": "assistants=v2"}
with LiveServer() as server:
    assert httpx.post(f"{server.base_url}/threads", headers=headers, json={}, trust_env=False).status_code == 200
"""
    assert not loaded_by(source) & {"fastapi", "openai", "sqlalchemy", "sqlmodel"}


def test_a_server_in_process_loads_no_server_of_http():
    source = """
from emulator import InProcess
with InProcess() as server:
    assert server.control.send("GET", "/health")[0] == 200
"""
    assert not loaded_by(source) & {"fastapi", "httpx", "httpx2", "openai", "sqlalchemy", "sqlmodel", "uvicorn"}


def test_a_client_in_process_loads_the_library_of_http_alone():
    source = """
from emulator import InProcess
with InProcess() as server, server.http_client(base_url=server.url) as http:
    headers = {"Authorization": "Bearer sk-any", "OpenAI-Beta": "assistants=v2"}
    assert http.post("/v1/threads", headers=headers, json={}).status_code == 200
"""
    assert not loaded_by(source) & {"fastapi", "openai", "sqlalchemy", "sqlmodel", "uvicorn"}


def test_a_command_loads_no_other_command():
    loaded = loaded_by("from emulator.cli import main; main(['schema'])")
    assert "emulator.cli.schema" in loaded
    assert not loaded & {"emulator.cli.serve", "emulator.cli.record", "emulator.cli.distil"}


def test_first_scripts_load_nothing_of_recordings_and_exports():
    source = """
from emulator import InProcess
with InProcess() as server:
    script = "emulator: 1\\nturns: [{steps: [{say: hello}]}]"
    assert server.control.send("PUT", "/ns/default/scripts", body=script.encode())[0] == 200
"""
    loaded = loaded_by(source)
    assert "scripted_models.loader" in loaded
    assert not [name for name in loaded if name.startswith(("emulator.recording", "scripted_models.suggestions"))]
    assert not loaded & {"emulator.service.imports", "emulator.service.thread_exports", "emulator.replays"}


def test_a_body_builds_its_validator_when_it_is_first_used():
    source = "from emulator.wire.runs import CreateRun\nprint(CreateRun.__pydantic_complete__)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_all_is_sorted_and_true():
    assert emulator.__all__ == sorted(emulator.__all__)
    assert set(emulator.__all__) <= set(dir(emulator))


def test_names_come_when_they_are_asked_for():
    from emulator.live_server import LiveServer
    from emulator.settings import Settings

    assert emulator.LiveServer is LiveServer
    assert emulator.Settings is Settings


def test_the_app_comes_when_it_is_asked_for():
    from emulator.app import create_app

    assert emulator.create_app is create_app


def test_a_name_that_is_not_there_is_missed_as_usual():
    with pytest.raises(AttributeError, match="module 'emulator' has no attribute 'Server'"):
        _ = emulator.Server


def test_the_command_is_the_one_that_the_project_promises():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"assistants-emulator": "emulator.cli:main"}
