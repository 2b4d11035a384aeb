"""Conversations in process beside those of openai-responses, which mocks the client's HTTP library.

Both sides run in one process with the same client. The environment for it is made once, below ``.matrix/``. That
library plays no runs: they stay `queued`, and have no steps.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import HERE, ROOT, environment

_MOCKS: Final = "openai-responses==0.13.1"
_BLOCK: Final = 10
# Seconds for an installation from a registry.
_PATIENCE: Final = 600


def beside_mocks(inputs: Material, blocks: int) -> list[Figure]:
    """Measure a conversation in process over one with mocks. Raises RuntimeError if these cannot be installed."""
    with _asking(_python(), inputs.script) as ask:
        sides = [lambda: ask("emulator"), lambda: ask("mocks")]
        in_turn(sides, 5)
        ours, theirs = in_turn(sides, blocks * _BLOCK)
    what = f"conversation in process, over {_MOCKS.partition('==')[0]}"
    return [compare(what, "ms", ours, theirs, aim="< 1", block=_BLOCK, scale=1e3)]


class _Asking:
    """A process that holds a conversation each time it is asked, and answers how many seconds that took."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, side: str) -> float:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self._process.stdin.write(f"{side}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process ended with {self._process.wait()}")
        return float(answer)


@contextlib.contextmanager
def _asking(python: Path, script: Path) -> Iterator[_Asking]:
    command = [python, HERE / "mocked_talk.py", script]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield _Asking(process)
        if process.stdin is not None:
            process.stdin.close()


def _python() -> Path:
    """Return the interpreter of an environment with the mocks, their client, and this checkout."""
    folder = ROOT / ".matrix" / _MOCKS.replace("==", "-")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    constraints = [
        line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("openai")
    ]
    recipe = hashlib.sha256("\n".join((_MOCKS, sys.version, *constraints)).encode()).hexdigest()
    stamp = folder / ".recipe"
    if not stamp.is_file() or stamp.read_text() != recipe:
        venv.create(folder, clear=True, with_pip=True, symlinks=os.name != "nt")
        (folder / "constraints.txt").write_text("\n".join(constraints))
        command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--constraint", folder / "constraints.txt", _MOCKS, "--editable", ROOT]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            raise RuntimeError(f"{_MOCKS} cannot be installed: {done.stderr.strip()[-300:]}")
        stamp.write_text(recipe)
    return python
