"""Selects the turn that answers a run: by priority, then in order, among those that match and are not used up."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from emulator.domain.actions import Fail
from emulator.domain.ports import Turn, UnmatchedError
from emulator.domain.view import ModelView
from scripted_models.candidates import Candidate
from scripted_models.chain_choice import NO_CHAIN, ChainChoice, choose
from scripted_models.chains import Chains
from scripted_models.matches import MatchResult
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime, SlowExpressionError

NEAREST: Final = 3
MESSAGE_LENGTH: Final = 600
# Of those that miss least; how alike two texts are takes a fraction of a millisecond.
_MOST_COMPARED: Final = 200


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return turns in the order in which they are asked: by priority, then as they stand."""
    return sorted(candidates, key=lambda candidate: -candidate.priority)


def select(
    candidates: Sequence[Candidate], chains: Sequence[Chains], view: ModelView, *, http_error: bool = False
) -> Turn:
    """Begin the turn that answers a run; raise `UnmatchedError` where there is none.

    A turn with a priority above 0 comes before those of chains. Where it is played in place of the turn of a chain that
    is due, the thread moves on in its chain.
    """
    limit = SearchTime()  # of all turns: whoever writes many slow expressions holds up everybody else
    ordered = in_order(candidates)
    above = sum(candidate.priority > 0 for candidate in ordered)
    chosen = choose(chains, view, limit) if chains else NO_CHAIN
    tried: list[tuple[Candidate, MatchResult]] = []
    found = _first(ordered[:above], view, limit, tried)
    if found is not None:
        return replace(found, remember=chosen.remember) if chosen.is_exact else found
    if chosen.candidate is not None:
        return chosen.turn(view)
    found = None if chosen.is_final else _first(ordered[above:], view, limit, tried)
    if found is not None:
        return replace(found, drift=(*chosen.drift, *found.drift))
    raise unmatched([*chosen.tried, *tried], view, http_error=http_error, chosen=chosen)


def _first(
    candidates: Iterable[Candidate], view: ModelView, limit: SearchTime, tried: list[tuple[Candidate, MatchResult]]
) -> Turn | None:
    """Begin the first turn that matches; None where none does. tried: gets those that do not."""
    for candidate in candidates:
        try:
            result = candidate.match(view, limit)
        except SlowExpressionError as error:
            # Whether it matches is not known, so no later turn may answer instead.
            failure = Fail("server_error", f"[emulator] turn {brief(candidate.name)}: {error}")
            return Turn(actions=(action for action in (failure,)), name=candidate.name)
        if not result.misses:
            return candidate.turn(view, result.captures)
        tried.append((candidate, result))
    return None


def unmatched(
    tried: Sequence[tuple[Candidate, MatchResult]],
    view: ModelView,
    *,
    http_error: bool = False,
    chosen: ChainChoice = NO_CHAIN,
) -> UnmatchedError:
    """Return the error that names the nearest turns. chosen: what chains say to the run."""
    least = sorted(tried, key=lambda one: len(one[1].misses))[:_MOST_COMPARED]
    ranked = sorted(least, key=lambda one: (len(one[1].misses), -_likeness(one[0], view)))[:NEAREST]
    near = [
        {"turn": candidate.name, "script": candidate.scope.script, "field": result.misses[0].field,
         "expected": result.misses[0].expected, "got": result.misses[0].got}
        for candidate, result in ranked
    ]  # fmt: skip
    return UnmatchedError(
        unmatched_message(near), near, http_error=http_error, drift=chosen.drift, is_final=chosen.is_final
    )


def unmatched_message(near: Sequence[Mapping[str, Any]]) -> str:
    """Return the message about a run that no turn matches."""
    nearest = "; ".join(f"{one['turn']}: {one['field']} expected {one['expected']}, got {one['got']}" for one in near)
    text = f"[emulator] no scripted turn matches. nearest: {nearest or 'none, no turn is loaded'}"
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 1] + "…"


def _likeness(candidate: Candidate, view: ModelView) -> float:
    matcher = candidate.when.message if candidate.when else None
    expected = matcher and (matcher.equals or " ".join(matcher.contains or ()) or matcher.glob or matcher.regex)
    if not expected or not view.message:
        return 0.0
    return difflib.SequenceMatcher(None, expected[:200].lower(), view.message[:200].lower()).ratio()
