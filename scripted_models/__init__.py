"""Scripted models: what a model says, calls and finds, written as YAML scenarios or in Python.

The words of a script are plain values and come at once; everything that needs a reader, a template engine or a
validator is imported when it is first used, so that ``import scripted_models`` costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

from emulator.domain.actions import (
    Action,
    AllUsed,
    Call,
    Calls,
    Check,
    CodeResult,
    Expire,
    Fail,
    Goto,
    Hits,
    Hold,
    Incomplete,
    Outputs,
    Refuse,
    Remember,
    RunCode,
    Said,
    Say,
    SearchFiles,
    Stream,
    Used,
    UseTool,
    UseTools,
    Wait,
)
from emulator.domain.ports import Backend, LoadedScripts, ScriptError, ScriptSource, Turn, UnmatchedError, Usage
from emulator.domain.view import ContextMessage, ModelView

if TYPE_CHECKING:
    from scripted_models.context import Context
    from scripted_models.echo import Echo
    from scripted_models.exercise import Exercise
    from scripted_models.files import load_file, load_python, load_scenario
    from scripted_models.linter import lint
    from scripted_models.loader import load
    from scripted_models.problems import Problem, ProblemsError
    from scripted_models.rules import Rule
    from scripted_models.scenario_schema import schema
    from scripted_models.scenarios import Scenario, Together
    from scripted_models.script import Script
    from scripted_models.wrappers import Chatty, Flaky, Slow
    from scripted_models.writing import verbatim, write

_LAZY = {
    "Chatty": "wrappers",
    "Context": "context",
    "Echo": "echo",
    "Exercise": "exercise",
    "Flaky": "wrappers",
    "Problem": "problems",
    "ProblemsError": "problems",
    "Rule": "rules",
    "Scenario": "scenarios",
    "Script": "script",
    "Slow": "wrappers",
    "Together": "scenarios",
    "lint": "linter",
    "load": "loader",
    "load_file": "files",
    "load_python": "files",
    "load_scenario": "files",
    "schema": "scenario_schema",
    "verbatim": "writing",
    "write": "writing",
}

__all__ = [
    "Action",
    "AllUsed",
    "Backend",
    "Call",
    "Calls",
    "Chatty",
    "Check",
    "CodeResult",
    "Context",
    "ContextMessage",
    "Echo",
    "Exercise",
    "Expire",
    "Fail",
    "Flaky",
    "Goto",
    "Hits",
    "Hold",
    "Incomplete",
    "LoadedScripts",
    "ModelView",
    "Outputs",
    "Problem",
    "ProblemsError",
    "Refuse",
    "Remember",
    "Rule",
    "RunCode",
    "Said",
    "Say",
    "Scenario",
    "Script",
    "ScriptError",
    "ScriptSource",
    "SearchFiles",
    "Slow",
    "Stream",
    "Together",
    "Turn",
    "UnmatchedError",
    "Usage",
    "UseTool",
    "UseTools",
    "Used",
    "Wait",
    "lint",
    "load",
    "load_file",
    "load_python",
    "load_scenario",
    "schema",
    "verbatim",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import what is used, when it is used."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the lazy names too."""
    return sorted({*globals(), *__all__})
