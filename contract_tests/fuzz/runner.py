"""One run of schemathesis against a fresh server."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from contract_tests.fuzz.fixtures import KEY, CyclingBackend, create_families
from emulator import LiveServer, Settings

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """The result of a run. failures: one line each; text: the output of schemathesis."""

    operations: int
    cases: int
    failures: list[str]
    complete: bool
    text: str


def fuzz(*, examples, seed=1, phases="coverage,fuzzing,stateful", only=None):
    """Fuzz a fresh server. examples: requests per operation, in addition to the systematic ones."""
    settings = Settings(backend=CyclingBackend(), api_keys=frozenset({KEY}), clock="auto")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name, LiveServer(settings) as server:
        folder = Path(name)
        (folder / "families.json").write_text(json.dumps(create_families(server.base_url)))
        (folder / "schemathesis.toml").write_text(configuration(folder / "report.json", examples))
        process = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "schemathesis.toml")),
                *("run", f"{server.url}/openapi.json", "--header", f"Authorization: Bearer {KEY}"),
                *("--phases", phases, "--seed", str(seed)),
                *(["--include-operation-id", only] if only else []),
            ],
            cwd=folder,
            env=_environment(folder / "families.json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return outcome(folder / "report.json", process.stdout.decode())


def configuration(report, examples):
    """Return schemathesis' configuration."""
    lines = [
        'hooks = "contract_tests.fuzz.checks"',
        "continue-on-failure = true",
        "request-timeout = 20",
        "color = false",
        "[output.sanitization]\nenabled = false",
        "[cache]\nenabled = false",
        "[reports.json]\nenabled = true",
        f"path = {json.dumps(str(report))}",
        # The database of hypothesis would make two runs differ.
        f'[generation]\ndatabase = "none"\nallow-x00 = true\nmax-examples = {examples}',
        # The document's own links cover every operation; inferred ones are wrong.
        "[phases.stateful]\nmax-steps = 8\ninference.algorithms = []",
        f"[phases.stateful.generation]\nmax-examples = {5 * examples}",
        "[checks.positive_data_acceptance]\nenabled = false",
        # Other methods on these paths belong to a thread called "runs" or a response called "input_tokens", so the Allow
        # header is correct.
        '[[operations]]\ninclude-operation-id = "runs.create_with_thread"',
        "checks.allow_header_conformance.enabled = false",
        '[[operations]]\ninclude-operation-id = "response_inputs.input_tokens"',
        "checks.allow_header_conformance.enabled = false",
    ]
    return "\n".join(lines) + "\n"


def outcome(report, text):
    """Return the outcome that a report describes."""
    if not report.exists():
        return Outcome(0, 0, ["schemathesis did not run"], complete=False, text=text)
    data = json.loads(report.read_text())
    failures = [f"{kind['title']}: {', '.join(map(str, kind['operations']))}" for kind in data["failures"]]
    failures += [str(error) for error in data["errors"]]
    return Outcome(data["operations"]["tested"], data["test_cases"]["generated"], failures, data["complete"], text)


def _environment(families):
    """Return an environment in which no proxy leads away from this machine."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**inherited, "NO_PROXY": "*", "PYTHONPATH": str(ROOT), "FUZZ_FAMILIES": str(families)}
