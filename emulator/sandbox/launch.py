"""The command that starts an interpreter in isolation: all that bubblewrap is told."""

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
# Without `-S` and with the packages already in view, files of theirs would run before privileges are dropped.
_BEGIN: Final = f"import sys; sys.path.insert(0, {_KERNEL!r}); from emulator.sandbox.inside.start import main; main()"
_ENVIRONMENT: Final = {
    "HOME": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": f"{PREFIX}/lib",
    "MPLBACKEND": "module://sandbox_figures",
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
    # One thread each: the same sums in the same order, and address space for the user instead of for buffers.
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": f"{PREFIX}/bin",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
# Root of the host becomes nobody inside; everybody else gets a user namespace, where one's own number means nothing.
NOBODY: Final = 65534
_SOMEBODY: Final = 1000


@dataclass(frozen=True, slots=True)
class Launch:
    """A command with the file descriptors that it inherits."""

    command: tuple[str, ...]
    descriptors: tuple[int, ...]


def bubblewrap() -> str:
    """Return the program's path. Raises `SandboxError` where there is none."""
    if sys.platform != "linux":
        raise SandboxError("code is run in isolation only on Linux")
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError("bubblewrap is not installed (the program bwrap, package bubblewrap)")
    return str(Path(path).resolve())


@contextmanager
def launch(bwrap: str, python: Interpreter, limits: Limits, answers: int, info: int | None = None) -> Iterator[Launch]:
    """Compose the command. answers: where the interpreter writes; info: where bubblewrap writes its child's number.

    The options travel through a descriptor: a command line can be read by everybody on the host and inside.
    """
    filters = seccomp.program()
    if filters is None:
        raise SandboxError(f"no list of system calls for this machine ({os.uname().machine})")
    with ExitStack() as opened:

        def held(content: bytes) -> int:
            descriptor = os.memfd_create("sandbox")
            opened.callback(os.close, descriptor)
            os.write(descriptor, content)
            os.lseek(descriptor, 0, os.SEEK_SET)
            return descriptor

        sources = {path.name: held(path.read_bytes()) for path in sorted(_INSIDE.glob("*.py"))}
        people = held(b"sandbox:x:%d:%d::/tmp:/bin/false\n" % ((NOBODY,) * 2 if _is_root() else (_SOMEBODY,) * 2))
        rules = held(filters)
        options = [
            *_separation(),
            *_view(python, sources, people, limits),
            *("--seccomp", str(rules)),
            *(("--info-fd", str(info)) if info is not None else ()),
        ]
        listed = held("".join(f"{option}\0" for option in options).encode())
        told = json.dumps({**_numbers(limits), "answers": answers, "packages": python.packages, "nobody": NOBODY})
        command = (bwrap, "--args", str(listed), "--", python.program, "-S", "-s", "-B", "-c", _BEGIN, told)
        inherited = (*sources.values(), people, rules, listed, answers, *(() if info is None else (info,)))
        yield Launch(command, inherited)


def _is_root() -> bool:
    return os.getuid() == 0


def _separation() -> Sequence[str]:
    """New namespaces; no privileges; no life without the host.

    Root is not mapped into a user namespace: there it would stay root to the kernel, which exempts root from the limit
    on threads. It keeps just what it takes to become nobody, and the interpreter's first deed is to do that.
    """
    who = (
        ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
        if _is_root()
        else ("--unshare-user", "--uid", str(_SOMEBODY), "--gid", str(_SOMEBODY), "--disable-userns")
    )
    spaces = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup")
    variables = [word for name, value in _ENVIRONMENT.items() for word in ("--setenv", name, value)]
    alone = ("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv", *variables)
    return ("--cap-drop", "ALL", *who, *spaces, *alone)


def _view(python: Interpreter, sources: dict[str, int], people: int, limits: Limits) -> Sequence[str]:
    """What can be seen: libraries and the interpreter, to be read; three bounded places in memory, to be written."""
    words: list[str] = []
    # Made first and open to all: as a by-product of a mount they may come out closed to everybody but root.
    parents = {str(parent) for _, place in python.binds for parent in Path(place).parents}
    for folder in sorted({*parents, "/etc", "/mnt"} - {"/"}):
        words += ("--perms", "0755", "--dir", folder)
    for target, link in python.links:
        words += ("--symlink", target, link)
    for outside, place in python.binds:
        words += ("--ro-bind", outside, place)
    for name, descriptor in sources.items():
        words += ("--perms", "0444", "--ro-bind-data", str(descriptor), f"{_KERNEL}/emulator/sandbox/inside/{name}")
    words += ("--perms", "0444", "--ro-bind-data", str(people), "/etc/passwd", "--proc", "/proc", "--dev", "/dev")
    # Process 1 is bubblewrap itself. Out of sight, nobody writes into its memory and makes it outlive the host.
    words += ("--perms", "0000", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")
    for secret in ("/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/kmsg"):
        if Path(secret).exists():
            words += ("--ro-bind", "/dev/null", secret)
    for place, size in (("/tmp", limits.scratch), ("/dev/shm", limits.scratch), ("/mnt/data", limits.data)):  # noqa: S108
        words += ("--perms", "1777", "--size", str(size), "--tmpfs", place)
    return (*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/mnt/data")


def _numbers(limits: Limits) -> dict[str, int]:
    names = "memory data threads open_files session_cpu_seconds"
    return {name: getattr(limits, name) for name in names.split()}
