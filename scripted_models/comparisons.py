"""Compares all turns with a run, as they are selected, and plays none of them."""

from collections.abc import Sequence
from typing import Final

from emulator.domain.explanations import Comparison, Difference, Explanation
from emulator.domain.view import ModelView
from scripted_models.candidates import Candidate
from scripted_models.chain_choice import NO_CHAIN, ChainChoice, choose
from scripted_models.chains import Chains
from scripted_models.matches import MatchResult
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime, SlowExpressionError
from scripted_models.selection import in_order, unmatched

# Of the turns of chains, of which there may be any number: those that are near.
_MOST_OF_CHAINS: Final = 20


def explain(candidates: Sequence[Candidate], chains: Sequence[Chains], view: ModelView) -> Explanation:
    """Return which turn `emulator.domain.ports.Backend.turn` would begin, and how each compares with the run."""
    comparing = _Comparing(view)
    ordered = in_order(candidates)
    above = sum(candidate.priority > 0 for candidate in ordered)
    for candidate in ordered[:above]:
        comparing.compare(candidate)
    of_chains = choose(chains, view, comparing.limit) if chains else NO_CHAIN
    comparing.take(of_chains)
    for candidate in ordered[above:]:
        comparing.compare(candidate, may_answer=not of_chains.is_final)
    if comparing.chosen is None:
        why = unmatched([*of_chains.tried, *comparing.tried], view).message
        return Explanation(turns=comparing.comparisons, message=why, is_final=of_chains.is_final)
    candidate, message = comparing.chosen
    return Explanation(candidate.name, candidate.scope.script, candidate.place(), comparing.comparisons, message)


class _Comparing:
    """Compares turns with a run, and notes the first one that would be played."""

    def __init__(self, view: ModelView) -> None:
        self.limit = SearchTime()
        self.comparisons: list[Comparison] = []
        self.tried: list[tuple[Candidate, MatchResult]] = []
        self.chosen: tuple[Candidate, str | None] | None = None
        self._view = view

    def compare(self, candidate: Candidate, *, may_answer: bool = True) -> None:
        try:
            result = candidate.match(self._view, self.limit)
        except SlowExpressionError as error:
            difference = Difference("when", "an answer in time", str(error))
            self.comparisons.append(Comparison(candidate.name, candidate.scope.script, (difference,)))
            if self.chosen is None:  # no later turn answers instead
                self.chosen = candidate, f"[emulator] turn {brief(candidate.name)}: {error}"
            return
        self.comparisons.append(_comparison(candidate, result))
        self.tried.append((candidate, result))
        if self.chosen is None and may_answer and not result.misses:
            self.chosen = candidate, None

    def take(self, choice: ChainChoice) -> None:
        """Note what chains say: the turn that they choose, and those that are near."""
        tried = choice.tried[:_MOST_OF_CHAINS]
        if choice.candidate is not None:
            self.comparisons.append(_comparison(choice.candidate, choice.result))
            self.chosen = self.chosen or (choice.candidate, choice.failure)
            tried = [one for one in tried if one[0].key != choice.candidate.key]
        self.comparisons += [_comparison(candidate, result) for candidate, result in tried]


def _comparison(candidate: Candidate, result: MatchResult) -> Comparison:
    differences = tuple(Difference(miss.field, miss.expected, miss.got) for miss in result.misses)
    is_used_up = any(one.field == "uses" for one in differences)
    return Comparison(candidate.name, candidate.scope.script, differences, used_up=is_used_up)
