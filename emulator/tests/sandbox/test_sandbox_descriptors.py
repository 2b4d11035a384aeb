"""Code writes into, reads from and closes the descriptors that it shares with the host, which logs nothing of it."""

import asyncio

import pytest

from emulator.sandbox import InputFile, Sessions

EACH = "import json, os, socket, struct\nfor n in range(3, 30):\n    try: {}\n    except OSError: pass\n"
CODES = {
    "write": EACH.format("os.write(n, b'x' * 10)"),
    "write much": EACH.format("os.set_blocking(n, False); os.write(n, bytes(10**6))"),
    "write into the other end": EACH.format("os.write(os.open(f'/proc/self/fd/{n}', os.O_WRONLY), b'x' * 10)"),
    "write much into the other end": EACH.format(
        "os.write(os.open(f'/proc/self/fd/{n}', os.O_WRONLY | os.O_NONBLOCK), bytes(10**6))"
    ),
    "read from the other end": EACH.format("os.read(os.open(f'/proc/self/fd/{n}', os.O_RDONLY | os.O_NONBLOCK), 10)"),
    "send": EACH.format("socket.socket(fileno=os.dup(n)).send(b'x')"),
    "shut down": EACH.format("socket.socket(fileno=os.dup(n)).shutdown(2)"),
    "close": EACH.format("os.close(n)"),
    "replace": "import os\nfor n in range(3, 30): os.dup2(0, n)",
    "close the questions": "import os\nos.close(3)",
    "forge a refusal": EACH.format(
        "text = json.dumps({'refused': [chr(0xd800)]}).encode(); os.write(n, struct.pack('>I', len(text)) + text)"
    ),
    "end at once": "import os\nos._exit(0)",
}


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("code", CODES)
def test_the_host_logs_nothing_and_goes_on(code, loop, isolation, limits, caplog):
    async def run():
        async with Sessions(limits=limits) as sessions:
            await sessions.run("a", CODES[code])
            # Much is to be written to an interpreter that perhaps reads it no more; the one after that is new.
            second = await sessions.run("a", "1", [InputFile("file-1", "big", bytes(2**20))])
            third = await sessions.run("a", "1")
            return second, third

    factory = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        second, third = runner.run(run())
    assert second.logs == "1\n" or second.error.startswith("[emulator] "), second
    assert third.logs == "1\n" or second.error is None, third
    assert caplog.records == []


async def test_an_interpreter_that_cannot_answer_ends_without_a_traceback(run):
    result = await run(
        "import os\nprint('kept')\nfor n in range(3, 30):\n    try: os.close(n)\n    except OSError: pass"
    )
    assert result.logs == "kept\n[emulator] the interpreter ended (status 1); variables are lost\n"
    assert (await run("1")).logs == "1\n"
