"""The values in a recorded output, each with the expression that takes it out of today's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SHORTEST_TEXT: Final = 3
_FEWEST_DIGITS: Final = 2
_MOST_VALUES: Final = 2_000
_DEEPEST: Final = 16
_LONGEST_OUTPUT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written. output: the name of the output that holds it. keys: its way in the output's JSON.

    is_text: whether it is a text rather than a number.
    """

    output: str
    expression: str
    text: str
    keys: tuple[str | int, ...] = ()
    is_text: bool = True


def values_of(output: str, recorded: str, owner: str = "outputs") -> Iterator[Value]:
    """Yield the values in an output that are worth finding: not each word, and not each digit."""
    if len(recorded) > _LONGEST_OUTPUT:
        return
    for number, value in enumerate(_values(output, f"{owner}.{output}", recorded)):
        if number == _MOST_VALUES:
            return
        if _is_telling(value.text):
            yield value


def _values(output: str, whole: str, recorded: str) -> Iterator[Value]:
    yield Value(output, whole, recorded)
    if recorded != recorded.strip():
        yield Value(output, f"{whole} | trim", recorded.strip())
    try:
        data = json.loads(recorded)
    except (ValueError, RecursionError):
        if "\n" in recorded.strip():
            yield Value(output, f"{whole} | first_line", recorded.strip().splitlines()[0])
        return
    if isinstance(data, str):
        yield Value(output, f"{whole} | data", data)
    elif isinstance(data, dict | list):
        yield from _inner(output, f"({whole} | data)", data, ())


def _inner(output: str, expression: str, data: Any, keys: tuple[str | int, ...]) -> Iterator[Value]:
    match data:
        case dict() | list() if len(keys) < _DEEPEST:
            for key, item in data.items() if isinstance(data, dict) else enumerate(data):
                yield from _inner(output, expression + _step(key), item, (*keys, key))
        case str():
            yield Value(output, expression, data, keys)
        case bool():
            return
        case int() | float():
            yield Value(output, expression, str(data), keys, is_text=False)
            if str(data) != f"{data:.2f}" and float(f"{data:.2f}") == data:  # an amount of money
                yield Value(output, f"'%.2f' | format({expression})", f"{data:.2f}", keys, is_text=False)


def _step(key: str | int) -> str:
    if isinstance(key, str) and _IDENTIFIER.fullmatch(key):
        return f".{key}"
    return f"[{json.dumps(key)}]"


def _is_telling(text: str) -> bool:
    if _NUMBER.fullmatch(text):
        return sum(character.isdigit() for character in text) >= _FEWEST_DIGITS
    return len(text) >= _SHORTEST_TEXT and any(character.isalnum() for character in text)
