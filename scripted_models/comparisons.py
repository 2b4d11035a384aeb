"""Compares all turns with a run, as they are selected, and plays none of them."""

from collections.abc import Iterable

from emulator.domain.explanations import Comparison, Difference, Explanation
from emulator.domain.view import ModelView
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime, SlowExpressionError
from scripted_models.selection import Candidate, in_order, unmatched


def explain(candidates: Iterable[Candidate], view: ModelView) -> Explanation:
    """Return which turn `emulator.domain.ports.Backend.turn` would begin, and how each compares with the run."""
    limit = SearchTime()
    tried = []
    comparisons: list[Comparison] = []
    chosen: tuple[Candidate, str | None] | None = None
    for candidate in in_order(candidates):
        about = (candidate.name, candidate.scope.script)
        try:
            result = candidate.match(view, limit)
        except SlowExpressionError as error:
            comparisons.append(Comparison(*about, (Difference("when", "an answer in time", str(error)),)))
            if chosen is None:  # no later turn answers instead
                chosen = candidate, f"[emulator] turn {brief(candidate.name)}: {error}"
            continue
        differences = tuple(Difference(miss.field, miss.expected, miss.got) for miss in result.misses)
        comparisons.append(Comparison(*about, differences, used_up=any(one.field == "uses" for one in differences)))
        tried.append((candidate, result))
        if chosen is None and not differences:
            chosen = candidate, None
    if chosen is None:
        return Explanation(turns=comparisons, message=unmatched(tried, view, http_error=False).message)
    candidate, message = chosen
    return Explanation(candidate.name, candidate.scope.script, candidate.place(), comparisons, message)
