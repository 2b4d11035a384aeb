"""A child process that stands for this one: signals reach it, and how it ended is how this one ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Final

_FORWARDED: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
# What shells add to the number of the signal that ended a program.
BY_SIGNAL: Final = 128


def run(program: str, command: Sequence[str], environment: Mapping[str, str], *, stdout: int | None = None) -> int:
    """Run a command with this process's input and output; return its exit code, of a signal as shells tell it.

    stdout: where it prints instead. Call it on the main thread. Raises OSError for what cannot be run.
    """
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif not _comes_by_itself(number):
            child.send_signal(number)

    numbers = [getattr(signal, name) for name in _FORWARDED if hasattr(signal, name)]
    before: dict[int, Any] = {number: signal.signal(number, forward) for number in numbers}
    try:
        # The caller chooses the command: that is what this is for.
        child = subprocess.Popen(command, executable=program, env=dict(environment), stdout=stdout)  # noqa: S603
        for number in early:
            child.send_signal(number)
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return BY_SIGNAL - code if code < 0 else code


def _comes_by_itself(number: int) -> bool:
    """Return whether a signal comes from a terminal, which sends it to the child as well, and not from a process."""
    if number not in (signal.SIGINT, getattr(signal, "SIGQUIT", None)):
        return False
    if os.name == "nt":
        return True
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):  # no terminal, or no input at all
        return False
