"""Both ends of the matrix as tests: ``pytest -m matrix``."""

import os
import subprocess
import sys

import pytest

from contract_tests.matrix.environments import ROOT
from contract_tests.matrix.sdks import ENDS

# The first time, an environment is made.
pytestmark = [pytest.mark.matrix, pytest.mark.timeout(600)]


@pytest.mark.parametrize("sdk", ENDS, ids=lambda sdk: sdk.name)
def test_a_library_goes_through_all_flows(sdk):
    flag = "--node" if sdk.kind == "openai-node" else "--python"
    # A process of its own: this one has closed the network, and a registry may be needed.
    command = [sys.executable, "-m", "contract_tests.matrix", flag, sdk.version]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    if "left out: " in done.stderr:
        pytest.skip(done.stderr.partition("left out: ")[2].strip())
    assert done.returncode == 0, done.stderr
