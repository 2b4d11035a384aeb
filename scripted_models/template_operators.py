"""The operators of templates: each pays for what it touches, and checks what would grow before it is made."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from jinja2 import Undefined

from scripted_models.template_limits import (
    LimitError,
    bounded_bits,
    bounded_items,
    bounded_text,
    made,
    measure,
    pay,
    search,
    touch,
)

_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}
_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
_NUMBERS: Final = (int, float, complex)
_SEQUENCES: Final = (str, list, tuple)
_LONGEST_WIDTH: Final = 7


def compare(name: str, left: Any, right: Any) -> Any:
    """Return what a comparison gives; ``name`` as Jinja's trees have it."""
    touch(left, right)
    if name in {"in", "notin"}:
        search(right, left)
    return _COMPARE[name](left, right)


def calculate(sign: str, left: Any, right: Any) -> Any:
    """Return ``left sign right``. Numbers have all operators, sequences ``+`` and ``*``, texts ``%`` too."""
    touch(left, right)
    match sign:
        case _ if isinstance(left, Undefined) or isinstance(right, Undefined):
            pass  # raises the error that names it
        case "%" if isinstance(left, str):
            return format_text(left, right)
        case "+" if isinstance(left, _SEQUENCES) and isinstance(right, _SEQUENCES):
            pass
        case "*" if isinstance(left, _SEQUENCES) and isinstance(right, int):
            _repeated(left, right)
        case "*" if isinstance(right, _SEQUENCES) and isinstance(left, int):
            _repeated(right, left)
        case _ if not isinstance(left, _NUMBERS) or not isinstance(right, _NUMBERS):
            kinds = f"{type(left).__name__} and {type(right).__name__}"
            raise TypeError(f"unsupported operand type(s) for {sign}: {kinds}")
        case "*" if isinstance(left, int) and isinstance(right, int):
            bounded_bits(left.bit_length() + right.bit_length())
        case "**" if isinstance(left, int) and isinstance(right, int):
            bounded_bits(left.bit_length() * abs(right))
    return made(_ARITHMETIC[sign](left, right))


def negate(sign: str, value: Any) -> Any:
    """Return ``+value`` or ``-value``."""
    pay()
    return -value if sign == "-" else +value


def _repeated(value: Any, times: int) -> None:
    size = measure(value)
    bounded_text(size.characters * times)
    bounded_items(size.items * times if not isinstance(value, str) else 0)


def concatenate(*pieces: Any) -> str:
    """Return the texts of all pieces as one text."""
    return join("", pieces)


def join(separator: str, pieces: Any) -> str:
    """Return the texts of all pieces as one text, with the separator between them."""
    touch(pieces)
    separator = str(separator)
    bounded_text(measure(pieces).characters + len(separator) * len(pieces))
    return str(made(separator.join(map(str, pieces))))


def replace(text: Any, old: Any, new: Any, count: int | None = -1) -> str:
    """Return a text with its parts replaced."""
    whole, old, new = str(text), str(old), str(new)
    touch(whole, old, new)
    search(whole, old)
    found = whole.count(old)
    times = found if count is None or count < 0 else min(count, found)
    bounded_text(len(whole) + times * (len(new) - len(old)))
    return str(made(whole.replace(old, new, -1 if count is None else count)))


def subscript(value: Any, places: slice) -> Any:
    """Return a part of a sequence."""
    touch(value)
    return made(value[places])


class _Hole(NamedTuple):
    """One conversion of a format: the key in parentheses, and the numbers that say how wide it becomes."""

    key: str | None
    width: int


def format_text(text: str, values: Any) -> str:
    """Return ``text % values``."""
    holes = list(_holes(text))
    touch(text, values)
    total = len(text) + sum(hole.width for hole in holes)
    if isinstance(values, Mapping):
        total += sum(measure(values.get(hole.key)).characters for hole in holes if hole.key is not None)
        total += measure(values).characters * sum(hole.key is None for hole in holes)
    else:
        total += measure(values).characters
    bounded_text(total)
    return str(made(text % values))


def _holes(text: str) -> Iterator[_Hole]:
    """Read a format as Python does: ``%``, a key in parentheses, flags, a width and a precision."""
    place = 0
    while (place := text.find("%", place)) >= 0:
        place += 1
        key = None
        if text.startswith("(", place):
            start, place, open_ones = place + 1, place + 1, 1
            while place < len(text) and open_ones:
                open_ones += {"(": 1, ")": -1}.get(text[place], 0)
                place += 1
            key = text[start : place - 1]
        start = place
        while place < len(text) and text[place] in "#0- +.*hlL123456789":
            place += 1
        yield _Hole(key, _width(text[start:place]))
        place += 1  # the letter, or the second of two percent signs


def _width(numbers: str) -> int:
    if "*" in numbers:
        raise LimitError("a format has its widths in its text: no *")
    digits = "".join(sign if sign.isdigit() else " " for sign in numbers).split()
    if any(len(number) > _LONGEST_WIDTH for number in digits):
        raise LimitError(f"a format has widths of at most {_LONGEST_WIDTH} digits")
    return sum(map(int, digits))
