"""Composes the command that starts an interpreter in isolation, with all options of bubblewrap."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emulator.sandbox import seccomp
from emulator.sandbox.interpreter import PREFIX, Interpreter
from emulator.sandbox.limits import Limits
from emulator.sandbox.result import SandboxError

_INSIDE: Final = Path(__file__).with_name("inside")
_KERNEL: Final = "/opt/kernel"
# Without `-S`, .pth files of packages would run before privileges are dropped.
_START: Final = f"import sys; sys.path.insert(0, {_KERNEL!r}); from emulator.sandbox.inside.main import main; main()"
_ENVIRONMENT: Final = {
    "HOME": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": f"{PREFIX}/lib",
    "MPLBACKEND": "module://sandbox_figures",
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
    # One thread each: sums are always made in the same order, and buffers leave address space for the code.
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": f"{PREFIX}/bin",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
WRITABLE: Final = ("/tmp", "/dev/shm", "/mnt/data")  # noqa: S108
# Inside, root of the host becomes nobody; other users get a user namespace, where their number does not matter.
NOBODY: Final = 65534
_USER: Final = 1000


@dataclass(frozen=True, slots=True)
class Launch:
    """A command with the file descriptors that it inherits."""

    command: tuple[str, ...]
    descriptors: tuple[int, ...]


def bubblewrap() -> str:
    """Return the path of the program. Raises `SandboxError` if there is none."""
    if sys.platform != "linux":
        raise SandboxError("code is run in isolation only on Linux")
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError("bubblewrap is not installed (the program bwrap, package bubblewrap)")
    return str(Path(path).resolve())


@contextmanager
def launch(bwrap: str, python: Interpreter, limits: Limits, answers: int, info: int | None = None) -> Iterator[Launch]:
    """Compose the command. answers, info: descriptors to which the interpreter and bubblewrap (its child's pid) write.

    The options are passed in a descriptor, because every process on the host and inside can read a command line.
    """
    filters = seccomp.program()
    if filters is None:
        raise SandboxError(f"no list of system calls for this machine ({os.uname().machine})")
    with ExitStack() as opened:

        def in_memory(content: bytes) -> int:
            descriptor = os.memfd_create("sandbox")
            opened.callback(os.close, descriptor)
            os.write(descriptor, content)
            os.lseek(descriptor, 0, os.SEEK_SET)
            return descriptor

        sources = {path.name: in_memory(path.read_bytes()) for path in sorted(_INSIDE.glob("*.py"))}
        accounts = in_memory(b"sandbox:x:%d:%d::/tmp:/bin/false\n" % ((NOBODY,) * 2 if _is_root() else (_USER,) * 2))
        rules = in_memory(filters)
        options = [
            *_separation(),
            *_view(python, sources, accounts, limits),
            *("--seccomp", str(rules)),
            *(("--info-fd", str(info)) if info is not None else ()),
        ]
        option_file = in_memory("".join(f"{option}\0" for option in options).encode())
        settings = json.dumps({**_numbers(limits), "answers": answers, "packages": python.packages, "nobody": NOBODY})
        command = (bwrap, "--args", str(option_file), "--", python.program, "-S", "-s", "-B", "-c", _START, settings)
        inherited = (*sources.values(), accounts, rules, option_file, answers, *(() if info is None else (info,)))
        yield Launch(command, inherited)


def _is_root() -> bool:
    return os.getuid() == 0


def _separation() -> Sequence[str]:
    """New namespaces, no privileges, and an end together with the host.

    Root is not mapped into a user namespace: to the kernel it would stay root there, which is exempt from the limit on
    threads. It keeps only the privileges to become nobody, which is the first thing that the interpreter does.
    """
    who = (
        ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
        if _is_root()
        else ("--unshare-user", "--uid", str(_USER), "--gid", str(_USER), "--disable-userns")
    )
    spaces = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup")
    variables = [word for name, value in _ENVIRONMENT.items() for word in ("--setenv", name, value)]
    alone = ("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv", *variables)
    return ("--cap-drop", "ALL", *who, *spaces, *alone)


def _view(python: Interpreter, sources: dict[str, int], accounts: int, limits: Limits) -> Sequence[str]:
    """What is visible: libraries and the interpreter, read-only; three writable folders in memory, limited in size."""
    words: list[str] = []
    # Made first, readable by all: folders that a mount creates may be readable by root only.
    parents = {str(parent) for _, place in python.binds for parent in Path(place).parents}
    for folder in sorted({*parents, "/etc", "/mnt"} - {"/"}):
        words += ("--perms", "0755", "--dir", folder)
    for target, link in python.links:
        words += ("--symlink", target, link)
    for outside, place in python.binds:
        words += ("--ro-bind", outside, place)
    for name, descriptor in sources.items():
        words += ("--perms", "0444", "--ro-bind-data", str(descriptor), f"{_KERNEL}/emulator/sandbox/inside/{name}")
    words += ("--perms", "0444", "--ro-bind-data", str(accounts), "/etc/passwd", "--proc", "/proc", "--dev", "/dev")
    # Process 1 is bubblewrap itself. If it is hidden, no code can write into its memory and make it outlive the host.
    words += ("--perms", "0000", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")
    for secret in ("/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/kmsg"):
        if Path(secret).exists():
            words += ("--ro-bind", "/dev/null", secret)
    # Mapping /dev/zero makes the shared memory that the filter refuses; /dev/full gives zeros too, and is not mapped.
    words += ("--dev-bind", "/dev/full", "/dev/zero")
    for place, size in zip(WRITABLE, (limits.scratch, limits.scratch, limits.data), strict=True):
        words += ("--perms", "1777", "--size", str(size), "--tmpfs", place)
    return (*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/mnt/data")


def _numbers(limits: Limits) -> dict[str, int]:
    names = "memory data threads signals open_files session_cpu_seconds"
    return {name: getattr(limits, name) for name in names.split()}
