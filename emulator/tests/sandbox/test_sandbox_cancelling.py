"""Code that is cancelled, wherever it is: nothing stays of it, and the session goes on."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from emulator.sandbox import Sessions


def descriptors():
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def uvloop_loop():
    return pytest.importorskip("uvloop").new_event_loop()


def gone(processes, number, seconds=20.0):
    end = time.monotonic() + seconds
    while (left := processes(number)) and time.monotonic() < end:
        time.sleep(0.05)
    return left == []


async def cancel_after(limits, turns):
    """Cancel code after so many turns of the loop, each of which waits for something to happen."""
    async with Sessions(limits=limits) as sessions:
        running = asyncio.ensure_future(sessions.run("a", "while True: pass"))
        for _ in range(turns):
            await asyncio.sleep(0 if turns < 10 else 0.001)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop_loop], ids=["asyncio", "uvloop"])
def test_nothing_is_left_of_code_wherever_it_is_cancelled(isolation, limits, processes, new_loop):
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(cancel_after(limits, 100))  # whatever is opened once is open from now on
        before = descriptors()
        for turns in (*range(10), 15, 20, 30, 45, 70, 100):
            runner.run(asyncio.wait_for(cancel_after(limits, turns), 60))
            assert processes(limits.session_cpu_seconds) == [], turns
        runner.run(asyncio.sleep(0.01))  # transports close after their last turn
        assert descriptors() <= before


async def test_a_session_whose_code_was_cancelled_runs_other_code(sessions, processes, limits):
    await sessions.run("a", "open('/mnt/data/kept.txt', 'w').write('kept')")
    running = asyncio.ensure_future(sessions.run("a", "while True: pass"))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert gone(processes, limits.session_cpu_seconds)
    assert (await sessions.run("a", "print(open('/mnt/data/kept.txt').read())")).logs == "kept\n"


async def test_a_session_that_is_ended_while_its_interpreter_starts_leaves_none(sessions, processes, limits):
    running = asyncio.ensure_future(sessions.run("a", "while True: pass"))
    await asyncio.sleep(0.01)
    running.cancel()
    await sessions.end("a")
    with pytest.raises(asyncio.CancelledError):
        await running
    assert gone(processes, limits.session_cpu_seconds)
