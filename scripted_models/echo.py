"""A model without a script: it repeats the user's own words."""

from collections.abc import Sequence
from typing import Final

from emulator.domain.actions import Action, Say
from emulator.domain.explanations import Explanation
from emulator.domain.view import ModelView

SILENCE: Final = "There is no text to repeat."


class Echo:
    """Repeats the last user message; without any text, says one fixed sentence."""

    def turn(self, view: ModelView) -> Sequence[Action]:
        """Answer with the text of the last user message."""
        return [Say(view.message or SILENCE)]

    def explain(self, view: ModelView) -> Explanation:  # noqa: ARG002 - it answers whatever comes
        """Return that it would answer."""
        return Explanation("echo")
