"""One living interpreter in its sandbox, seen from the host."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from emulator.sandbox.answer import Answer, GarbledError, answer, header
from emulator.sandbox.availability import gaps
from emulator.sandbox.inside.frames import packed
from emulator.sandbox.interpreter import Interpreter
from emulator.sandbox.launch import launch
from emulator.sandbox.limits import Limits
from emulator.sandbox.output import Output
from emulator.sandbox.result import SandboxError

_LEAVING_SECONDS: Final = 5.0
_LAST_WORDS_SECONDS: Final = 0.5


class LostError(Exception):
    """The interpreter ended, or does not speak sense, and is gone."""


class Kernel:
    """An interpreter; between runs it is stopped, so that threads left behind cost nothing. Made by `start`."""

    def __init__(self, limits: Limits, process: asyncio.subprocess.Process, output: Output) -> None:
        self._limits = limits
        self._process = process
        self._output = output
        self._answers: asyncio.StreamReader | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._asked = 0
        self._ending = asyncio.Lock()
        self._root = -1  # pidfd of the first process inside: with it, all end
        self._python = -1  # pidfd of the interpreter

    @classmethod
    async def start(cls, bwrap: str, python: Interpreter, limits: Limits) -> "Kernel":
        """Start one and check its isolation once more. Raises `SandboxError`."""
        printed, printing = os.pipe()
        answers, answering = os.pipe()
        info, informing = os.pipe()
        try:
            with launch(bwrap, python, limits, answering, informing) as begin:
                process = await asyncio.create_subprocess_exec(
                    *begin.command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=printing,
                    stderr=printing,
                    pass_fds=begin.descriptors,
                    env={},
                    cwd="/",
                    # Out of the host's process group: Ctrl-C is the host's to handle.
                    start_new_session=True,
                )
        except BaseException:
            for descriptor in (printed, answers, info):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (printing, answering, informing):
                os.close(descriptor)
        kernel = cls(limits, process, Output(printed, limits.log_bytes))
        try:
            async with asyncio.timeout(limits.start_seconds):
                await kernel._greet(answers, info)
        except (TimeoutError, EOFError, OSError, GarbledError, ValueError, asyncio.LimitOverrunError) as problem:
            said = kernel._output.take().strip()[-500:]
            await kernel.end()
            raise SandboxError(f"the interpreter does not start: {said or problem!r}") from problem
        except BaseException:
            await kernel.end()
            raise
        return kernel

    async def ask(self, question: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """Run one piece of code. Raises `LostError`, and `SandboxError` if the files do not fit."""
        writer = self._process.stdin
        if writer is None or self._answers is None:
            raise LostError("the interpreter was not started")
        self._asked += 1
        self._signal(signal.SIGCONT)
        try:
            for part in (packed({**question, "number": self._asked}, blobs), *blobs):
                writer.write(part)
                await writer.drain()
            told = await header(self._answers)
            if "refused" in told:
                raise SandboxError(str(told["refused"])[:500])
            return await answer(self._answers, told, self._limits, self._asked)
        except (EOFError, OSError) as problem:
            # Usually it is ending by itself; then it is worth a moment to learn how.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _LAST_WORDS_SECONDS)
            await self.end()
            raise LostError(f"the interpreter ended ({self._how()})") from problem
        except GarbledError as problem:
            raise LostError(f"the interpreter's answer makes no sense: {problem}") from problem
        finally:
            self._signal(signal.SIGSTOP)

    def printed(self) -> str:
        """Return what was printed since the last time."""
        return self._output.take()

    async def end(self) -> None:
        """Kill everything inside and wait until it is gone; a run and the end of its session may both ask for it."""
        async with self._ending:
            await self._end()

    async def _end(self) -> None:
        self._signal(signal.SIGKILL, root=True)
        if self._process.returncode is None:
            if self._root < 0:
                self._kill_beginning()
            try:
                async with asyncio.timeout(_LEAVING_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()  # those inside follow: they were told to die with it
                await self._process.wait()
        if self._root >= 0:
            # When the interpreter ends by itself, bubblewrap's outer process may leave before its inner one.
            await _ended(self._root)
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._transport is not None:
            self._transport.close()
        for descriptor in (self._root, self._python):
            if descriptor >= 0:
                os.close(descriptor)
        self._root = self._python = -1

    def forget(self) -> None:
        """Read no more of what was printed; call it after `end`."""
        self._output.close()

    async def _greet(self, answers: int, info: int) -> None:
        self._answers, self._transport = await _reading(answers)
        informed, transport = await _reading(info)
        try:
            told = json.loads(await informed.readuntil(b"}"))
        finally:
            transport.close()
        self._root = os.pidfd_open(told["child-pid"])
        problems = gaps(await header(self._answers))
        if problems:
            raise SandboxError(f"the isolation has gaps: {'; '.join(problems)}")
        (python,) = _children(told["child-pid"])
        self._python = os.pidfd_open(python)

    def _kill_beginning(self) -> None:
        """Kill bubblewrap while it starts: its child does not know yet that it shall die with it, so it goes first."""
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGSTOP)
            # A stop takes effect a moment after it was sent, and in that moment one more child may be born.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            for child in _children(self._process.pid):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def _signal(self, number: signal.Signals, *, root: bool = False) -> None:
        descriptor = self._root if root else self._python
        if descriptor >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)

    def _how(self) -> str:
        code = self._process.returncode
        if code is None:
            return "unknown status"
        # Bubblewrap passes on how the interpreter ended: over 128, by a signal.
        names = {128 + signal.SIGXCPU: "too much processor time", 128 + signal.SIGKILL: "killed"}
        return names.get(code, f"status {code}")


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


async def _ended(process: int) -> None:
    """Wait until the process behind a pidfd has ended, which makes it readable."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(process, over.set)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _LEAVING_SECONDS)
    finally:
        loop.remove_reader(process)


async def _reading(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
    return stream, transport
