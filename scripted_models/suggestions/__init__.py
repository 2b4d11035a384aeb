"""Texts of a recorded turn that say what its tools answered, as templates that say what they answer today."""

from scripted_models.suggestions.scenarios import SuggestedScenario, suggest_all
from scripted_models.suggestions.specs import of_today
from scripted_models.suggestions.turns import Suggested, suggest

__all__ = ["Suggested", "SuggestedScenario", "of_today", "suggest", "suggest_all"]
