"""A server that is watched: its memory, how late it answers about its health, and what it logs."""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contract_tests.benchmarks import lateness
from contract_tests.benchmarks.servers import Server, emulator
from contract_tests.soak.report import Report

_EVERY = 0.1


@contextlib.contextmanager
def watched(report: Report, *, db: Path, script: Path, log: Path) -> Iterator[Server]:
    """Run a server for a section of the soak; what was seen of it is reported at the end."""
    with (
        emulator(db=db, script=script, log=log) as server,
        measured(lambda: server.pid) as memory,
        lateness.watched(server.port, server.pid) as seen,
    ):
        yield server
    report.watched(seen, memory.peak, log)


@dataclass(slots=True)
class Memory:
    """The memory of a process with its children, in MB. peak: the most that was seen."""

    peak: float = 0.0

    def watch(self, pid: Callable[[], int], over: threading.Event) -> None:
        """Look until it is over."""
        while True:
            self.peak = max(self.peak, of(pid()))
            if over.wait(_EVERY):
                return


@contextlib.contextmanager
def measured(pid: Callable[[], int]) -> Iterator[Memory]:
    """Watch the memory of a process and its children. pid: asked anew each time."""
    memory, over = Memory(), threading.Event()
    watching = threading.Thread(target=memory.watch, args=(pid, over), daemon=True)
    watching.start()
    try:
        yield memory
    finally:
        over.set()
        watching.join()


def of(pid: int) -> float:
    """Return the megabytes that a process holds, with its children; 0 on systems without /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return (int(found.group(1)) / 1024 if found else 0.0) + sum(of(int(child)) for child in children)
