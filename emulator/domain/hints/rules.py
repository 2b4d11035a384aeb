"""All that hints are found by, in the requests and the runs of a namespace."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from emulator.domain.hints.kinds import Hint
from emulator.domain.hints.lists import lists
from emulator.domain.hints.oddities import oddities
from emulator.domain.hints.polls import polls
from emulator.domain.hints.ports import ports
from emulator.domain.hints.statuses import statuses
from emulator.domain.hints.trace import Trace
from emulator.domain.hints.urls import urls

Rule = Callable[[Trace], Iterable[Hint]]
RULES: Final[tuple[Rule, ...]] = (urls, statuses, polls, lists, oddities, ports)


def hints_in(trace: Trace) -> Iterator[Hint]:
    """Return all hints of a trace, rule by rule."""
    return chain.from_iterable(rule(trace) for rule in RULES)
