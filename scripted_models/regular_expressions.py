"""Regular expressions of scripts: written as Python's, and searched with an end.

Python's `re` cannot be interrupted, and a small expression can take it years. The package ``regex`` reads the same
expressions and stops after a time; it is given only what `re` accepts.
"""

import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from scripted_models import compilation
from scripted_models.compiled_texts import CompiledTexts
from scripted_models.template_limits import LimitError

# Of processor time, for all searches that belong together; what scripts usually ask takes some microseconds.
MAX_SECONDS: Final = 0.2
# It has as many alternatives at most.
_LONGEST: Final = 10_000
# The package prepares its search for such a text in a time that grows with the cube of its length, and does not stop.
_LONGEST_LITERAL: Final = 500
# The package writes out what is repeated at least so many times, and repetitions in repetitions multiply.
_MOST_COPIES: Final = 100_000
# In steps, as long as compiling takes: for an expression as such, and for each of its characters.
_PRICE: Final = 1_000
_PRICE_OF_CHARACTER: Final = 20
_SLOW: Final = f"regular expressions and globs take more than {MAX_SECONDS:g} s together"
_BEYOND: Final = "beyond the limits of regular expressions"
_parser: Final = getattr(re, "_parser")  # noqa: B009 - not in the stubs
_known: Final[CompiledTexts[str, Any]] = CompiledTexts(2 * compilation.MAX_STEPS)


class SlowExpressionError(Exception):
    """Searches took too long; whether the expression is found is not known."""


class SearchTime:
    """The processor time that is left for searches that belong together, such as those of one selection of a turn."""

    __slots__ = ("_left",)

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._left = seconds

    @contextmanager
    def spent(self) -> Iterator[float]:
        """Take the time of one search, which may have as many seconds. Raises `SlowExpressionError` if none is left."""
        if self._left <= 0:
            raise SlowExpressionError(_SLOW)
        began = time.thread_time()
        try:
            yield min(self._left, MAX_SECONDS)
        except TimeoutError:
            raise SlowExpressionError(_SLOW) from None
        finally:
            self._left -= time.thread_time() - began


def check_expression(expression: str) -> None:
    """Raise ValueError with what is wrong with an expression: that it is none, or that it is beyond a limit."""
    if len(expression) > _LONGEST:
        raise ValueError(f"{_BEYOND}: it is longer than {_LONGEST:,} characters")
    try:
        compilation.check()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sets that may mean more in later versions
            re.compile(expression)
            tree = _parser.parse(expression)
        copies = _copies(tree)
        if copies > _MOST_COPIES:
            raise ValueError(f"{_BEYOND}: its repetitions amount to more than {_MOST_COPIES:,}")
        if _longest_literal(tree) > _LONGEST_LITERAL:
            part = "a part without special characters"
            raise ValueError(f"{_BEYOND}: {part} is longer than {_LONGEST_LITERAL}: use contains")
        compilation.pay(expression, _price(expression) + copies)
        _compiled(expression)
    except LimitError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError(f"{_BEYOND}: it is nested too deeply") from None
    except (re.error, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from None


def groups(expression: str) -> frozenset[str]:
    """Return the names of the groups of an expression that was checked."""
    if "(?P<" not in expression:
        return frozenset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as where it is checked
        return frozenset(re.compile(expression).groupindex)


def _price(expression: str) -> int:
    return _PRICE + _PRICE_OF_CHARACTER * len(expression)


def _longest_literal(pattern: Any) -> int:
    """Return how many characters stand beside each other, at most, that mean themselves."""
    longest = here = 0
    for kind, value in pattern:
        here = here + 1 if str(kind) == "LITERAL" else 0
        longest = max(longest, here, *map(_longest_literal, _patterns(value)))
    return longest


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


def captures(expression: str, text: str, limit: SearchTime | None = None) -> dict[str, str] | None:
    """Return the named groups of the first place where an expression is found; None where there is none.

    limit: what the search takes is taken from it. Raises `SlowExpressionError`.
    """
    with (limit or SearchTime()).spent() as seconds:
        found = _compiled(expression).search(text, timeout=seconds)
    return None if found is None else {name: part or "" for name, part in found.groupdict().items()}


def _compiled(expression: str) -> Any:
    known = _known.get(expression)
    if known is None:
        known = _compile(expression)
        _known.keep(expression, known, _price(expression))
    return known


def _compile(expression: str) -> Any:
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - few scripts need it, and it takes some milliseconds

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sets that mean more in the package's own syntax
            return regex.compile(expression, regex.VERSION0, cache_pattern=False)
    except regex.error as error:
        raise ValueError(str(error)) from None
