"""When two definitions of a tool, a choice among tools, or a format count as equal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import strict_schemas
from emulator.domain.parity.flat import nested_choice, nested_format, nested_tool
from emulator.domain.parity.sides import Values, same, without_nulls

# Documented of both APIs: the options of a search where nothing is said; `auto` is shown as one of the others.
_RANKERS: Final = (None, "auto", "default_2024_08_21", "default-2024-08-21")
_RESULTS: Final = 20


def are_tools_laid_flat(values: Values) -> bool:
    """Return whether one function is the other one without an object of its own."""
    return same(nested_tool(values.before), nested_tool(values.after))


def are_choices_laid_flat(values: Values) -> bool:
    """Return whether one choice is the other one without an object of its own."""
    return same(nested_choice(values.before), nested_choice(values.after))


def are_formats_laid_flat(values: Values) -> bool:
    """Return whether one format is the other one without an object of its own."""
    return same(nested_format(values.before), nested_format(values.after))


def have_no_parameters(values: Values) -> bool:
    """Return whether neither function takes anything."""
    return all(_is_without_properties(value) for value in (values.before, values.after))


def _is_without_properties(value: Any) -> bool:
    if not value:
        return True
    known = {"type", "properties", "required", "additionalProperties"}
    return isinstance(value, Mapping) and value.keys() <= known and not value.get("properties")


# --- strict -----------------------------------------------------------------------------------------------------------


def is_strict_by_default(values: Values) -> bool:
    """Return whether Responses take a function as strict that Assistants did not: its schema is compared by itself."""
    if not values.crosses:
        return False
    assistants, responses = values.by_api
    return not assistants and responses is True


def is_schema_made_strict(values: Values) -> bool:
    """Return whether the schema of Responses is what the service makes of the other one, and requires no more."""
    if not values.crosses:
        return False
    assistants, responses = values.by_api
    if not isinstance(assistants, Mapping | None) or needed_now(assistants, responses):
        return False
    return same(_strict(assistants), responses)


def needed_now(before: Any, after: Any) -> list[str]:
    """Return the properties, as paths, that one schema lets out and the other one requires."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return []
    old, new = (_mapping(one.get("properties")) for one in (before, after))
    needed, needed_before = (_list(one.get("required")) for one in (after, before))
    found = [name for name in needed if isinstance(name, str) and name in old and name not in needed_before]
    below = [f"{name}.{path}" for name in old if name in new for path in needed_now(old[name], new[name])]
    return [*found, *below, *(f"[].{path}" for path in needed_now(before.get("items"), after.get("items")))]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def is_format_made_strict(values: Values) -> bool:
    """Return whether the format of Responses is what the service makes of the one of Assistants."""
    if not values.crosses:
        return False
    old, new = (without_nulls(nested_format(value)) for value in values.by_api)
    if not (_has_schema(old) and _has_schema(new)):
        return False
    about = {"strict": False, **old["json_schema"]}
    if not about["strict"] and new["json_schema"].get("strict"):
        about = {**about, "schema": _strict(about["schema"]), "strict": True}
    return same(about, {"strict": False, **new["json_schema"]})


def _has_schema(format: Any) -> bool:  # noqa: A002
    about = format.get("json_schema") if isinstance(format, Mapping) else None
    return isinstance(about, Mapping) and isinstance(about.get("schema"), Mapping)


def _strict(schema: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return strict_schemas.shown(schema, strict=None)[0]


# --- defaults ---------------------------------------------------------------------------------------------------------


def are_choices_left(values: Values) -> bool:
    """Return whether both leave it to the model whether to call."""
    return all(value in (None, "auto") for value in (values.before, values.after))


def is_forced_once(values: Values) -> bool:
    """Return whether a later request of a turn leaves it to the model whether to call, unlike the first."""
    if not (values.crosses and values.is_later):
        return False
    assistants, responses = values.by_api
    return responses == "auto" and assistants not in (None, "auto", "none")


def are_plain_formats(values: Values) -> bool:
    """Return whether both leave the model free in what it writes."""
    return all(map(_is_plain, (values.before, values.after)))


def _is_plain(value: Any) -> bool:
    return value in (None, "auto", "text") or (isinstance(value, Mapping) and value.get("type") == "text")


def have_as_many_results(values: Values) -> bool:
    """Return whether two searches find as many results where one does not say how many."""
    return {values.before, values.after} == {None, _RESULTS}


def rank_alike(values: Values) -> bool:
    """Return whether two options of ranking come to the same defaults."""
    return same(_ranking(values.before), _ranking(values.after))


def _ranking(value: Any) -> Any:
    about = {"ranker": None, "score_threshold": 0, **(without_nulls(value) if isinstance(value, Mapping) else {})}
    return {**about, "ranker": None if about["ranker"] in _RANKERS else about["ranker"]}
