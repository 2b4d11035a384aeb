"""Tokens: what a script says, split over the steps, or an estimate.

The estimate bills the whole context again in every step.
"""

from collections.abc import Mapping
from typing import Any

from emulator.domain.ports import Usage
from emulator.domain.tokens import estimate, estimated_prompt
from emulator.domain.view import ModelView
from emulator.wire.runs import usage


class UsageMeter:
    """Counts one run. scripted: the turn's usage, shared out so that the steps sum to it."""

    def __init__(self, view: ModelView, scripted: Usage | None) -> None:
        self._scripted = scripted
        self._seen = estimated_prompt(view)
        self.begin()

    def begin(self) -> None:
        """Count from nothing."""
        self._left = self._scripted
        self._context = self._seen
        self.prompt = 0
        self.completion = 0

    def add(self, prompt_tokens: int, completion_tokens: int) -> dict[str, Any]:
        """Count tokens and return them as the wire shows them."""
        self.prompt += prompt_tokens
        self.completion += completion_tokens
        return usage(prompt_tokens, completion_tokens)

    def step(self, text: str, *, last: bool) -> dict[str, Any]:
        """Return the usage of a step that wrote ``text``. last: no step follows, so it takes what is left."""
        written = estimate(text)
        if self._left is None:
            self._context += written
            return self.add(self._context - written, written)
        left = self._left
        # Nobody knows how many steps a script still has: each but the last takes half of what is left.
        share = left if last else Usage(left.prompt_tokens // 2, left.completion_tokens // 2)
        self._left = Usage(left.prompt_tokens - share.prompt_tokens, left.completion_tokens - share.completion_tokens)
        return self.add(share.prompt_tokens, share.completion_tokens)

    def recall(self, spent: Mapping[str, int]) -> None:
        """Count the usage of a step that was closed before a restart."""
        prompt_tokens, completion_tokens = spent["prompt_tokens"], spent["completion_tokens"]
        self.add(prompt_tokens, completion_tokens)
        self._context += completion_tokens
        if self._left is not None:
            left = self._left
            self._left = Usage(left.prompt_tokens - prompt_tokens, left.completion_tokens - completion_tokens)

    def total(self) -> dict[str, Any]:
        """Return the usage of the run: the sum of its steps, or the script's if no step was there to take it."""
        if self._left is not None:
            self.add(self._left.prompt_tokens, self._left.completion_tokens)
            self._left = None
        return usage(self.prompt, self.completion)
