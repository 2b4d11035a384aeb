"""The wheel that users install, built and tried in its own environment, away from the checkout."""

import importlib.util
import os
import re
import site
import subprocess
import sys
import sysconfig
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OFFLINE = Path(__file__).with_name("offline")
INSPECTOR = ROOT / "emulator" / "control" / "inspector"

BIN = "Scripts" if os.name == "nt" else "bin"

pytestmark = pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed")

CONVERSATION = textwrap.dedent(
    """
    import sys, warnings
    import emulator, openai, scripted_models
    warnings.simplefilter("ignore", DeprecationWarning)
    for package in (emulator, scripted_models):
        assert package.__file__.startswith(sys.prefix), package.__file__
    script = scripted_models.Script("harbour")

    @script.turn(message={"contains": "tide"})
    def tide(t):
        yield scripted_models.Say("Low.")

    with emulator.LiveServer(emulator.Settings(clock="auto"), script=script) as server:
        transport = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(api_key="sk-emu-wheel", base_url=server.base_url, http_client=transport) as client:
            assistant = client.beta.assistants.create(model="gpt-4o", instructions="x")
            thread = {"messages": [{"role": "user", "content": "How is the tide?"}]}
            run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
            text = client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value
            print(run.status, text)
    """
)


def run(*command, cwd, **env):
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    process = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.returncode == 0, f"{process.stdout}\n{process.stderr}"
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    env = {"PYTHONPATH": str(OFFLINE)}
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out, **env)
    (wheel_file,) = out.glob("*.whl")
    return wheel_file


@pytest.fixture(scope="module")
def installation(wheel, tmp_path_factory):
    """An environment with the wheel and with all packages of this environment except the checkout."""
    root = tmp_path_factory.mktemp("installation")
    venv.create(root / "venv", with_pip=False, symlinks=True)
    python = root / "venv" / BIN / "python"
    target = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=root).strip())
    # A line of a .pth file adds a folder but ignores the .pth files in it, so the editable install stays out.
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}
    target.joinpath("borrowed.pth").write_text("".join(f"{folder}\n" for folder in sorted(folders)))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(
        *pip,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--force-reinstall",
        "--ignore-installed",
        wheel,
        cwd=root,
    )
    return root


def test_the_wheel_contains_the_packages_and_not_their_tests(wheel):
    inside = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in inside if ".dist-info/" not in name}
    assert tops == {"emulator", "scripted_models"}
    assert not [name for name in inside if "/tests/" in name]
    pages = {f"emulator/control/{name}" for name in ("page.html", "page.css")}
    assert {"emulator/demo/demo.yaml", *pages} <= set(inside)
    inspector = [file for name in ("templates", "static") for file in (INSPECTOR / name).iterdir()]
    assert inspector
    assert {file.relative_to(ROOT).as_posix() for file in inspector} <= set(inside)
    assert any(name.endswith("licenses/LICENSE") for name in inside)


def test_no_test_that_runs_against_the_wheel_imports_what_the_wheel_leaves_out():
    tests = [
        *ROOT.glob("contract_tests/*.py"),
        *ROOT.glob("contract_tests/inspector/*.py"),
        *ROOT.glob("contract_tests/properties/*.py"),
        *ROOT.glob("examples/**/*.py"),
    ]
    assert tests
    left_out = re.compile(r"^\s*(from|import) (emulator|scripted_models)\.tests\b", re.MULTILINE)
    assert [file.name for file in tests if left_out.search(file.read_text(encoding="utf-8"))] == []


def test_the_installed_package_holds_a_conversation_from_an_empty_folder(installation, tmp_path):
    assert (
        run(installation / "venv" / BIN / "python", "-c", CONVERSATION, cwd=tmp_path, PYTHONPATH=str(OFFLINE))
        == "completed Low.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_installed_command_works_from_an_empty_folder(installation, tmp_path):
    command = installation / "venv" / BIN / "assistants-emulator"
    version_output = run(command, "--version", cwd=tmp_path, PYTHONPATH=str(OFFLINE))
    from emulator import __version__

    assert __version__ in version_output
    demo_output = run(command, "demo", cwd=tmp_path, PYTHONPATH=str(OFFLINE), NO_COLOR="1")
    assert "requires_action" in demo_output
    assert "completed" in demo_output
    assert list(tmp_path.iterdir()) == []
