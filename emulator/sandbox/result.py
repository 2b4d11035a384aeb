"""The input files and the results of a run of code."""

from dataclasses import dataclass

from emulator.domain.errors import EmulatorError


class SandboxError(EmulatorError):
    """The code was not run: it cannot be isolated here, or its files do not fit."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the code can read as ``/mnt/data/<id>`` and as ``/mnt/data/<name>``. also: further names."""

    id: str
    name: str
    content: bytes
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that the code wrote or changed. name: relative to ``/mnt/data``, with ``/`` between folders."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CodeRun:
    """The result of one run.

    logs: stdout and stderr in order, then the last expression or the traceback. images: PNG.
    error: last line of the traceback, or, beginning with ``[emulator]``, why the interpreter did not answer.
    left_out: files and figures over the limits. fresh: the interpreter was new, without variables.
    """

    logs: str
    images: tuple[bytes, ...] = ()
    files: tuple[OutputFile, ...] = ()
    error: str | None = None
    timed_out: bool = False
    left_out: tuple[str, ...] = ()
    fresh: bool = False
