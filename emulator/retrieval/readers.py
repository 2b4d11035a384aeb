"""Where a server reads files: short plain text at once, everything else in processes with limits, which can be killed.

Files are read for many stores at a time, and some are slow, or made to be. So there are two lanes. In the first, whose
processes stay ready, a file gets two seconds; one that takes longer is begun anew in the second, where it waits for
others of its kind only. No more than two processes are at work in each.
"""

import asyncio
import signal
from functools import partial
from pathlib import Path
from typing import Any, Final, cast, get_args

from emulator.daemon_threads import in_thread
from emulator.retrieval.limits import OUT_OF_MEMORY
from emulator.retrieval.process import LostReaderError, ReaderProcess, Refusal
from emulator.retrieval.refusals import ErrorCode, FileTooLarge, InvalidFile, UnreadableFileError

# Of plain text; reading that much takes a few milliseconds.
MOST_BYTES_AT_ONCE: Final = 128 * 1024
_QUICK_SECONDS: Final = 2.0
# By the clock. What a file may really use is its processor time (`child`), which does not depend on what else goes on.
_SLOW_SECONDS: Final = 600.0
_MOST_PROCESSES: Final = 2
# How a process ends that has used more than it may.
_KILLED: Final = {OUT_OF_MEMORY, *(-getattr(signal, name) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name))}


class Readers:
    """The reading of files, for a single event loop. quick, slow: seconds of the lanes."""

    def __init__(self, quick: float = _QUICK_SECONDS, slow: float = _SLOW_SECONDS) -> None:
        self._quick = _Lane(quick, is_slow=False)
        self._slow = _Lane(slow, is_slow=True)

    async def read(self, filename: str, path: Path, *, v1: bool = False, any_text: bool = True) -> str:
        """Return the text of the file at ``path``, by the type that ``filename`` says. v1, any_text: as in `read_text`.

        Raises `UnreadableFileError` for a file that cannot be read or is too much work, and OSError or
        `LostReaderError` where that is not the fault of the file.
        """
        text = _read_at_once(filename, path, v1=v1, any_text=any_text)
        if text is not None:
            return text
        answer = await self._answer(_question(filename, path, v1=v1, any_text=any_text))
        if isinstance(answer, Refusal):
            raise _unreadable(answer)
        return answer

    async def _answer(self, question: dict[str, Any]) -> str | Refusal:
        try:
            try:
                return await self._quick.ask(question)
            except TimeoutError:
                return await self._slow.ask(question)
        except TimeoutError as error:
            raise FileTooLarge from error
        except LostReaderError as error:
            if error.status is None:
                raise
            raise (FileTooLarge if error.status in _KILLED else InvalidFile) from error

    def close(self) -> None:
        """Kill all processes; nothing is waited for."""
        self._quick.close()
        self._slow.close()


class _Lane:
    """A few processes, and a queue of files in front of them. is_slow: what it reads takes long, so none are kept."""

    def __init__(self, seconds: float, *, is_slow: bool) -> None:
        self._seconds = seconds
        self._is_slow = is_slow
        self._turns = asyncio.Semaphore(_MOST_PROCESSES)
        self._idle: list[ReaderProcess] = []
        self._busy: set[ReaderProcess] = set()

    async def ask(self, question: dict[str, Any]) -> str | Refusal:
        """Return the answer to a question once it is its turn. Raises TimeoutError if it then takes too long."""
        async with self._turns:
            process = self._idle.pop() if self._idle else ReaderProcess()
            if not process.is_usable:
                process.kill()
                process = ReaderProcess()
            self._busy.add(process)
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await in_thread(partial(process.ask, {**question, "is_slow": self._is_slow}), "reader")
            except BaseException:
                process.kill()
                raise
            finally:
                self._busy.discard(process)
            if self._is_slow or not process.is_usable:
                process.kill()
            else:
                self._idle.append(process)
            return answer

    def close(self) -> None:
        for process in (*self._idle, *self._busy):
            process.kill()
        self._idle.clear()


def _read_at_once(filename: str, path: Path, *, v1: bool, any_text: bool) -> str | None:
    """Return the text of a file that takes no process; None for any other. Raises `UnreadableFileError`."""
    from emulator.retrieval.extraction import check_type, is_light, read_text  # noqa: PLC0415 - most servers never read

    kind, size = check_type(filename, v1=v1, any_text=any_text), path.stat().st_size
    if not is_light(kind) or size > MOST_BYTES_AT_ONCE:
        return None
    data = path.read_bytes()
    try:
        data.decode()
    except UnicodeDecodeError:
        return None  # guessing another encoding takes longer
    return read_text(filename, data, v1=v1, any_text=any_text)


def _question(filename: str, path: Path, *, v1: bool, any_text: bool) -> dict[str, Any]:
    return {"filename": filename, "path": str(path.absolute()), "v1": v1, "any_text": any_text}


def _unreadable(refusal: Refusal) -> UnreadableFileError:
    error = UnreadableFileError(refusal.message)
    error.code = cast("ErrorCode", refusal.code) if refusal.code in get_args(ErrorCode) else error.code
    return error
