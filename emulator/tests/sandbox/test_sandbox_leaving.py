"""Nothing stays, however a session or its server ends."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from emulator.sandbox import Limits, SandboxError, Sessions

SERVER = """
import asyncio, sys
from emulator.sandbox import Limits, Sessions

async def main():
    sessions = Sessions(limits=Limits(session_cpu_seconds=int(sys.argv[1]), wall_seconds=60, cpu_seconds=60))
    await sessions.run("idle", "import threading\\ndef f():\\n    while True: pass\\nthreading.Thread(target=f, daemon=True).start()")
    task = asyncio.ensure_future(sessions.run("busy", "while True: pass"))
    await asyncio.sleep(1)
    print("ready", flush=True)
    await task

asyncio.run(main())
"""


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def gone(processes, number, seconds=5.0):
    end = time.monotonic() + seconds
    while (left := processes(number)) and time.monotonic() < end:
        time.sleep(0.05)
    return left == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_server_dies_its_sessions_die(isolation, limits, processes, how):
    number = limits.session_cpu_seconds
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVER), str(number)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout.readline() == "ready\n"
        assert len(processes(number)) >= 2
        server.send_signal(how)
        server.wait()
    assert gone(processes, number)


async def test_closing_ends_idle_and_busy_sessions(isolation, limits, processes):
    sessions = Sessions(limits=limits)
    await sessions.run("idle", "1")
    busy = asyncio.ensure_future(sessions.run("busy", "import time\ntime.sleep(60)"))
    await asyncio.sleep(0.5)
    assert processes(limits.session_cpu_seconds)
    await sessions.aclose()
    assert (await asyncio.wait_for(busy, 5)).error.startswith("[emulator] the interpreter ended")
    assert processes(limits.session_cpu_seconds) == []


async def test_no_descriptor_is_left_open(isolation, limits):
    async def once():
        async with Sessions(limits=limits) as sessions:
            await sessions.run("a", "1")
            await sessions.run("a", "import os\nos._exit(1)")

    await once()
    before = descriptors()
    for _ in range(3):
        await once()
    assert descriptors() == before


async def test_an_interpreter_that_does_not_start_in_time_is_an_error(isolation):
    async with Sessions(limits=Limits(start_seconds=0)) as sessions:
        with pytest.raises(SandboxError, match="does not start"):
            await sessions.run("a", "1")


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.003, 0.005, 0.008, 0.012])
async def test_nothing_is_left_of_an_interpreter_wherever_its_start_is_cut_off(isolation, limits, processes, seconds):
    short = Limits(start_seconds=seconds, session_cpu_seconds=limits.session_cpu_seconds)
    async with Sessions(limits=short) as sessions:
        with contextlib.suppress(SandboxError):  # on a busy machine it may even have started
            await sessions.run("a", "1")
    assert gone(processes, limits.session_cpu_seconds)
