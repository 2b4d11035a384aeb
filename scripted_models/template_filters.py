"""The filters of templates: Jinja's own within bounds, those that scripts need beside them, and two internal ones."""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from jinja2.exceptions import SecurityError

from scripted_models.template_limits import MAX_TEXT, account, weigh

# Filters that depend on chance, or that write HTML.
_DROPPED: Final = frozenset({"random", "pprint", "urlize", "xmlattr"})
# Filters whose numbers make long texts of short ones.
_SIZED: Final = frozenset({"center", "indent", "batch", "slice", "wordwrap", "round", "truncate"})
_WIDTH: Final = re.compile(r"\*|\d{4,}")

# Put into the tree by `scripted_models.template_syntax`; the underscore keeps them from scripts.
METER_ROUNDS: Final = "_meter_rounds"
JOIN_PIECES: Final = "_join_pieces"


def script_filters(jinja: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return the filters that scripts may use, made from Jinja's own."""
    bounded = {name: call for name, call in jinja.items() if name not in _DROPPED}
    bounded |= {"replace": replace, "join": join, "format": format_text, "tojson": _tojson}
    filters = {name: _metered(name, call) for name, call in bounded.items()}
    filters |= {"json": _json, "data": _data, "first_line": _first_line}
    return filters | {METER_ROUNDS: _meter_rounds, JOIN_PIECES: _join_pieces}


def _metered(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def metered(*args: Any, **kwargs: Any) -> Any:
        account.get().tick()
        weigh((args, kwargs))
        if name in _SIZED and any(map(_is_large, (*args, *kwargs.values()))):
            raise SecurityError(f"{name} takes shorter texts and smaller numbers")
        return call(*args, **kwargs)

    return metered


def _is_large(argument: Any) -> bool:
    if isinstance(argument, str):
        return len(argument) > 10_000
    return isinstance(argument, int) and abs(argument) > 1000


def replace(text: Any, old: str, new: str, count: int | None = -1) -> str:
    """Return a text with its parts replaced; SecurityError where the result would be too long."""
    whole = str(text)
    times = whole.count(old) if count is None or count < 0 else min(count, whole.count(old))
    if len(whole) + times * len(new) > MAX_TEXT:
        raise SecurityError(f"a value is longer than {MAX_TEXT} characters")
    return whole.replace(old, new, -1 if count is None else count)


def join(items: Iterable[Any], separator: str = "", attribute: str | int | None = None) -> str:
    """Return items, or an attribute of each, as one text; SecurityError where that would be too long."""
    pieces = [item if attribute is None else item[attribute] for item in items]
    weigh(pieces, MAX_TEXT - min(len(separator) * len(pieces), MAX_TEXT))
    return str(separator).join(map(str, pieces))


def format_text(text: str, *args: Any, **kwargs: Any) -> str:
    """Return ``text % args``; SecurityError where a width could make it too long."""
    if any(_WIDTH.search(spec) for spec in re.findall(r"%[^a-zA-Z%]*", text)):
        raise SecurityError("a format has widths of at most three digits")
    values = args[0] if len(args) == 1 and isinstance(args[0], tuple | dict) else args
    weigh((text, values, kwargs))
    return str(text % (kwargs or values))


def _tojson(value: Any, indent: int | None = None) -> str:
    """Write JSON as the API would, not as HTML needs it."""
    return json.dumps(value, ensure_ascii=False, indent=min(indent, 8) if indent else None)


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


def _meter_rounds(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        account.get().tick()
        yield item


def _join_pieces(pieces: list[Any]) -> str:
    weigh(pieces)
    return "".join(map(str, pieces))
