"""The grammar of scenario files, written once: loader, linter and the editors' schema all come from it."""

from scripted_models.grammar.explain import parse
from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec

__all__ = ["ScenarioSpec", "TurnSpec", "parse"]
