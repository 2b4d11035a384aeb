"""Globs of scripts: compared with texts of any length, in the same time as regular expressions."""

import fnmatch
import re
from typing import Final

from scripted_models import compilation
from scripted_models.compiled_texts import CompiledTexts
from scripted_models.regular_expressions import SearchTime
from scripted_models.template_limits import LimitError

# Python's search for the end of a glob takes a time that grows with the product of both lengths, and does not stop.
_LONGEST: Final = 1_000
_PRICE: Final = 1_000
_PRICE_OF_CHARACTER: Final = 5
_known: Final[CompiledTexts[str, re.Pattern[str]]] = CompiledTexts(2 * compilation.MAX_STEPS)


def check_glob(glob: str) -> None:
    """Raise ValueError with what is wrong with a glob."""
    if len(glob) > _LONGEST:
        raise ValueError(f"a glob is longer than {_LONGEST:,} characters")
    try:
        compilation.pay(("glob", glob), _price(glob))
    except LimitError as error:
        raise ValueError(str(error)) from None
    _compiled(glob)


def fits(glob: str, text: str, limit: SearchTime) -> bool:
    """Return whether a glob fits a whole text. Raises `SlowExpressionError`."""
    with limit.spent():
        return _compiled(glob).match(text) is not None


def _price(glob: str) -> int:
    return _PRICE + _PRICE_OF_CHARACTER * len(glob)


def _compiled(glob: str) -> re.Pattern[str]:
    known = _known.get(glob)
    if known is None:
        known = re.compile(fnmatch.translate(glob))
        _known.keep(glob, known, _price(glob))
    return known
