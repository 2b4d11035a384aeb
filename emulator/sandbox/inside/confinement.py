"""The last steps of isolation, which only the process itself can take, before it runs any of the user's code."""

import ctypes
import os
import resource
from pathlib import Path
from typing import Any

_PR_SET_THP_DISABLE, _PR_GET_THP_DISABLE = 41, 42
_SPACES = ("mnt", "pid", "net", "ipc", "uts", "cgroup", "user")


def confine(settings: dict[str, Any]) -> None:
    """Stop being root if the host is; then lower every limit for good."""
    Path("/proc/self/oom_score_adj").write_text("1000")  # if the host runs out of memory, this is killed first
    # A huge page stays as a whole while a part of it is mapped, and the limit on memory counts that part only.
    _prctl(_PR_SET_THP_DISABLE, 1)
    if os.getuid() == 0:
        nobody = settings["nobody"]
        os.setgroups([])
        os.setresgid(nobody, nobody, nobody)
        os.setresuid(nobody, nobody, nobody)
    for limit, most in (
        (resource.RLIMIT_AS, settings["memory"]),
        (resource.RLIMIT_FSIZE, settings["data"]),
        (resource.RLIMIT_NOFILE, settings["open_files"]),
        (resource.RLIMIT_NPROC, settings["threads"]),
        (resource.RLIMIT_STACK, 8 * 2**20),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, settings["signals"]),  # of timers too, which are kept by the kernel
        # Not 0: a host that pipes core dumps into a program does so at 0 too. At 1 the kernel makes none (core(5)).
        (resource.RLIMIT_CORE, 1),
        (resource.RLIMIT_CPU, settings["session_cpu_seconds"]),
    ):
        hardest = resource.getrlimit(limit)[1]
        value = most if hardest == resource.RLIM_INFINITY else min(most, hardest)
        resource.setrlimit(limit, (value, value))


def allow_cpu_seconds(seconds: int) -> None:
    """Let this run use so much more processor time; then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hardest = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (min(int(used.ru_utime + used.ru_stime) + seconds + 1, hardest), hardest))


def isolation_report() -> dict[str, Any]:
    """Return what the host checks before it trusts the isolation."""
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return {
        "uids": [int(number) for number in status["Uid"].split()],
        "capabilities": [int(status[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")],
        "no_new_privileges": status.get("NoNewPrivs"),
        "filter": status.get("Seccomp"),
        "processes": sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()),
        "spaces": {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in _SPACES},
        "threads": resource.getrlimit(resource.RLIMIT_NPROC)[1],
        "memory": resource.getrlimit(resource.RLIMIT_AS)[1],
        "huge_pages": _prctl(_PR_GET_THP_DISABLE) == 0,  # -1: the kernel has none
    }


def _prctl(option: int, value: int = 0) -> int:
    return int(ctypes.CDLL(None).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))))
