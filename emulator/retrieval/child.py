"""The process that reads files for a server: one at a time, within limits, and ending by itself with the server.

It is started by `process`. A question is a line of JSON on standard input: {"filename", "path", "v1", "any_text";
"is_slow": whether it is known to take long}. The answer is a line of JSON on standard output, {"text": bytes of the
text in UTF-8, which follow; "is_last": whether the process ends now} or {"code", "message", "is_last"}; an empty object
says that the process is ready.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from emulator.retrieval.extraction import MAX_BYTES, read_text
from emulator.retrieval.limits import LASTING_MEMORY, MAX_MEMORY, MAX_PROCESSOR_SECONDS, OUT_OF_MEMORY
from emulator.retrieval.refusals import FileTooLarge, UnreadableFileError


def main() -> None:
    """Answer questions until standard input ends, at once even while a file is being read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the server, which ends this process
    answers = _own_output()
    questions: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_receive, args=(questions,), daemon=True).start()
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_AS", MAX_MEMORY)
    try:
        _send(answers, {})
        is_last = False
        while not is_last:
            is_last = _answer(answers, questions.get())
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    finally:
        os._exit(0)  # whatever it is, nobody would see it


def _own_output() -> IO[bytes]:
    """Return standard output; what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return answers


def _receive(questions: "SimpleQueue[dict[str, Any]]") -> None:
    try:
        for line in sys.stdin.buffer:
            questions.put(json.loads(line))
    finally:
        os._exit(0)


def _answer(answers: IO[bytes], question: dict[str, Any]) -> bool:
    """Answer a question; return whether it was the last."""
    _limit("RLIMIT_CPU", int(time.process_time()) + MAX_PROCESSOR_SECONDS)
    if question["is_slow"]:
        with suppress(AttributeError, OSError):
            os.nice(5)  # everything else goes first
    text = b""
    try:
        text = _read(question)
        answer: dict[str, Any] = {"text": len(text)}
    except UnreadableFileError as error:
        answer = {"code": error.code, "message": error.message}
    is_last = _memory() > LASTING_MEMORY
    _send(answers, {**answer, "is_last": is_last}, text)
    return is_last


def _read(question: dict[str, Any]) -> bytes:
    path = Path(question["path"])
    if path.stat().st_size > MAX_BYTES:
        raise FileTooLarge
    try:
        how = {name: question[name] for name in ("v1", "any_text")}
        return read_text(question["filename"], path.read_bytes(), **how).encode()
    except MemoryError:
        raise FileTooLarge from None  # as in `read_text`


def _send(answers: IO[bytes], answer: dict[str, Any], text: bytes = b"") -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.write(text)
    answers.flush()


def _limit(name: str, most: int) -> None:
    """Limit what this process may use, as far as the system has such a limit and allows that much."""
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _memory() -> int:
    """Return the size of this process in bytes; 0 where the system does not say.

    Not its largest size so far: on Linux that begins with the size of the process that started it.
    """
    with suppress(OSError, AttributeError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
