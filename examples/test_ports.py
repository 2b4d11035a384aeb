"""Each example that has a port does the same after it: parity compares what both did, and what their models saw."""

import contextlib
import io
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import LiveServer, Settings, parity

HERE = Path(__file__).parent
PORTS = HERE / "ports"
# Programs, each with its scenario and the numbers of its dialogues and turns.
PORTED = {
    "async_client.py": ("async_client.yaml", 13, 13),
    "function_calling.py": ("function_calling.yaml", 1, 3),
    "parallel_calls.py": ("parallel_calls.yaml", 2, 2),
    "polling.py": ("polling.yaml", 1, 2),
    "ports/tutor.py": ("ports/tutor.yaml", 1, 2),
    "script_in_python.py": ("script_in_python.py", 1, 2),
    "streaming.py": ("streaming.yaml", 1, 1),
}
# What has no port, and why.
NOT_PORTED = {
    "discussion.py": "several speakers follow each other in one thread: a response answers a message of the user",
    "migrating.py": "it is a port already, to a loop around any model",
    "porting.py": "it is a program beside its port",
}


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings()) as running:
        yield running


def port_of(program):
    return PORTS / f"{Path(program).stem}_port.py"


def script_of(scenario):
    if scenario.endswith(".yaml"):
        return HERE / scenario
    # The script stands in the program, which plays it when it is run.
    with contextlib.redirect_stdout(io.StringIO()), pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        return runpy.run_path(str(HERE / scenario))["script"]


def run(namespace, program):
    own = ("OPENAI_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    done = subprocess.run(
        [sys.executable, program],
        cwd=HERE,
        env={**environment, **namespace.environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("program", PORTED)
def test_a_port_does_what_the_example_did(server, program):
    scenario, dialogues, turns = PORTED[program]
    before, after = (server.namespace(f"{Path(program).stem}-{side}") for side in ("before", "after"))
    for namespace, file in ((before, HERE / program), (after, port_of(program))):
        namespace.load(script_of(scenario))
        namespace.clock.auto()
        run(namespace, file)
    found = parity(before, after)
    found.assert_equal()
    assert (found.report.dialogues, found.report.turns) == (dialogues, turns)


def test_each_example_has_a_port_or_a_reason_for_none():
    programs = {file.name for file in HERE.glob("*.py") if file.name not in ("conftest.py", "server.py")}
    examples = {name for name in programs if not name.startswith("test_")}
    assert examples == {Path(name).name for name in PORTED if "/" not in name} | set(NOT_PORTED)
    assert {file.name for file in PORTS.glob("*_port.py")} == {port_of(name).name for name in PORTED}


def test_the_tutor_has_other_instructions_than_its_assistant_was_made_with(server, tmp_path):
    """Whoever ports what the assistant was made with changes what the model sees: those of a run take its place."""
    naive = tmp_path / "naive.py"
    port = (PORTS / "tutor_port.py").read_text(encoding="utf-8")
    naive.write_text(
        f"import sys\n\nsys.path.insert(0, {str(PORTS)!r})\n"
        + port.replace("import PUPIL", "import TUTOR, PUPIL").replace("=PUPIL", '=f"{TUTOR}\\n{PUPIL}"'),
        encoding="utf-8",
    )
    before, after = (server.namespace(f"tutors-{side}") for side in ("before", "after"))
    for namespace, file in ((before, PORTS / "tutor.py"), (after, naive)):
        namespace.load(PORTS / "tutor.yaml")
        namespace.clock.auto()
        run(namespace, file)
    first, second = parity(before, after).failures
    assert first.sentence.startswith(
        "turn 1: the model now also sees a part of the instructions: 'You are a patient tutor"
    )
    assert (first.field, second.field) == ("instructions", "instructions")
