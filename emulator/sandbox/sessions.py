"""Sessions of code: an interpreter per key, which keeps variables and files as the real service did for an hour."""

import asyncio
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from emulator.sandbox.answer import Answer
from emulator.sandbox.availability import available
from emulator.sandbox.interpreter import inspect_interpreter
from emulator.sandbox.kernel import Kernel, LostError
from emulator.sandbox.launch import bubblewrap
from emulator.sandbox.limits import Limits
from emulator.sandbox.names import inner_path, plain_name
from emulator.sandbox.result import CodeRun, InputFile, SandboxError

HOUR: Final = 3600.0
# Of the files of all sessions together that are kept for their next kernels.
MOST_SAVED: Final = 256 * 1024 * 1024


class _Session:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.kernel: Kernel | None = None
        self.placed: set[str] = set()  # ids of the input files that this kernel has
        self.saved: dict[str, bytes] = {}  # files that the code wrote, for the next kernel
        self.saved_bytes = 0
        self.used: float | None = None

    def save(self, answer: Answer, limit: int) -> None:
        for name in (*answer.removed, *(file.name for file in answer.files)):
            self.saved.pop(name, None)
        self.saved.update((file.name, file.content) for file in answer.files)
        # Forged answers could report ever more files, which could never exist together.
        while (size := sum(map(len, self.saved.values()))) > limit:
            self.saved.pop(next(iter(self.saved)))
        self.saved_bytes = size

    def forget(self) -> None:
        """Keep no files for the next kernel."""
        self.saved.clear()
        self.saved_bytes = 0

    async def end(self) -> None:
        kernel, self.kernel = self.kernel, None
        self.placed.clear()
        if kernel is not None:
            await kernel.end()
            kernel.forget()


class Sessions:
    """All sessions of a server; for a single event loop.

    interpreter: the Python inside (default: the one that runs this). life: seconds without a run, on the caller's
    clock, after which a session starts again. most: interpreters alive at once; the others lose variables, not files.
    most_saved: bytes of files that are kept for the next interpreter, in all sessions; the oldest lose theirs.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        interpreter: str | None = None,
        life: float = HOUR,
        most: int = 8,
        most_saved: int = MOST_SAVED,
    ) -> None:
        self._limits = limits or Limits()
        self._interpreter = interpreter or sys.executable
        self._life = life
        self._most = most
        self._most_saved = most_saved
        self._sessions: dict[str, _Session] = {}  # in the order of last use

    def check_size(self, size: int) -> None:
        """Raise `SandboxError` for files that do not fit into a session. size: in bytes, together."""
        if size > self._limits.data:
            raise SandboxError(f"the files are larger than /mnt/data may be ({self._limits.data} bytes)")

    async def run(self, key: str, code: str, files: Sequence[InputFile] = (), *, now: float | None = None) -> CodeRun:
        """Run ``code`` in the session ``key``; runs of one session wait for each other.

        now: the caller's time in seconds; without it a session never ends by age. Raises `SandboxError` if the code
        cannot be isolated, or the files do not fit; then nothing was run.
        """
        self.check_size(sum(len(file.content) for file in files))
        session = self._sessions.pop(key, None) or _Session()
        self._sessions[key] = session
        async with session.lock:
            if now is not None and session.used is not None and now - session.used >= self._life:
                await session.end()
                session.forget()
            session.used = now
            fresh = session.kernel is None
            if session.kernel is None:
                await self._make_room(session)
                session.kernel = await self._start()
            try:
                return await self._run(session, session.kernel, code, files, fresh=fresh)
            except BaseException:
                # Also if cancelled: a kernel in the middle of a run cannot be used again.
                await session.end()
                raise

    async def end(self, key: str) -> None:
        """End a session: kill its interpreter and drop its files."""
        session = self._sessions.pop(key, None)
        if session is not None:
            await session.end()

    async def end_all(self, prefix: str = "") -> None:
        """End all sessions whose keys begin so."""
        for key in [key for key in self._sessions if key.startswith(prefix)]:
            await self.end(key)

    async def aclose(self) -> None:
        """End all sessions."""
        await self.end_all()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _start(self) -> Kernel:
        found = await asyncio.to_thread(available, self._interpreter)
        if not found.ok:
            raise SandboxError(f"code cannot be run in isolation: {found.why}")
        start = Kernel.start(bubblewrap(), inspect_interpreter(self._interpreter), self._limits)
        starting = asyncio.ensure_future(start)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # If the start itself were cut off, processes could be left of which nobody knows yet.
            await asyncio.wait([starting])
            if starting.exception() is None:
                await starting.result().end()
                starting.result().forget()
            raise

    async def _make_room(self, excluded: _Session) -> None:
        alive = [
            session for session in self._sessions.values() if session.kernel is not None and session is not excluded
        ]
        idle = [session for session in alive if not session.lock.locked()]
        for session in idle[: max(0, len(alive) + 1 - self._most)]:
            await session.end()

    def _forget_oldest(self, excluded: _Session) -> None:
        """Let go of files where all together are too many: those of the sessions that were not used for longest."""
        whole = sum(session.saved_bytes for session in self._sessions.values())
        for session in self._sessions.values():
            if whole <= self._most_saved:
                return
            if session is not excluded:
                whole -= session.saved_bytes
                session.forget()

    async def _run(
        self, session: _Session, kernel: Kernel, code: str, files: Sequence[InputFile], *, fresh: bool
    ) -> CodeRun:
        names, blobs = _places(files, session.placed)
        if fresh:
            names += [[name] for name in session.saved]
            blobs += session.saved.values()
        limits = self._limits
        question = {
            "code": code,
            "put": names,
            "ids": [name for file in files for name in (file.id, *file.also)],
            "cpu_seconds": limits.cpu_seconds,
            "images": limits.images,
            "files": limits.files,
            "report_bytes": limits.report_bytes,
        }
        timed_out = False
        try:
            async with asyncio.timeout(limits.wall_seconds):
                answer = await kernel.ask(question, blobs)
        except TimeoutError:
            timed_out, error = True, f"[emulator] stopped after {limits.wall_seconds:g} s"
        except LostError as problem:
            error = f"[emulator] {problem}"
            timed_out = "processor time" in error
        else:
            session.placed.update(file.id for file in files)
            session.save(answer, limits.data)
            self._forget_oldest(session)
            logs = kernel.printed()
            if answer.note is not None:
                logs = _with_line(logs, f"[emulator] {answer.note}")
            return CodeRun(logs, answer.images, answer.files, answer.error, left_out=answer.left_out, fresh=fresh)
        session.kernel = None
        session.placed.clear()
        await kernel.end()
        logs = _with_line(kernel.printed(), f"{error}; variables are lost")
        kernel.forget()
        return CodeRun(logs, error=error, timed_out=timed_out, fresh=fresh)


def _with_line(logs: str, line: str) -> str:
    separator = "\n" if logs and not logs.endswith("\n") else ""
    return f"{logs}{separator}{line}\n"


def _places(files: Sequence[InputFile], placed: set[str]) -> tuple[list[list[str]], list[bytes]]:
    """Return names and contents of the files that are not there yet; of two with one name, the later gets it."""
    new = [file for file in files if file.id not in placed]
    names = []
    for file in new:
        if inner_path(file.id) is None or "/" in file.id:
            raise SandboxError(f"{file.id!r} cannot be the name of a file")
        plain = (name for one in (file.name, *file.also) if (name := plain_name(one)) is not None)
        names.append(list(dict.fromkeys([file.id, *plain])))
    return names, [file.content for file in new]


async def run(
    code: str, files: Sequence[InputFile] = (), *, limits: Limits | None = None, interpreter: str | None = None
) -> CodeRun:
    """Run ``code`` in a session of its own, which ends afterwards."""
    async with Sessions(limits=limits, interpreter=interpreter) as sessions:
        return await sessions.run("", code, files)
