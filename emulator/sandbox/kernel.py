"""One running interpreter in its sandbox, controlled from the host."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from emulator.sandbox.answer import Answer, GarbledError, read_answer, read_header, refusal
from emulator.sandbox.availability import gaps
from emulator.sandbox.inside.frames import pack
from emulator.sandbox.interpreter import Interpreter
from emulator.sandbox.launch import WRITABLE, launch
from emulator.sandbox.limits import Limits
from emulator.sandbox.output import Output
from emulator.sandbox.result import SandboxError

_EXIT_SECONDS: Final = 5.0
_EXIT_STATUS_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.1

_Transport = TypeVar("_Transport", bound=asyncio.BaseTransport)


class LostError(Exception):
    """The interpreter ended, or sent something that is no answer, and is of no more use."""


class Kernel:
    """An interpreter, made by `start`. It is stopped between runs, so that threads left behind cost nothing."""

    def __init__(self, limits: Limits, process: asyncio.subprocess.Process, output: Output) -> None:
        self._limits = limits
        self._process = process
        self._output = output
        self._questions: asyncio.StreamWriter | None = None
        self._answers: asyncio.StreamReader | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._asked = 0
        self._ending = asyncio.Lock()
        self._root = -1  # pidfd of the first process inside; when it ends, all end
        self._python = -1  # pidfd of the interpreter
        self._number = 0  # process id of the interpreter

    @classmethod
    async def start(cls, bwrap: str, python: Interpreter, limits: Limits) -> "Kernel":
        """Start an interpreter and check its isolation once more. Raises `SandboxError`."""
        printed, printing = os.pipe()
        # A pipe, because asyncio would make a socket: its other end, inside, could be written to.
        asked, asking = os.pipe()
        answers, answering = os.pipe()
        info, informing = os.pipe()
        try:
            with launch(bwrap, python, limits, answering, informing) as begin:
                process = await asyncio.create_subprocess_exec(
                    *begin.command,
                    stdin=asked,
                    stdout=printing,
                    stderr=printing,
                    pass_fds=begin.descriptors,
                    env={},
                    cwd="/",
                    # Not in the host's process group: Ctrl-C is for the host only.
                    start_new_session=True,
                )
        except BaseException:
            for descriptor in (printed, asking, answers, info):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (printing, asked, answering, informing):
                os.close(descriptor)
        kernel = cls(limits, process, Output(printed, limits.log_bytes))
        try:
            async with asyncio.timeout(limits.start_seconds):
                await kernel._connect(asking, answers, info)
        except (TimeoutError, EOFError, OSError, GarbledError, ValueError, asyncio.LimitOverrunError) as problem:
            output = kernel._output.take().strip()[-500:]
            await kernel._give_up()
            raise SandboxError(f"the interpreter does not start: {output or problem!r}") from problem
        except BaseException:
            await kernel._give_up()
            raise
        return kernel

    async def _give_up(self) -> None:
        try:
            await self.end()
        finally:
            self.forget()

    async def ask(self, question: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """Run one piece of code. Raises `LostError`, and `SandboxError` if the files do not fit."""
        writer = self._questions
        if writer is None or self._answers is None:
            raise LostError("the interpreter was not started")
        self._asked += 1
        self._signal(signal.SIGCONT)
        try:
            for part in (pack({**question, "number": self._asked}, blobs), *blobs):
                writer.write(part)
                await writer.drain()
            header = await self._watch(read_header(self._answers))
            if (why := refusal(header)) is not None:
                raise SandboxError(why)
            return await read_answer(self._answers, header, self._limits, self._asked)
        except (EOFError, OSError) as problem:
            # Usually it is about to exit by itself; then its status is worth a short wait.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _EXIT_STATUS_SECONDS)
            await self.end()
            raise LostError(f"the interpreter ended ({self._exit_reason()})") from problem
        except GarbledError as problem:
            raise LostError(f"the interpreter's answer makes no sense: {problem}") from problem
        finally:
            self._signal(signal.SIGSTOP)

    def printed(self) -> str:
        """Return what was printed since the last call."""
        return self._output.take()

    async def end(self) -> None:
        """Kill everything inside and wait until it is gone. A run and its session may call this at the same time."""
        async with self._ending:
            await self._end()

    async def _end(self) -> None:
        self._signal(signal.SIGKILL, root=True)
        if self._process.returncode is None:
            if self._root < 0:
                self._kill_while_starting()
            try:
                async with asyncio.timeout(_EXIT_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()  # those inside follow, because of --die-with-parent
                await self._process.wait()
        if self._root >= 0:
            # If the interpreter exits by itself, bubblewrap's outer process may exit before its inner one.
            await _wait_for(self._root)
        if self._questions is not None:
            self._questions.close()
        if self._transport is not None:
            self._transport.close()
        for descriptor in (self._root, self._python):
            if descriptor >= 0:
                os.close(descriptor)
        self._root = self._python = -1

    def forget(self) -> None:
        """Stop reading the output; call it after `end`."""
        self._output.close()

    async def _connect(self, asking: int, answers: int, info: int) -> None:
        unopened = [asking, answers, info]
        try:
            self._questions = await _open_to_write(unopened.pop(0))
            self._answers, self._transport = await _open_to_read(unopened.pop(0))
            informed, transport = await _open_to_read(unopened.pop(0))
        except BaseException:
            for descriptor in unopened:
                os.close(descriptor)
            raise
        try:
            started = json.loads(await informed.readuntil(b"}"))
        finally:
            transport.close()
        self._root = os.pidfd_open(started["child-pid"])
        problems = gaps(await read_header(self._answers))
        if problems:
            raise SandboxError(f"the isolation has gaps: {'; '.join(problems)}")
        (python,) = _children(started["child-pid"])
        self._python = os.pidfd_open(python)
        self._number = python

    async def _watch(self, answer: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
        """Wait for an answer, and look meanwhile at what the kernel keeps. Raises `LostError` if that is too much."""
        waiting = asyncio.ensure_future(answer)
        try:
            while not (await asyncio.wait({waiting}, timeout=_LOOK_SECONDS))[0]:
                if (excess := self._excess()) is not None:
                    raise LostError(f"stopped: more than {excess}")
            return waiting.result()
        finally:
            waiting.cancel()

    def _excess(self) -> str | None:
        """Return which limit is exceeded of those that the kernel does not know itself."""
        process = Path(f"/proc/{self._number}")
        try:
            places = [os.statvfs(f"{process}/root{place}") for place in WRITABLE]
            status = (process / "status").read_text()
            files = list((process / "fdinfo").iterdir())
        except OSError:  # it has ended
            return None
        if sum(map(_locks, files)) > self._limits.locks:
            return f"{self._limits.locks} locked parts of files"
        tables = next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmPTE:")), 0)
        if sum(place.f_files - place.f_ffree for place in places) > self._limits.entries:
            return f"{self._limits.entries} files"
        if tables > self._limits.page_tables:
            return f"{self._limits.page_tables // 2**20} MiB of page tables"
        return None

    def _kill_while_starting(self) -> None:
        """Kill bubblewrap while it starts: its child does not yet die with it, so the child is killed first."""
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGSTOP)
            # A stop takes effect only a moment after the signal, and until then one more child may be started.
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

    def _exit_reason(self) -> str:
        code = self._process.returncode
        if code is None:
            return "unknown status"
        # Bubblewrap exits with the status of the interpreter; over 128: ended by a signal.
        names = {128 + signal.SIGXCPU: "too much processor time", 128 + signal.SIGKILL: "killed"}
        return names.get(code, f"status {code}")


def _locks(file: Path) -> int:
    """Return how many parts of an open file are locked. file: what the kernel says about its descriptor."""
    try:
        return file.read_bytes().count(b"lock:")
    except OSError:  # it was closed meanwhile, which ended its locks
        return 0


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


async def _wait_for(process: int) -> None:
    """Wait until the process of a pidfd has ended, which makes the pidfd readable."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(process, over.set)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _EXIT_SECONDS)
    finally:
        loop.remove_reader(process)


async def _open_to_read(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    stream = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    connecting = asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
    transport, _ = await _opened(connecting)
    return stream, transport


async def _open_to_write(descriptor: int) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(descriptor, "wb", buffering=0)
    # `StreamWriter.drain` needs a protocol that knows when to wait, and the one for reading is the only public one.
    connecting = loop.connect_write_pipe(lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), pipe)
    transport, protocol = await _opened(connecting)
    return asyncio.StreamWriter(transport, protocol, None, loop)


async def _opened(
    connecting: Coroutine[Any, Any, tuple[_Transport, asyncio.StreamReaderProtocol]],
) -> tuple[_Transport, asyncio.StreamReaderProtocol]:
    opening = asyncio.ensure_future(connecting)
    try:
        # Not cut off itself: one kind of loop would close the descriptor twice, and so perhaps that of somebody else.
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise


def _close(opening: "asyncio.Future[tuple[Any, asyncio.StreamReaderProtocol]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].close()
