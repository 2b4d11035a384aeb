"""When two settings of a request, two ends of a turn, or two pairs of metadata count as equal."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain import models
from emulator.domain.parity.sides import Side, Values, same, without_nulls


def always(_values: Values) -> bool:
    """Return that two values count as equal, whatever they are."""
    return True


def across_apis(values: Values) -> bool:
    """Return whether the values are of two APIs."""
    return values.crosses


def are_both_nothing(values: Values) -> bool:
    """Return whether two values differ by nothing but what is null, absent or empty."""
    before, after = values.before, values.after
    return (_is_nothing(before) and _is_nothing(after)) or same(without_nulls(before), without_nulls(after))


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str | Mapping | Sequence) and not value)


def are_aliases(values: Values) -> bool:
    """Return whether two names of models stand for the same snapshot."""
    return models.snapshot(str(values.before)) == models.snapshot(str(values.after))


def are_default_temperatures(values: Values) -> bool:
    """Return whether neither side sets a temperature."""
    return all(value in (None, 1.0) for value in (values.before, values.after))


def are_default_top_ps(values: Values) -> bool:
    """Return whether neither side sets top_p, for which some models of Responses have a default of their own."""
    return all(
        value in (None, 1.0) or (side.api == "responses" and value == models.top_p(_model(side)))
        for value, side in values.of_each_side
    )


def are_default_efforts(values: Values) -> bool:
    """Return whether neither side says how much the model is to reason."""
    return all(value in (None, models.effort(_model(side))) for value, side in values.of_each_side)


def _model(side: Side) -> str:
    return "" if side.saw is None else side.saw.model


def are_parallel(values: Values) -> bool:
    """Return whether both sides let the model call several functions at once."""
    return all(value in (None, True) for value in (values.before, values.after))


def is_kept_elsewhere(values: Values) -> bool:
    """Return whether a pair of a run or its thread is one of the response or its conversation, too."""
    if not values.crosses:
        return False
    key = values.field.partition(".")[2]
    saws = [side.saw for side in (values.old, values.new) if side.saw is not None]
    kept = [{one[key] for one in (saw.metadata, saw.dialogue_metadata) if key in one} for saw in saws]
    return len(kept) == len(saws) > 1 and kept[0] == kept[1]


def are_reasons_renamed(values: Values) -> bool:
    """Return whether a text ended because it was too long, in the words of either API."""
    return {values.before, values.after} == {"max_completion_tokens", "max_output_tokens"}


def is_not_shown_by_assistants(values: Values) -> bool:
    """Return whether Assistants do not show what Responses do."""
    return values.crosses and not values.by_api[0]


def hold_the_same(values: Values) -> bool:
    """Return whether two lists have the same values, in whatever order and however often."""
    return set(values.before) == set(values.after)
