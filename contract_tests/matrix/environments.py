"""Environments of the matrix: each library by itself in a folder below ``.matrix/``, made once and kept."""

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
# Seconds that a registry may take.
_PATIENCE: Final = 300
_PACKAGES: Final = {"openai-python": "openai", "openai-node": "openai", "azure-ai-agents": "azure-ai-agents"}


class LeftOutError(Exception):
    """This machine lacks what the library needs; the message says what in one line."""


class NotInstalledError(Exception):
    """The registry did not give, or not what the table says."""


def environment(sdk: Sdk) -> Path:
    """Return the folder of a library's environment, made if it is not there or was made from another table.

    Raises `LeftOutError` and `NotInstalledError`.
    """
    recipe = hashlib.sha256(f"{sdk.name} {sdk.companions} {sys.version_info[:2]}".encode()).hexdigest()[:16]
    folder = CACHE / f"{sdk.kind}-{sdk.version}"
    stamp = folder / ".recipe"
    if sdk.kind == "openai-node" and not (shutil.which("node") and shutil.which("npm")):
        raise LeftOutError("Node and npm are not installed here")
    if not stamp.is_file() or stamp.read_text() != recipe:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_install_node if sdk.kind == "openai-node" else _install_python)(sdk, folder)
        stamp.write_text(recipe)
    return folder


def python(folder: Path) -> Path:
    """Return the interpreter of a Python environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _install_python(sdk: Sdk, folder: Path) -> None:
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    wanted = [f"{_PACKAGES[sdk.kind]}=={sdk.version}", *sdk.companions]
    # The table is the whole truth: what it does not name is not installed, so that nothing changes by itself.
    _do([str(python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *wanted])
    _do([str(python(folder)), "-m", "pip", "check", "--disable-pip-version-check"])


def _install_node(sdk: Sdk, folder: Path) -> None:
    package = {
        "private": True,
        "dependencies": {_PACKAGES[sdk.kind]: sdk.version},
        "overrides": dict(one.rsplit("@", 1) for one in sdk.companions),
    }
    (folder / "package.json").write_text(json.dumps(package))
    _do(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], folder)


def _do(command: Sequence[str], where: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstalledError(f"no end of {' '.join(command[:4])} within {_PATIENCE} seconds") from None
    if done.returncode:
        raise NotInstalledError(f"{' '.join(command[:4])}: {(done.stdout + done.stderr).strip()[-600:]}")
