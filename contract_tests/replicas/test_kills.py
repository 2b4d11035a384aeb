"""A short form of the kills: nothing that was acknowledged is lost or doubled, and no run stands still."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_kills_of_replicas_and_a_restart_of_the_database_lose_double_and_hold_up_nothing(postgres):
    command = [
        sys.executable,
        "-m",
        "contract_tests.replicas.kills",
        "--kills",
        "3",
        "--restarts",
        "1",
        "--programs",
        "1",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    ends = [line.split() for line in done.stdout.splitlines()]
    assert all([kind, "0"] in ends for kind in ("lost", "doubled", "stuck", "gaps")), output
