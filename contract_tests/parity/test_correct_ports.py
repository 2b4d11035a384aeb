"""Parity reports nothing of a correct port: in any style, streamed, asked again, and by older clients."""

import os
import subprocess
from pathlib import Path

import pytest

import emulator
from contract_tests import without_sockets
from contract_tests.parity.nursery import before
from contract_tests.parity.nursery.after import MORE_STYLES, STYLES, Desk

ROOT = Path(__file__).parents[2]
ALL_STYLES = STYLES | MORE_STYLES
CLIENTS = ("1.109.1", "2.54.0")  # the newest one plays all other tests
BROKEN = {
    "refused": {"status": 503},
    "unanswered": {"disconnect": True},
    "lost": {"disconnect": True, "before": False},
}


def assert_equal(record_before, nursery):
    report = emulator.parity(record_before, nursery)
    assert not report.differences, str(report)
    assert (report.report.dialogues, report.report.turns) == (1, 4)


@pytest.mark.parametrize("style", ALL_STYLES)
def test_a_correct_port_is_equal(record_before, nursery, style):
    with nursery.client(max_retries=0) as client:
        Desk(client, ALL_STYLES[style]).work()
    assert_equal(record_before, nursery)


@pytest.mark.parametrize("way", ["polled", "streamed"])
@pytest.mark.parametrize("deletes", [False, True], ids=["kept", "deleted"])
def test_the_program_is_equal_to_itself(record_before, nursery, way, deletes):
    with nursery.client() as client:
        before.work(client, way, deletes=deletes)
    assert_equal(record_before, nursery)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize(
    "style, broken",
    [
        (style, broken)
        for style in STYLES
        for broken in BROKEN
        if (style, broken) not in {("conversation", "lost"), ("streamed", "lost")}  # see below; nobody asks again
    ],
)
def test_a_request_that_is_sent_again_is_no_difference(record_before, nursery, style, broken, nth):
    nursery.fault(**BROKEN[broken], method="POST", path="/responses", after=nth - 1, times=1)
    with nursery.client() as client:
        Desk(client, STYLES[style]).work()
    assert_equal(record_before, nursery)


def test_a_conversation_keeps_what_was_said_with_a_request_whose_answer_was_lost(record_before, nursery):
    nursery.fault(**BROKEN["lost"], method="POST", path="/responses", after=2, times=1)
    with nursery.client() as client:
        Desk(client, STYLES["conversation"]).work()
    (difference, *_) = emulator.parity(record_before, nursery).failures
    assert difference.sentence.startswith("turn 3: the turn with the message 'How often do I water a fern?' is new")


@pytest.mark.skipif(without_sockets.WANTED, reason="other programs need sockets")
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("version", CLIENTS)
def test_a_port_is_equal_with_older_clients(record_before, nursery, version, style):
    run(nursery, version, "after", style)
    assert_equal(record_before, nursery)


@pytest.mark.skipif(without_sockets.WANTED, reason="other programs need sockets")
@pytest.mark.parametrize("version", CLIENTS)
def test_the_program_is_equal_with_older_clients(record_before, nursery, version):
    run(nursery, version, "before")
    assert_equal(record_before, nursery)


def run(nursery, version, program, *words):
    """Run a program with a version of the client that the matrix installs."""
    python = ROOT / ".matrix" / f"openai-python-{version}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"openai-python {version} is not installed; the matrix installs it")
    environment = {name: one for name, one in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    done = subprocess.run(
        [python, "-m", f"contract_tests.parity.nursery.{program}", *words],
        cwd=ROOT,
        env={**environment, **nursery.environment, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
