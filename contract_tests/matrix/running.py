"""Runs the flows of one library against a server of its own, and counts what they tell."""

import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.request import Request, urlopen

from contract_tests.matrix.environments import LeftOutError, NotInstalledError, environment, python
from contract_tests.matrix.sdks import Sdk
from emulator import LiveServer

HERE: Final = Path(__file__).parent
# Seconds that all flows of one library may take.
_PATIENCE: Final = 180
# What a machine may say about the network holds for its registries, not for a server on this very machine.
_FOREIGN: Final = ("http_proxy", "https_proxy", "all_proxy", "openai_base_url", "openai_api_key", "pythonpath")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the flows of one library told. failed: the names and details. left_out: why they were not run."""

    sdk: Sdk
    checks: int = 0
    failed: tuple[str, ...] = ()
    seconds: float = 0.0
    left_out: str = ""


def run(sdk: Sdk, only: str = "") -> Outcome:
    """Go through the flows whose title holds ``only`` with one library."""
    try:
        home = environment(sdk)
    except LeftOutError as error:
        return Outcome(sdk, left_out=str(error))
    except NotInstalledError as error:
        return Outcome(sdk, failed=(f"not installed: {error}",))
    with _site(sdk, home) as told:
        surroundings = {name: value for name, value in os.environ.items() if name.lower() not in _FOREIGN}
        started = time.perf_counter()
        try:
            done = subprocess.run(
                [*_program(sdk, home), only],
                env={**surroundings, **told, "MATRIX_HOME": str(home)},
                capture_output=True,
                encoding="utf-8",
                timeout=_PATIENCE,
                check=False,
            )
            output, complaint = done.stdout, f"exit code {done.returncode}: {done.stderr}" if done.returncode else ""
        except subprocess.TimeoutExpired as late:
            told_so_far = late.stdout or b""
            output = told_so_far.decode() if isinstance(told_so_far, bytes) else told_so_far
            complaint = f"not at its end after {_PATIENCE} seconds"
        seconds = time.perf_counter() - started
    checks = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    failed = [f"{check['name']}: {check['detail']}" for check in checks if not check["ok"]]
    if complaint:
        failed.append(f"the program broke off: {complaint.strip()[-1500:]}")
    elif not checks and not only:
        failed.append("the program told nothing")
    return Outcome(sdk, len(checks), tuple(failed), seconds)


def _program(sdk: Sdk, home: Path) -> list[str]:
    if sdk.kind == "openai-node":
        return [shutil.which("node") or "node", str(HERE / "node" / "main.mjs")]
    return [str(python(home)), str(HERE / "python")]


@contextmanager
def _site(sdk: Sdk, home: Path) -> Iterator[Mapping[str, str]]:
    """Serve, and yield how the program finds its namespace. Azure's library speaks TLS only."""
    with TemporaryDirectory(prefix="matrix-") as name:
        pem = {}
        if sdk.kind == "azure-ai-agents":
            subprocess.run([python(home), HERE / "certificate.py", name], check=True)
            pem = {"certfile": f"{name}/certificate.pem", "keyfile": f"{name}/key.pem"}
        with LiveServer(**pem) as server:
            namespace = f"/ns/{sdk.kind}-{sdk.version}"
            trusted = ssl.create_default_context(cafile=pem["certfile"]) if pem else None
            for path, body in (
                (namespace, json.dumps({"clock": "auto"}).encode()),
                (f"{namespace}/scripts", (HERE / "scenario.yaml").read_bytes()),
            ):
                request = Request(server.control_url + path, body, {"Content-Type": "application/json"}, method="PUT")
                with urlopen(request, timeout=20, context=trusted) as answer:
                    answer.read()
            yield {
                "MATRIX_KIND": sdk.kind,
                "MATRIX_VERSION": sdk.version,
                "MATRIX_URL": server.url + namespace,
                "MATRIX_CONTROL": server.control_url + namespace,
                "MATRIX_CERTIFICATE": pem.get("certfile", ""),
            }
