"""Answers with the user's own words: a model that needs no script."""

from collections.abc import Sequence
from typing import Final

from emulator.domain.actions import Action, Say
from emulator.domain.view import ModelView

SILENCE: Final = "There is no text to repeat."


class Echo:
    """Says what the last user message said; without any text, one fixed sentence."""

    def turn(self, view: ModelView) -> Sequence[Action]:
        """Answer with the text of the last user message."""
        return [Say(view.message or SILENCE)]
