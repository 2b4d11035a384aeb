"""Faults that a sound program survives: it tries again, and looks first where an answer was lost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.schedules.lines import Line

# What programs do with threads and runs, most of all.
PATHS: Final = (
    "POST /threads/*/runs",
    "GET /threads/*/runs/*",
    "POST /threads/*/runs/*/submit_tool_outputs",
    "POST /threads/*/messages",
    "GET /threads/*/messages",
    "POST /threads",
    "POST /threads/runs",
)
# Those that may answer with a stream.
STREAMING: Final = ("POST /threads/*/runs", "POST /threads/runs", "POST /threads/*/runs/*/submit_tool_outputs")
KINDS: Final = ("connection", "lost_answer", "status", "stream", "delay")
_PATH: Final = re.compile(r"[A-Z]+ /\S+")


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """A fault. path: with its method, as ``POST /threads/*/runs``. do: options of `Namespace.fault`.

    times: how many requests it hits; after: how many pass before.
    """

    path: str
    do: Mapping[str, Any] = field(hash=False)
    times: int = 1
    after: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for a path without its method."""
        check_path("path", self.path)

    @property
    def line(self) -> Line:
        """The call that lets it happen."""
        method, _, path = self.path.partition(" ")
        after = {"after": self.after} if self.after else {}
        return Line("fault", (method, path), {**self.do, "times": self.times, **after})


def check_path(name: str, path: str) -> None:
    """Raise ValueError for what is no method and path. name: what it was given as."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"{name}: {path!r}: give method and path, as 'POST /threads/*/runs'")
