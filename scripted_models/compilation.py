"""What it may cost to compile all templates and regular expressions of the scripts that are read together."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from scripted_models.template_limits import LimitError

# Some ten seconds, or more than twenty thousand templates such as "Hello {{ message }}", all of them different.
MAX_STEPS: Final = 20_000_000


class _Budget:
    """The steps that are left, and the texts that are paid."""

    __slots__ = ("most", "paid", "steps")

    def __init__(self, steps: int) -> None:
        self.steps = self.most = steps
        self.paid: set[Hashable] = set()


_budget: ContextVar[_Budget | None] = ContextVar("compilation", default=None)


@contextmanager
def one_budget(steps: int) -> Iterator[None]:
    """Let everything that is compiled meanwhile share a budget."""
    token = _budget.set(_Budget(steps))
    try:
        yield
    finally:
        _budget.reset(token)


def pay(text: Hashable, steps: int) -> bool:
    """Pay for a text before it is compiled, once, and also where it is known: so scripts load or fail always alike.

    Returns whether there is a budget at all. Raises `LimitError` from the first text on that costs too much.
    """
    budget = _budget.get()
    if budget is None:
        return False
    if text not in budget.paid:
        budget.steps -= steps
        check()
        budget.paid.add(text)
    return True


def check() -> None:
    """Raise `LimitError` where the budget is used up."""
    budget = _budget.get()
    if budget is not None and budget.steps < 0:
        message = f"to compile the templates and regular expressions takes more than {budget.most:,} steps together"
        raise LimitError(message)
