"""Regular expressions of scripts: written as Python's, and searched with an end.

Python's `re` cannot be interrupted, and a small expression can take it years. The package ``regex`` reads the same
expressions and stops after a time; it is given only what `re` accepts.
"""

import functools
import re
import warnings
from collections.abc import Iterator
from typing import Any, Final

# Of processor time, for one search; what scripts usually ask takes some microseconds.
MAX_SECONDS: Final = 2.0
# The package writes out what is repeated at least so many times, and repetitions in repetitions multiply.
_MOST_COPIES: Final = 100_000
_parser: Final = getattr(re, "_parser")  # noqa: B009 - not in the stubs


class SlowExpressionError(Exception):
    """A search took too long; whether the expression is found is not known."""


def check_expression(expression: str) -> None:
    """Raise ValueError with what is wrong with an expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sets that may mean more in later versions
            re.compile(expression)
            tree = _parser.parse(expression)
        if _copies(tree) > _MOST_COPIES:
            raise ValueError(f"its repetitions amount to more than {_MOST_COPIES:,}")
        _compiled(expression)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _copies(pattern: Any) -> int:
    """Return how long an expression is when its repetitions are written out."""
    total = 0
    for kind, value in pattern:
        parts = sum(map(_copies, _patterns(value)))
        total += 1 + (max(value[0], 1) * parts if str(kind).endswith("REPEAT") else parts)
    return total


def _patterns(value: Any) -> Iterator[Any]:
    """Yield the expressions within a part of one."""
    if isinstance(value, _parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _patterns(item)


def captures(expression: str, text: str) -> dict[str, str] | None:
    """Return the named groups of the first place where an expression is found; None where there is none.

    Raises `SlowExpressionError`.
    """
    try:
        found = _compiled(expression).search(text, timeout=MAX_SECONDS)
    except TimeoutError:
        raise SlowExpressionError(f"a regular expression takes more than {MAX_SECONDS:g} s") from None
    return None if found is None else {name: part or "" for name, part in found.groupdict().items()}


@functools.lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - few scripts need it, and it takes some milliseconds

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sets that mean more in the package's own syntax
            return regex.compile(expression, regex.VERSION0)
    except regex.error as error:
        raise ValueError(str(error)) from None
