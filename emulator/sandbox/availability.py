"""Finds out whether code can be isolated here: by a trial, once, with everything that a real session has."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from emulator.sandbox.inside.frames import LENGTH
from emulator.sandbox.interpreter import Interpreter, inspect_interpreter
from emulator.sandbox.launch import bubblewrap, launch
from emulator.sandbox.limits import Limits
from emulator.sandbox.result import SandboxError

_LONGEST_WHY: Final = 500


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether code can be run here. why: what is missing, empty if nothing is."""

    ok: bool
    why: str = ""


def available(interpreter: str | None = None) -> Availability:
    """Start an interpreter in isolation and check the isolation from inside; the result is cached.

    interpreter: by default the Python that runs this. The first call blocks for some tenths of a second.
    """
    path = interpreter or sys.executable
    try:
        bwrap = bubblewrap()
        python = inspect_interpreter(path)
    except SandboxError as problem:
        return Availability(ok=False, why=str(problem))
    return _try(bwrap, python)


@lru_cache(maxsize=8)
def _try(bwrap: str, python: Interpreter) -> Availability:
    try:
        reading, writing = os.pipe()
        with closing(os.fdopen(reading, "rb")) as answers:
            try:
                with launch(bwrap, python, Limits(), writing) as start:
                    ended = subprocess.run(  # noqa: S603
                        start.command,
                        stdin=subprocess.DEVNULL,  # there is no question, so it ends after the greeting
                        capture_output=True,
                        check=False,
                        cwd="/",
                        env={},
                        pass_fds=start.descriptors,
                        timeout=Limits().start_seconds,
                    )
            finally:
                os.close(writing)
            first = answers.read(LENGTH.size)
            if len(first) < LENGTH.size:
                output = ended.stderr.decode(errors="replace").strip() or f"it ended with status {ended.returncode}"
                return Availability(ok=False, why=f"bubblewrap cannot isolate here: {output[-_LONGEST_WHY:]}")
            problems = gaps(json.loads(answers.read(LENGTH.unpack(first)[0])))
    except (OSError, subprocess.SubprocessError, ValueError, SandboxError) as problem:
        return Availability(ok=False, why=f"bubblewrap cannot isolate here: {problem}")
    return Availability(ok=not problems, why=f"the isolation has gaps: {'; '.join(problems)}" if problems else "")


def gaps(greeting: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the isolation, by the report that an interpreter sends before it runs any code."""
    try:
        found = greeting["hello"]
        ours = {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in found["spaces"]}
        # If the host is root, its user namespace stays and the user is changed instead.
        own = {"mnt", "pid", "net", "ipc", "uts", "cgroup"} | (set() if os.getuid() == 0 else {"user"})
        shared = sorted(name for name in own if found["spaces"].get(name) in {None, ours.get(name)})
        return [
            problem
            for problem, there in (
                (f"namespaces shared with the host: {', '.join(shared)}", shared),
                ("it runs as root", 0 in found["uids"]),
                ("it has privileges", any(found["capabilities"])),
                ("it could gain privileges", found["no_new_privileges"] != "1"),
                ("no system calls are filtered", found["filter"] != "2"),
                ("it sees other processes", len(found["processes"]) > 2),
                ("memory is not limited", found["memory"] < 0),
                ("it can use huge pages", found.get("huge_pages")),
                ("threads are not limited", found["threads"] < 0),
            )
            if there
        ]
    except (AttributeError, KeyError, TypeError) as problem:
        return [f"it does not say how it stands ({problem!r})"]
