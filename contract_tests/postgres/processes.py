"""Processes by their ids: what they have started, and how long they have run."""

from pathlib import Path


def descendants(pid):
    """Return the ids of the processes that a process has started, and those that these have; from /proc."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of a program may hold anything, also parentheses.
            fields = status.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, queue = [], [pid]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def runs(pid):
    """Return whether a process runs; one that has ended may stand in the list until somebody asks how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processor_time(pid):
    """Return how many seconds the threads of a process have run, 0 once it is gone.

    From /proc/PID/task/TID/schedstat, which counts nanoseconds where /proc/PID/stat counts hundredths of a second.
    """
    try:
        threads = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        return 0.0
    return sum(int(thread.split()[0]) for thread in threads) / 1e9
