"""The grammar of scenario files, written once: loader, linter and the editors' schema all come from it."""

from scripted_models.grammar.explain import parse
from scripted_models.grammar.scenario import Scenario, TurnSpec

__all__ = ["Scenario", "TurnSpec", "parse"]
