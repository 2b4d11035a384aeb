"""The oldest and newest libraries of the matrix as tests: ``pytest -m matrix``."""

import os
import subprocess
import sys

import pytest

from contract_tests.matrix.environments import ROOT
from contract_tests.matrix.sdks import ENDS

# The first run creates an environment.
pytestmark = [pytest.mark.matrix, pytest.mark.timeout(600)]


@pytest.mark.parametrize("sdk", ENDS, ids=lambda sdk: sdk.name)
def test_a_library_passes_all_flows(sdk):
    flags = {
        "openai-python": "--python",
        "openai-node": "--node",
        "azure-ai-agents": "--agents",
        "openai-agents": "--runners",
        "langchain-openai": "--langchain",
    }
    run_matrix(flags[sdk.kind], sdk.version)


def test_the_example_suites_in_node_pass():
    run_matrix("--suite")


def test_the_loops_of_libraries_are_sound_where_nothing_goes_wrong():
    run_matrix("--only", "nothing", module="contract_tests.matrix.loops")


def run_matrix(*options, module="contract_tests.matrix"):
    # In its own process: this one is offline, and a registry may be needed.
    command = [sys.executable, "-m", module, *options]
    process = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    if "left out: " in process.stderr:
        pytest.skip(process.stderr.partition("left out: ")[2].strip())
    assert process.returncode == 0, process.stderr
