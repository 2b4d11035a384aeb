"""What clients were told has happened, while servers were killed: it has to be there afterwards, and once."""

import threading
from collections import Counter
from dataclasses import dataclass, field

# What makes the program fail.
WRONG = ("lost", "doubled", "stuck", "gaps")


@dataclass(eq=False)
class Sent:
    """Something that a client sent. attempts: how often it may have arrived. kept: whether that was acknowledged."""

    attempts: int
    kept: bool


@dataclass(eq=False)
class Run:
    """What is known of a run. outputs: those that were acknowledged, by call. ended: the end that was shown."""

    id: str
    kind: str
    outputs: dict = field(default_factory=dict)
    cancelled: bool = False
    released: bool = False
    ended: str | None = None


@dataclass(eq=False)
class Thread:
    """What is known of a thread. sent: its messages by their texts. gone: None if it may be."""

    id: str
    sent: dict = field(default_factory=dict)
    runs: dict = field(default_factory=dict)
    gone: bool | None = False


@dataclass(eq=False)
class File:
    """What is known of a file. content: its bytes. gone: None if it may be."""

    id: str
    content: bytes
    gone: bool | None = False


@dataclass(eq=False)
class Store:
    """What is known of a vector store. files: those that were acknowledged to be in it."""

    id: str
    files: list = field(default_factory=list)
    gone: bool | None = False


class Findings:
    """How much was acknowledged, by kind, what clients were refused, and what is wrong. Any thread may tell."""

    def __init__(self):
        self.acknowledged, self.refused, self.wrong = Counter(), Counter(), Counter()
        self.ids = {}
        self._lock = threading.Lock()

    def note(self, what, id_=None):
        """Count something. id_: of an object that is new, which no other one may have."""
        with self._lock:
            self.acknowledged[what] += 1
            if id_ is not None and self.ids.setdefault(id_, what) != what:
                self._complain("doubled", f"{id_} is one of {self.ids[id_]} and of {what}")

    def refuse(self, what):
        with self._lock:
            self.refused[what] += 1

    def complain(self, kind, message):
        with self._lock:
            self._complain(kind, message)

    def _complain(self, kind, message):
        self.wrong[kind] += 1
        print(f"{kind}: {message}", flush=True)
