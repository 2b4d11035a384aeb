"""The workflows for CI, command by command in a clean environment: only the package is replaced, by the wheel."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contract_tests.clean_environment import OFFLINE, clean_environment

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
GITHUB = yaml.safe_load((EXAMPLES / "ci" / "github-actions.yml").read_text())
GITLAB = yaml.safe_load((EXAMPLES / "ci" / "gitlab-ci.yml").read_text())
FAILING = "def test_that_fails(openai_client):\n    openai_client.beta.threads.create()\n    assert False\n"
NODE_PROGRAM = """
const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const headers = { Authorization: `Bearer ${OPENAI_API_KEY}`, "OpenAI-Beta": "assistants=v2", "Content-Type": "application/json" };
const post = async (path, body) =>
  (await fetch(OPENAI_BASE_URL + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
const assistant = await post("/assistants", { model: "gpt-4o", instructions: "Be brief." });
const run = await post("/threads/runs", { assistant_id: assistant.id, thread: { messages: [{ role: "user", content: process.argv[2] }] } });
if (!run.id) throw new Error(JSON.stringify(run));
"""

pytestmark = [
    pytest.mark.skipif(not (ROOT / "emulator").is_dir(), reason="the workflows are tried from the checkout"),
    pytest.mark.timeout(600),
]


def commands_of(job):
    """Return the commands of a job of either service, by their names."""
    if "steps" in job:
        return {step["name"]: step["run"] for step in job["steps"] if "run" in step}
    return dict(enumerate(job["script"]))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def shell(wheel, tmp_path_factory):
    """Return a function that runs a command as a runner does: in its folder, by a shell that stops at an error."""
    home = tmp_path_factory.mktemp("home")
    python = clean_environment(home / "environment")
    paths = [str(python), *({str(Path(found).parent)} if (found := shutil.which("node")) else ()), "/usr/bin", "/bin"]
    env = {
        "PATH": os.pathsep.join(paths), "HOME": str(home), "CI": "true", "npm_config_offline": "true",
        "EMULATOR": f"assistants-emulator[client] @ {wheel.as_uri()}", **OFFLINE,
    }  # fmt: skip

    def run(command, folder):
        return subprocess.run(
            ["sh", "-ec", command], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
        )

    return run


def project(folder):
    """Copy a suite of pytest, with the workflows where they belong: they are no scenarios, and lint has to know it."""
    shutil.copytree(EXAMPLES / "app_under_test", folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (folder / ".github" / "workflows").mkdir(parents=True)
    shutil.copy(EXAMPLES / "ci" / "github-actions.yml", folder / ".github" / "workflows" / "tests.yml")
    shutil.copy(EXAMPLES / "ci" / "gitlab-ci.yml", folder / ".gitlab-ci.yml")
    return folder


@pytest.mark.parametrize("job", [GITHUB["jobs"]["pytest"], GITLAB["pytest"]], ids=["github", "gitlab"])
def test_the_commands_for_a_suite_in_pytest_run_as_they_stand(job, shell, tmp_path):
    folder = project(tmp_path / "project")
    for name, command in commands_of(job).items():
        done = shell(command, folder)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    assert "11 passed" in done.stdout
    assert (folder / "report.xml").is_file()


def test_what_is_kept_of_a_failure_is_where_the_workflows_look_for_it(shell, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_it.py").write_text(FAILING)
    install, *_, test = commands_of(GITLAB["pytest"]).values()
    assert [shell(command, folder).returncode for command in (install, test)] == [0, 1]
    kept = GITHUB["jobs"]["pytest"]["steps"][-1]["with"]["path"].split()
    assert [path for path in kept if not list(folder.glob(path))] == []
    assert list(folder.glob(GITLAB["pytest"]["artifacts"]["paths"][0]))


@pytest.mark.skipif(not shutil.which("npm"), reason="Node is not installed")
@pytest.mark.parametrize("question, code", [("What is the weather?", 0), ("Something else", 1)])
def test_the_commands_for_a_suite_in_node_fail_only_where_no_turn_answers(question, code, shell, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": "x", "scripts": {"test": f"node ask.mjs '{question}'"}}))
    (folder / "package-lock.json").write_text(
        json.dumps({"name": "x", "lockfileVersion": 3, "packages": {"": {"name": "x"}}})
    )
    (folder / "ask.mjs").write_text(NODE_PROGRAM)
    turn = {"name": "weather", "when": {"message": {"contains": "weather"}}, "steps": [{"say": "Rain."}]}
    (folder / "weather.yaml").write_text(json.dumps({"emulator": 1, "name": "weather", "turns": [turn]}))
    install, test = commands_of(GITHUB["jobs"]["node"]).values()
    installed = shell(install, folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    done = shell(test, folder)
    assert done.returncode == code, done.stdout + done.stderr


def test_both_workflows_install_the_same_and_name_it_once():
    assert GITHUB["env"]["EMULATOR"] == GITLAB["variables"]["EMULATOR"]
    for job in (*GITHUB["jobs"].values(), GITLAB["pytest"]):
        first = next(iter(commands_of(job).values()))
        assert first.startswith('python -m pip install "$EMULATOR"')


def test_the_page_names_the_commands_of_the_workflows():
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    commands = "\n".join(commands_of(GITLAB["pytest"]).values()) + "\n".join(
        commands_of(GITHUB["jobs"]["node"]).values()
    )
    for named in re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE):
        assert named in commands, named
