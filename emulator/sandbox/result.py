"""What goes into a run of code, and what comes out."""

from dataclasses import dataclass


class SandboxError(Exception):
    """The code was not run: there is no isolation here, or what it should run with does not fit."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file that the code finds as ``/mnt/data/<id>`` and as ``/mnt/data/<name>``."""

    id: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A file that the code wrote or changed; name: relative to ``/mnt/data``, with ``/`` between folders."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CodeRun:
    """What came out of one run.

    logs: stdout and stderr in order, then the last expression or the traceback. images: PNG.
    error: last line of the traceback, or, beginning with ``[emulator]``, why the interpreter did not answer.
    left_out: files and figures over the limits. fresh: no variables of an earlier run were there.
    """

    logs: str
    images: tuple[bytes, ...] = ()
    files: tuple[Written, ...] = ()
    error: str | None = None
    timed_out: bool = False
    left_out: tuple[str, ...] = ()
    fresh: bool = False
