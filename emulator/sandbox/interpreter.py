"""The Python that runs inside, and the folders of the host that it needs."""

import json
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from emulator.sandbox.result import SandboxError

# Inside, the interpreter has a fixed place, so that nothing reveals where the host has it.
PREFIX: Final = "/opt/python"
PACKAGES: Final = "/opt/packages"

_QUERY: Final = """
import json, os, sys
folders = [p for p in sys.path if os.path.basename(p) in ("site-packages", "dist-packages") and os.path.isdir(p)]
program = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
print(json.dumps({"prefix": sys.base_prefix, "program": program, "packages": folders, "version": sys.version_info[:2]}))
"""
_OLDEST: Final = (3, 10)
_SYSTEM: Final = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python of the host. program, packages: paths inside. binds: (path on the host, path inside)."""

    program: str
    packages: tuple[str, ...]
    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]


@lru_cache(maxsize=8)
def inspect_interpreter(path: str) -> Interpreter:
    """Ask the interpreter at ``path`` for its folders; a virtual environment is fine. Raises `SandboxError`."""
    try:
        done = subprocess.run([path, "-I", "-c", _QUERY], capture_output=True, check=True, timeout=30, text=True)  # noqa: S603
        found = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        raise SandboxError(f"the Python at {path!r} does not run: {problem}") from problem
    if tuple(found["version"]) < _OLDEST:
        raise SandboxError(f"the Python at {path!r} is too old: {'.'.join(map(str, _OLDEST))} is needed")
    program = f"{PREFIX}/bin/python{'.'.join(map(str, found['version']))}"
    inside = [(f"{PACKAGES}/{number}", folder) for number, folder in enumerate(found["packages"])]
    binds = [(found["program"], program)]
    for name in ("lib", "lib64"):
        folder = Path(found["prefix"], name)
        if folder.is_dir() and not folder.is_symlink():
            binds.append((str(folder), f"{PREFIX}/{name}"))
    binds += [(folder, place) for place, folder in inside]
    folders, links = _system()
    return Interpreter(program, tuple(place for place, _ in inside), (*binds, *folders), links)


def _system() -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the folders of shared libraries, and the links between them, as this distribution has them."""
    there = [folder for folder in _SYSTEM if Path(folder).exists()]
    links = tuple((str(Path(folder).readlink()), folder) for folder in there if Path(folder).is_symlink())
    folders = [folder for folder in there if not Path(folder).is_symlink()]
    zones = ["/usr/share/zoneinfo"] if Path("/usr/share/zoneinfo").is_dir() else []
    return tuple((folder, folder) for folder in (*folders, *zones)), links
