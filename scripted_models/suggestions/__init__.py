"""Texts of a recorded turn that say what its tools answered, as templates that say what they answer today."""

from scripted_models.suggestions.specs import of_today
from scripted_models.suggestions.turns import Suggested, suggest

__all__ = ["Suggested", "of_today", "suggest"]
