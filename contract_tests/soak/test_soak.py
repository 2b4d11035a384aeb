"""A short soak: it loses, doubles and holds up nothing. How long anything takes is not looked at."""

import subprocess
import sys

import pytest

from contract_tests.benchmarks.servers import ROOT


@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_short_soak_loses_doubles_and_holds_up_nothing():
    command = [sys.executable, "-m", "contract_tests.soak", "--short", "--times", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    ends = [line.split() for line in done.stdout.splitlines()]
    assert all([kind, "0"] in ends for kind in ("lost", "doubled", "stuck", "tracebacks")), output
    assert {"kills", "streams", "files", "messages", "restarts"} <= {line[0] for line in ends if line}, output
