"""Every example runs by itself and prints what it should."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import LiveServer

HERE = Path(__file__).parent
EXPECTED_OUTPUT = {
    "async_client": ["Post 11 reports snow.", "12 conversations", "Post| 99| reports| snow."],
    "discussion": ["8 messages, 6 speakers, one thread", "eleven metres wide, and larch costs 80", "council is closed"],
    "function_calling": ["earned 199.00", "The Salt Road sold best: 15", "Bees for Beginners sold best: 32"],
    "migrating": ['= call   {"title":"Emma"}', "behaves the same after the migration"],
    "parallel_calls": ["Lindholm at 9:40, Grasoe at 11:05", "Stay ashore: the swell is 3.1 metres."],
    "polling": ["queued → in_progress → completed", "when the first loaves are out", "rate_limit_exceeded: The bakery"],
    "porting": ['= call   {"title":"Emma"}', "= answer Emma: two copies.", "The port behaves the same."],
    "script_in_python": ["Here are Moby-Dick and Emma.", "Middlemarch will be back", "You have 2 of our books."],
    "streaming": [
        "[code_interpreter]\nfirst = 5.2",
        "→ [5.2, 17.6, 30.0]",
        "causeway floods.",
        "The run is completed.",
    ],
}
NODE_SUITE = HERE / "node"
# Where `python -m contract_tests.matrix` installs what the lock file of the suite names.
INSTALLED = HERE.parent / ".matrix" / "examples-node" / "node_modules"
NO_EXAMPLES = {"conftest", "server", "test_examples", "test_ports", "test_round_trips"}


def run(*command, cwd=HERE.parent, **env):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    inherited |= {"PYTHONIOENCODING": "utf-8", **env}
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=inherited,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def test_every_example_is_tested():
    assert {file.stem for file in HERE.glob("*.py")} - NO_EXAMPLES == set(EXPECTED_OUTPUT)


@pytest.mark.parametrize("name", EXPECTED_OUTPUT)
def test_an_example_prints_the_expected_output(name):
    process = run(f"examples/{name}.py")
    assert (process.returncode, process.stderr) == (0, "")
    for part in EXPECTED_OUTPUT[name]:
        assert part in process.stdout


@pytest.mark.parametrize("name", sorted(file.stem for file in HERE.glob("*.yaml")))
def test_the_scenario_of_an_example_passes_lint(name):
    process = run("-m", "emulator", "lint", f"examples/{name}.yaml")
    assert (process.returncode, process.stdout) == (0, "")


def test_an_example_can_use_a_running_server():
    with LiveServer(script=HERE / "function_calling.yaml") as server:
        process = run(
            "examples/function_calling.py", OPENAI_BASE_URL=server.ns_url("shop"), OPENAI_API_KEY="sk-emu-any"
        )
    assert process.returncode == 0, process.stderr
    assert "earned 199.00" in process.stdout


def suite(folder):
    return run("-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider", cwd=folder)


@pytest.mark.parametrize("folder, passed", [("app_under_test", 11), ("raw_http", 10), ("replay", 8), ("schedules", 5)])
def test_the_suites_pass(folder, passed):
    process = suite(HERE / folder)
    assert process.returncode == 0, process.stdout
    assert f"{passed} passed" in process.stdout


def test_the_suite_needs_no_conftest():
    assert not list((HERE / "app_under_test").glob("conftest.py"))


def test_the_recording_of_the_story_can_be_made_again(tmp_path):
    process = run("examples/replay/record.py", str(tmp_path))
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("Yes, you can return the desk lamp.")
    made, kept = ((folder / "returns.yaml").read_text() for folder in (tmp_path, HERE / "replay"))
    of_today = re.compile(r"sha256: .*|wire: .*|recorded_at: .*|run_\w+")
    assert of_today.sub("…", made) == of_today.sub("…", kept)


def test_the_suite_detects_a_question_without_a_scripted_turn(tmp_path):
    folder = shutil.copytree(
        HERE / "app_under_test", tmp_path / "app", ignore=shutil.ignore_patterns("test_*", "__pycache__")
    )
    (folder / "test_unscripted.py").write_text(
        "from helpdesk import Helpdesk\n\n\ndef test_it(openai_client):\n"
        '    assert "wrong" in Helpdesk(openai_client, {}.get).ask("Do you sell stamps?")\n'
    )
    process = suite(folder)
    assert process.returncode == 1
    assert "[emulator] no scripted turn matches" in process.stdout
    assert "1 failed" in process.stdout


def test_the_readme_lists_every_example():
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    for name in (*(f"{name}.py" for name in EXPECTED_OUTPUT), "app_under_test", "raw_http", "replay", "schedules"):
        assert f"]({name}" in readme


def test_the_suite_in_node_passes(tmp_path):
    if not shutil.which("node"):
        pytest.skip("Node is not installed")
    if not INSTALLED.is_dir():
        pytest.skip("the libraries of examples/node are not installed; the matrix installs them")
    copy = shutil.copytree(NODE_SUITE, tmp_path / "node", ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(INSTALLED)
    process = run("-m", "emulator", "exec", "--script", "weather.yaml", "--", "node", "--test", cwd=copy)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stderr.splitlines()[-1] == "emulator: no failures in 4 namespaces"


def test_the_lock_file_of_the_suite_in_node_names_no_registry():
    assert "://" not in (NODE_SUITE / "package-lock.json").read_text()
