"""Environments of the matrix: one folder below ``.matrix/`` for each library, created once and reused."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contract_tests.matrix.sdks import Sdk

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / ".matrix"
# Seconds for an installation from a registry.
_TIMEOUT: Final = 300
# Where a package is not called as its kind is.
_PACKAGES: Final = {"openai-python": "openai", "openai-node": "openai"}


class LeftOutError(Exception):
    """This machine lacks something that the library needs; the message names it in one line."""


class NotInstalledError(Exception):
    """The installation failed, or does not match the table."""


def environment(sdk: Sdk) -> Path:
    """Return the folder of a library's environment; create it if it is missing or was created from another table.

    Raises `LeftOutError` and `NotInstalledError`.
    """
    recipe = hashlib.sha256(f"{sdk.name} {sdk.companions} {sys.version_info[:2]}".encode()).hexdigest()[:16]
    folder = CACHE / f"{sdk.kind}-{sdk.version}"
    stamp = folder / ".recipe"
    if sdk.kind == "openai-node":
        _need_node()
    if not stamp.is_file() or stamp.read_text() != recipe:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_install_node if sdk.kind == "openai-node" else _install_python)(sdk, folder)
        stamp.write_text(recipe)
    return folder


def suite(sdk: Sdk) -> Path:
    """Return a copy of an example suite in Node, with the libraries that it names beside it. Raises the same."""
    _need_node()
    source = ROOT / sdk.kind
    has_lock = (source / "package-lock.json").is_file()
    named = (source / ("package-lock.json" if has_lock else "package.json")).read_bytes()
    recipe = hashlib.sha256(named).hexdigest()[:16]
    folder = CACHE / sdk.kind.replace("/", "-")
    stamp = folder / ".recipe"
    if not stamp.is_file() or stamp.read_text() != recipe:
        shutil.rmtree(folder, ignore_errors=True)
        _copy_suite(source, folder)
        install = ["npm", "ci"] if has_lock else ["npm", "install", "--no-package-lock"]
        _run_command([*install, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], folder)
        stamp.write_text(recipe)
    _copy_suite(source, folder)
    return folder


def _copy_suite(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))


def _need_node() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        raise LeftOutError("Node and npm are not installed here")


def python(folder: Path) -> Path:
    """Return the interpreter of a Python environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _install_python(sdk: Sdk, folder: Path) -> None:
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    requirements = [f"{_PACKAGES.get(sdk.kind, sdk.kind)}=={sdk.version}", *sdk.companions]
    # Only packages named in the table are installed, so that environments are reproducible.
    _run_command(
        [
            str(python(folder)),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            *requirements,
        ]
    )
    _run_command([str(python(folder)), "-m", "pip", "check", "--disable-pip-version-check"])


def _install_node(sdk: Sdk, folder: Path) -> None:
    package = {
        "private": True,
        "dependencies": {_PACKAGES[sdk.kind]: sdk.version},
        "overrides": dict(one.rsplit("@", 1) for one in sdk.companions),
    }
    (folder / "package.json").write_text(json.dumps(package))
    _run_command(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], folder)


def _run_command(command: Sequence[str], cwd: Path | None = None) -> None:
    try:
        process = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstalledError(f"{' '.join(command[:4])} took longer than {_TIMEOUT} seconds") from None
    if process.returncode:
        raise NotInstalledError(f"{' '.join(command[:4])}: {(process.stdout + process.stderr).strip()[-600:]}")
