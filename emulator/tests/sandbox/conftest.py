"""Sessions with small limits, and the proof that nothing of them is left."""

import itertools
import os
import shutil
from pathlib import Path

import pytest

from emulator.sandbox import Limits, Sessions, available

MIB = 2**20
# A number of its own for each test stands on the command line of its processes; workers differ by their process id.
_numbers = itertools.count(1000 * (os.getpid() % 1_000_000) + 1_000_000_000)


@pytest.fixture(scope="session")
def isolation():
    found = available()
    if found.ok:
        return
    if os.environ.get("CI") == "true" and os.getuid() == 0 and shutil.which("apt-get"):
        pytest.fail(f"these tests must run here, and could: {found.why}")
    pytest.skip(found.why)


def left(number):
    """The host's processes that belong to the session with this number."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if (
                folder.name.isdigit()
                and f'"session_cpu_seconds": {number},'.encode() in (folder / "cmdline").read_bytes()
            ):
                found.append(int(folder.name))
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.fixture
def processes():
    return left


@pytest.fixture
def limits():
    return Limits(
        wall_seconds=8,
        cpu_seconds=2,
        session_cpu_seconds=next(_numbers),
        memory=768 * MIB,
        data=16 * MIB,
        scratch=4 * MIB,
        threads=16,
        log_bytes=100_000,
        report_bytes=4 * MIB,
        files=5,
        images=3,
    )


@pytest.fixture
async def sessions(isolation, limits):
    """Sessions; after them no process may be left."""
    async with Sessions(limits=limits) as made:
        yield made
    assert left(limits.session_cpu_seconds) == []


@pytest.fixture
def run(sessions):
    """Run code in one session."""

    async def run(code, files=(), **options):
        return await sessions.run("thread_1", code, files, **options)

    return run
