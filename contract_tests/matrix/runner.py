"""Runs the flows of one library against its own server, and collects the results of their checks."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.request import Request, urlopen

from contract_tests.matrix.environments import ROOT, LeftOutError, NotInstalledError, environment, python, suite
from contract_tests.matrix.sdks import Sdk
from emulator import LiveServer

HERE: Final = Path(__file__).parent
# Seconds for all flows of one library.
_TIMEOUT: Final = 180
_EXEC: Final = (sys.executable, "-m", "emulator", "exec", "--script")
# The example suites: with the server of `exec`, and with one that a runner starts and finds by its ready file.
_RUNNERS: Final = tuple(("npm", "run", "--silent", name) for name in ("vitest", "jest", "node"))
_COMMANDS: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "examples/node": [(*_EXEC, "weather.yaml", "--", "node", "--test")],
    "examples/node-runners": [*((*_EXEC, "greeting.yaml", "--", *one) for one in _RUNNERS), *_RUNNERS],
}
# How the runners count: "# pass 2", and "Tests: 2 passed".
_PASSED: Final = re.compile(r"^\W*(?:pass (?P<node>\d+)$|Tests\W+(?P<other>\d+) passed)", re.MULTILINE)
# Settings of the machine's environment that must not affect a server on the same machine.
_REMOVED: Final = ("http_proxy", "https_proxy", "all_proxy", "openai_base_url", "openai_api_key", "pythonpath")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of one library. failed: names and details of the failed checks; left_out: why none were run."""

    sdk: Sdk
    checks: int = 0
    failed: tuple[str, ...] = ()
    seconds: float = 0.0
    left_out: str = ""


def run(sdk: Sdk, only: str = "") -> Outcome:
    """Run the flows whose title contains ``only`` with one library."""
    try:
        home = environment(sdk)
    except LeftOutError as error:
        return Outcome(sdk, left_out=str(error))
    except NotInstalledError as error:
        return Outcome(sdk, failed=(f"not installed: {error}",))
    with _server(sdk, home) as variables:
        inherited = {name: value for name, value in os.environ.items() if name.lower() not in _REMOVED}
        started = time.perf_counter()
        try:
            process = subprocess.run(
                [*_program(sdk, home), only],
                env={**inherited, **variables, "MATRIX_HOME": str(home)},
                capture_output=True,
                encoding="utf-8",
                timeout=_TIMEOUT,
                check=False,
            )
            output, failure = (
                process.stdout,
                f"exit code {process.returncode}: {process.stderr}" if process.returncode else "",
            )
        except subprocess.TimeoutExpired as timeout:
            partial_output = timeout.stdout or b""
            output = partial_output.decode() if isinstance(partial_output, bytes) else partial_output
            failure = f"not finished after {_TIMEOUT} seconds"
        seconds = time.perf_counter() - started
    checks = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    failed = [f"{check['name']}: {check['detail']}" for check in checks if not check["ok"]]
    if failure:
        failed.append(f"the program failed: {failure.strip()[-1500:]}")
    elif not checks and not only:
        failed.append("the program printed no checks")
    return Outcome(sdk, len(checks), tuple(failed), seconds)


def run_suite(sdk: Sdk) -> Outcome:
    """Run an example suite in Node as its readers do; exit codes say whether all is well."""
    try:
        home = suite(sdk)
    except LeftOutError as error:
        return Outcome(sdk, left_out=str(error))
    except NotInstalledError as error:
        return Outcome(sdk, failed=(f"not installed: {error}",))
    started = time.perf_counter()
    runs = [_run_suite(home, command) for command in _COMMANDS[sdk.kind]]
    failed = tuple(failure for _, failure in runs if failure)
    return Outcome(sdk, sum(passed for passed, _ in runs), failed, time.perf_counter() - started)


def _run_suite(home: Path, command: Sequence[str]) -> tuple[int, str]:
    """Return how many tests of a suite have passed, and what there is to read if one has not."""
    inherited = {name: value for name, value in os.environ.items() if name.lower() not in _REMOVED}
    # The command is found as after an installation.
    path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", "")])
    python_path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    found = {"PATH": path, "PYTHONPATH": python_path, "NODE_ENV": "test", "CI": "1", "NO_COLOR": "1"}
    try:
        process = subprocess.run(
            command,
            cwd=home,
            env={**inherited, **found},
            capture_output=True,
            encoding="utf-8",
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 0, f"{' '.join(command)}: not finished after {_TIMEOUT} seconds"
    output = process.stdout + process.stderr
    passed = _PASSED.search(output)
    if process.returncode or not passed:
        return 0, f"{' '.join(command)}: {output.strip()[-3000:]}"
    return int(passed["node"] or passed["other"]), ""


def _program(sdk: Sdk, home: Path) -> list[str]:
    if sdk.kind == "openai-node":
        return [shutil.which("node") or "node", str(HERE / "node" / "main.mjs")]
    return [str(python(home)), str(HERE / "python")]


@contextmanager
def _server(sdk: Sdk, home: Path) -> Iterator[Mapping[str, str]]:
    """Start a server, and yield the variables that lead the program to its namespace. Azure's library requires TLS."""
    with TemporaryDirectory(prefix="matrix-") as name:
        pem = {}
        if sdk.kind == "azure-ai-agents":
            subprocess.run([python(home), HERE / "certificate.py", name], check=True)
            pem = {"certfile": f"{name}/certificate.pem", "keyfile": f"{name}/key.pem"}
        with LiveServer(**pem) as server:
            namespace = f"/ns/{sdk.kind}-{sdk.version}"
            tls_context = ssl.create_default_context(cafile=pem["certfile"]) if pem else None
            for path, body in (
                (namespace, json.dumps({"clock": "auto"}).encode()),
                (f"{namespace}/scripts", (HERE / "scenario.yaml").read_bytes()),
            ):
                request = Request(server.control_url + path, body, {"Content-Type": "application/json"}, method="PUT")
                with urlopen(request, timeout=20, context=tls_context) as answer:
                    answer.read()
            yield {
                "MATRIX_KIND": sdk.kind,
                "MATRIX_VERSION": sdk.version,
                "MATRIX_URL": server.url + namespace,
                "MATRIX_CONTROL": server.control_url + namespace,
                "MATRIX_CERTIFICATE": pem.get("certfile", ""),
            }
