"""The filters and tests of templates: Jinja's own, each at its price, and those that scripts need beside them."""

import functools
import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import markupsafe
from jinja2.environment import Environment
from jinja2.filters import ignore_case, make_attrgetter
from jinja2.utils import pass_environment

from scripted_models import template_operators
from scripted_models.template_limits import (
    LimitError,
    bounded_items,
    bounded_text,
    key,
    made,
    measure,
    pay,
    search,
    touch,
)

_Call = Callable[..., Any]

# Filters that depend on chance, or that write HTML.
_DROPPED: Final = frozenset({"random", "pprint", "urlize", "xmlattr"})
# Filters that look at no more than the ends of a value, and tests that look at no more than its kind.
_CONSTANT_FILTERS: Final = frozenset({"count", "d", "default", "first", "last", "length"})
_CONSTANT_TESTS: Final = frozenset(
    {"boolean", "callable", "defined", "false", "float", "integer", "iterable", "mapping", "none", "number", "sameas",
     "sequence", "string", "true", "undefined"}
)  # fmt: skip
# How many times they go through their values, roughly, or how slowly.
_SORTING: Final = frozenset({"dictsort", "groupby", "sort"})
_SLOW: Final = frozenset({"filesizeformat", "json", "data", "striptags", "string", "title", "tojson", "wordcount"})
_STEPS_OF_LIST: Final = 4
_LONGEST_WRAPPED: Final = 10_000
_MOST_DIGITS: Final = 1000
_SORTED_TIMES: Final = 20  # the logarithm of the most items


def script_filters(jinja: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that scripts may use, made from Jinja's own."""
    chosen = {name: call for name, call in jinja.items() if name not in _DROPPED}
    own: dict[str, _Call] = {
        "data": _data, "e": _escape, "escape": _escape, "first_line": _first_line, "forceescape": _escape,
        "format": _format, "join": _join, "json": _json, "replace": template_operators.replace, "safe": str,
        "striptags": _striptags, "sum": _sum, "tojson": _tojson, "unique": _unique,
    }  # fmt: skip
    checks: dict[str, _Call] = {
        "batch": _check_batch, "center": _check_center, "indent": _check_indent, "round": _check_round,
        "slice": _check_slice, "trim": _check_trim, "wordwrap": _check_wordwrap,
    }  # fmt: skip
    return {
        name: _constant(call) if name in _CONSTANT_FILTERS else _metered(call, checks.get(name), _times(name))
        for name, call in (chosen | own).items()
    }


def script_tests(jinja: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tests that scripts may use, made from Jinja's own."""
    return {
        name: _constant(call) if name in _CONSTANT_TESTS else _metered(call, _check_in if name == "in" else None)
        for name, call in jinja.items()
    }


def _times(name: str) -> int:
    return _SORTED_TIMES if name in _SORTING else 5 if name in _SLOW else 0


def _constant(call: _Call) -> _Call:
    @functools.wraps(call)
    def metered(*args: Any, **kwargs: Any) -> Any:
        pay()
        return call(*args, **kwargs)

    return metered


def _metered(call: _Call, check: _Call | None = None, times: int = 0) -> _Call:
    """Return a filter or test that pays for its arguments before and for its result after.

    check: of its numbers. times: how often it goes through its arguments beyond once.
    """
    internal = int(hasattr(call, "jinja_pass_arg"))  # the environment, say, which comes first and has no price

    @functools.wraps(call)
    def metered(*args: Any, **kwargs: Any) -> Any:
        given = args[internal:]
        touch(*given, *kwargs.values())
        if times:
            pay(times * sum(measure(value).price for value in given))
        if check is not None:
            check(*given, **kwargs)
        result = call(*args, **kwargs)
        # Jinja's iterators would do their work later, and show an address where they are written.
        return made(list(result) if isinstance(result, Iterator) else result)

    return metered


def _check_batch(value: Any, linecount: int, fill_with: Any = None) -> None:  # noqa: ARG001 - as the filter
    bounded_items(linecount)
    _pay_for_lists(measure(value).items // max(linecount, 1))


def _check_slice(_value: Any, slices: int, fill_with: Any = None) -> None:  # noqa: ARG001 - as the filter
    _pay_for_lists(slices)


def _pay_for_lists(lists: int) -> None:
    bounded_items(lists)
    pay(_STEPS_OF_LIST * max(lists, 0))


def _check_center(_value: Any, width: int = 80) -> None:
    bounded_text(width)


def _check_indent(value: Any, width: int | str = 4, *_args: Any, **_kwargs: Any) -> None:
    text = str(value)
    bounded_text(len(text) + (len(text.splitlines()) + 1) * (len(width) if isinstance(width, str) else width))


def _check_round(_value: Any, precision: int = 0, method: str = "common") -> None:  # noqa: ARG001 - as the filter
    if abs(precision) > _MOST_DIGITS:
        raise LimitError(f"round takes at most {_MOST_DIGITS:,} digits")


def _check_trim(value: Any, chars: str | None = None) -> None:
    search(value, chars, backwards=True)


def _check_wordwrap(value: Any, *_args: Any, **_kwargs: Any) -> None:
    length = len(str(value))
    if length > _LONGEST_WRAPPED:
        raise LimitError(f"wordwrap takes at most {_LONGEST_WRAPPED:,} characters")
    pay(length)  # long words are cut again for each line


def _check_in(value: Any, sequence: Any) -> None:
    search(sequence, value)


@pass_environment
def _join(environment: Environment, items: Iterable[Any], d: Any = "", attribute: str | int | None = None) -> str:
    get = make_attrgetter(environment, attribute)
    return template_operators.join(str(d), [get(item) for item in items])


@pass_environment
def _sum(environment: Environment, iterable: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    get = make_attrgetter(environment, attribute)
    total = start
    for item in iterable:
        total = template_operators.calculate("+", total, get(item))
    return total


@pass_environment
def _unique(
    environment: Environment,
    value: Iterable[Any],
    case_sensitive: bool = False,  # noqa: FBT001, FBT002 - as Jinja's
    attribute: str | int | None = None,
) -> list[Any]:
    """Return each value once. Tuples are told apart by their text, because anybody can make their hashes collide."""
    get = make_attrgetter(environment, attribute, postprocess=None if case_sensitive else ignore_case)
    found: dict[Any, Any] = {}
    for item in value:
        part = get(item)
        found.setdefault(("tuple", repr(part)) if isinstance(part, tuple) else key(part), item)
    return list(found.values())


def _format(value: Any, *args: Any, **kwargs: Any) -> str:
    values = args[0] if len(args) == 1 and isinstance(args[0], tuple | Mapping) else args
    return template_operators.format_text(str(value), kwargs or values)


def _escape(value: Any) -> str:
    return str(markupsafe.escape(str(value)))


def _striptags(value: Any) -> str:
    """Return a text without comments and tags, its white space made single, its entities resolved."""
    pay(str(value).count("&"))
    plain = _without(_without(str(value), "<!--", "-->"), "<", ">")
    return html.unescape(" ".join(plain.split()))


def _without(text: str, opening: str, closing: str) -> str:
    """Return a text without what stands between two marks, in one pass."""
    parts, place = [], 0
    while (start := text.find(opening, place)) >= 0 and (end := text.find(closing, start)) >= 0:
        parts.append(text[place:start])
        place = end + len(closing)
    return "".join((*parts, text[place:]))


def _tojson(value: Any, indent: int | None = None) -> str:
    """Write JSON as the API would, not as HTML needs it."""
    size, width = measure(value), min(indent, 8) if indent else 0
    bounded_text(size.characters + size.items * size.depth * width)
    return json.dumps(value, ensure_ascii=False, indent=width or None)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None


def _data(value: Any) -> Any:
    try:
        return _json(value)
    except ValueError:
        return value


def _first_line(value: Any) -> str:
    return next(iter(str(value).strip().splitlines()), "")
