"""Trials: the program of a loop meets one thing that goes wrong, on a namespace of its own."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contract_tests.matrix.environments import python
from contract_tests.matrix.loops.cases import ANSWER, Case
from contract_tests.matrix.loops.libraries import Loop
from contract_tests.matrix.loops.programs.asked import QUESTION
from emulator import LiveServer, Namespace

PROGRAMS: Final = Path(__file__).parent / "programs"
# Seconds; a program that takes longer hangs.
_PATIENCE: Final = 60
_ANSWERS: Final = "answers"
# Settings of the machine's environment that would lead a program elsewhere, or have it say more than it should.
_REMOVED: Final = ("_proxy", "openai_", "azure_", "langchain_", "langsmith_", "pythonpath")


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a trial. did: what the program did in the end; findings: of the verdict, by severity and kind;
    hints: of the report. met: whether the fault hit; log: the requests, for whoever wonders.
    """

    loop: Loop
    case: Case
    did: str
    findings: tuple[tuple[str, str], ...]
    hints: tuple[str, ...]
    met: bool
    log: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether the program answers, and nothing is found."""
        return self.did == _ANSWERS and not self.findings and not self.hints


def trial(server: LiveServer, loop: Loop, home: Path, case: Case) -> Trial:
    """Return what came of a program that meets one thing that goes wrong."""
    ns = server.namespace(f"{loop.name} {case.name}")
    call = {"call": loop.function, "args": {"place": "pier"}}
    ns.load({"emulator": 1, "turns": [{"steps": [call, *case.end]}]})
    if case.do:
        _add_fault(ns, case)
    did = _did(loop, home, ns, case)
    met = all(fault["hits"] for fault in ns.faults)
    findings = tuple(dict.fromkeys((one.severity, one.kind) for one in ns.verdict().findings))
    hints = tuple(dict.fromkeys(str(hint["kind"]) for hint in ns.report().hints))
    log = tuple(f"{one['method']} {one['path']} {one['status']} {one['fault'] or ''}" for one in _requests(ns))
    return Trial(loop, case, did, findings, hints, met, (*log, *map(str, ns.verdict().findings)))


def _add_fault(ns: Namespace, case: Case) -> None:
    method, path = case.where
    how_often = {} if case.times is None else {"times": case.times}
    ns.control.ask("POST", "/faults", {"match": {"method": method, "path": path}, "do": case.do, **how_often})


def _requests(ns: Namespace) -> Any:
    return ns.control.ask("GET", "/requests")["requests"]


def _did(loop: Loop, home: Path, ns: Namespace, case: Case) -> str:
    kept = {name: value for name, value in os.environ.items() if not any(one in name.lower() for one in _REMOVED)}
    ours = {
        "OPENAI_BASE_URL": ns.base_url,
        "OPENAI_API_KEY": ns.key,
        "LOOP_FUNCTION": "raises" if case.function_raises else "answers",
    }
    try:
        process = subprocess.run(
            [python(home), PROGRAMS / loop.program],
            env={**kept, **ours},
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    said = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]
    if process.returncode or not said:
        raise RuntimeError(f"{loop.program} failed: {process.stderr.strip()[-1500:]}")
    return _spelled(said[-1])


def _spelled(said: dict[str, str]) -> str:
    """Return what a program did with an answer, or an error, in some words."""
    if "error" in said:
        return f"`{said['error']}`"
    answer = said["answer"].strip()
    if answer == ANSWER:
        return _ANSWERS
    if answer == QUESTION:
        return "answers with the question"
    return f"answers with a part: “{answer}”" if answer else "answers with nothing"
