"""Parameters of scripts as they are given: names with texts for values."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.domain.json_values import problem_of

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def read_parameters(texts: Iterable[str]) -> dict[str, str]:
    """Return parameters written as ``NAME=VALUE``; of two with one name, the later. Raises ValueError."""
    params: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{text!r} is no parameter: write it as NAME=VALUE")
        params[name] = value
    return dict(checked_parameters(params))


def checked_parameters(params: Mapping[str, Any]) -> Mapping[str, str]:
    """Return parameters that a script can have; raise ValueError or TypeError for others."""
    for name, value in params.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a parameter: use up to 64 of A-Z, a-z, 0-9 and underscore")
        if not isinstance(value, str):
            raise TypeError(f"parameter {name}: expected a text, not {value!r:.80}")
        if problem := problem_of(value):
            raise ValueError(f"parameter {name}: {problem}")
    return params


def unused_message(name: str) -> str:
    """Return what is said of a parameter that is given and that no script uses."""
    return f"params.{name} is given, and no script uses it"
