"""An estimate of tokens, four characters to each.

It is deterministic and nothing more: the service's own count of instructions, tools and found texts is not public.
"""

from typing import Final

from emulator.domain.view import ModelView

_CHARACTERS_PER_TOKEN: Final = 4


def estimate(text: str) -> int:
    """Return about how many tokens a text has; never 0 for a text."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def estimated_prompt(view: ModelView) -> int:
    """Return about how many tokens the model is given in the first step of a run: instructions and messages."""
    return estimate(view.instructions or "") + sum(estimate(message.text) for message in view.messages)
