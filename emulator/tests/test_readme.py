import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from emulator import LiveServer, cli

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language, holding):
    return next(body for body in re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE) if holding in body)  # fmt: skip


def run(source, folder, **environment):
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source]
    clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env={**clean, **environment}
    )


@pytest.fixture
def orders(tmp_path):
    file = tmp_path / "orders.yaml"
    file.write_text(block("yaml", "emulator: 1"))
    return file


def test_the_first_program_of_a_newcomer_runs(tmp_path):
    with LiveServer() as server:
        done = run(
            block("python", "Is anybody there?"),
            tmp_path,
            OPENAI_BASE_URL=server.base_url,
            OPENAI_API_KEY="sk-emu-default",
        )
    assert (done.stdout, done.stderr) == ("completed Is anybody there?\n", "")


def test_the_port_gets_the_answer_of_the_scenario(orders):
    with LiveServer(script=orders) as server:
        environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-emu-default"}
        done = run(block("python", "responses.create"), orders.parent, **environment)
    assert (done.stdout, done.stderr) == ("The income was 412.80.\n", "")


def test_the_scenario_has_no_fault(orders, capsys):
    assert cli.main(["lint", str(orders)]) == 0
    assert capsys.readouterr().out == ""


def test_the_suite_plays_the_scenario(orders):
    suite = orders.with_name("test_orders.py")
    suite.write_text(block("python", "pytest.mark.emulator"))
    assert "The income was 412.80." in suite.read_text()
    done = run(
        "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider']))",
        orders.parent,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "2 passed" in done.stdout
    assert "warning" not in done.stdout


def test_every_extra_is_in_the_table():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == set(extras)


@pytest.mark.parametrize("package", ["emulator", "scripted_models"])
def test_packages_ship_their_types(package):
    assert (ROOT / package / "py.typed").is_file()
