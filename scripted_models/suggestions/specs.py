"""Recorded turns that speak of today's outputs without anybody having changed their file."""

from collections.abc import Mapping

from scripted_models.documents import document_of
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.problems import Path
from scripted_models.suggestions.turns import suggest


def of_today(turn: TurnSpec) -> tuple[TurnSpec, Mapping[Path, str]]:
    """Return a turn with templates instead of recorded values, and what its texts were, by their paths in the turn."""
    suggested = suggest(document_of(turn))
    if not suggested.count:
        return turn, {}
    steps = TurnSpec.model_validate({"steps": suggested.turn["steps"]}).steps
    return turn.model_copy(update={"steps": steps}), suggested.texts
