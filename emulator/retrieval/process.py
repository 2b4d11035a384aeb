"""A process that reads files, as its server sees it: started when first asked, and killed without being waited for."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Final

from emulator.domain.errors import EmulatorError

# It imports from where this process does; without -P it would look in the current folder first. Not started by
# `multiprocessing`, which would run the user's main module once more.
_START: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from emulator.retrieval.child import main; main()"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file cannot be read: code and message of its `last_error`."""

    code: str
    message: str


class LostReaderError(EmulatorError):
    """The process has ended before it answered. status: as in `subprocess`; None if it was not even ready."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the process that reads files has ended with {status}")
        self.status = status


class ReaderProcess:
    """One process. One thread at a time may ask it something; any may kill it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = self._is_killed = False

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked something, as far as is known."""
        return not self._is_killed and (self._process is None or self._process.poll() is None)

    def ask(self, question: Mapping[str, Any]) -> str | Refusal:
        """Return the text of a file, or why it has none. Raises `LostReaderError`; OSError if it cannot be started."""
        process = self._started()
        try:
            if not self._is_ready:
                _line(process)
                self._is_ready = True
            _pipe(process.stdin).write(json.dumps(question).encode() + b"\n")
            _pipe(process.stdin).flush()
            answer = _line(process)
            text = _pipe(process.stdout).read(answer.get("text", 0))
            if len(text) < answer.get("text", 0):
                raise EOFError
        except (OSError, EOFError, ValueError) as error:
            self.kill()
            raise LostReaderError(process.wait() if self._is_ready else None) from error
        if answer["is_last"]:
            self.kill()
        return text.decode() if "text" in answer else Refusal(answer["code"], answer["message"])

    def kill(self) -> None:
        """Let it end at once."""
        with self._lock:
            self._is_killed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            threading.Thread(target=_reap, args=(process,), name="reader's end", daemon=True).start()

    def _started(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._is_killed:
                raise LostReaderError(None)
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603 - our own code
                    [sys.executable, "-P", "-c", _START, json.dumps(sys.path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            return self._process


def _line(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    line = _pipe(process.stdout).readline()
    if not line.endswith(b"\n"):
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe


def _reap(process: "subprocess.Popen[bytes]") -> None:
    """Close the pipes of a killed process, and take note of its end."""
    with suppress(OSError, ValueError), process:
        pass
