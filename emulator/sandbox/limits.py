"""The limits of one session."""

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one session; sizes in bytes. The interpreter is a single process, so `memory` limits it as a whole."""

    wall_seconds: float = 60.0  # per run; then the host ends the session
    cpu_seconds: int = 30  # per run
    session_cpu_seconds: int = 600  # of one interpreter, over all its runs
    start_seconds: float = 30.0  # until the interpreter answers for the first time
    memory: int = 2048 * _MIB  # address space
    data: int = 256 * _MIB  # /mnt/data, in memory, beside the address space
    scratch: int = 64 * _MIB  # /tmp and /dev/shm, each, likewise
    page_tables: int = 64 * _MIB  # of the kernel for the address space; many small pieces of it take many
    entries: int = 50_000  # files and directories in these three, whose names the sizes do not count
    locks: int = 10_000  # parts of files that are locked, each of which takes memory of the kernel
    threads: int = 64
    signals: int = 128  # waiting to be delivered, and timers
    open_files: int = 128
    log_bytes: int = 1_000_000  # further output is dropped
    images: int = 20  # figures per run
    files: int = 20  # written files per run
    report_bytes: int = 64 * _MIB  # figures and written files of one run together
