"""Which member of a union a value is for: decided by the value, so that an error names its own member alone.

The tags of members stand in the locations of pydantic's errors, but they are no part of a path. They begin with a
character that Unicode keeps for internal use, because any other one may be in a key that a client sends.
"""

from collections.abc import Callable
from typing import Any, Final

from pydantic import Discriminator, Tag

_MARK: Final = "\ufdd0"


def tag(name: str) -> Tag:
    """Name a member of a union."""
    return Tag(_MARK + name)


def is_tag(part: int | str) -> bool:
    """Return whether a part of a location is the tag of a member."""
    return isinstance(part, str) and part.startswith(_MARK)


def chosen(choose: Callable[[Any], str]) -> Discriminator:
    """Choose a union's member by a function of the value, which returns its name."""
    return Discriminator(lambda value: _MARK + choose(value))


def by_field(field: str, *known: str) -> Discriminator:
    """Choose a union's member by a field's value; unknown values go to the member that is named ``any``."""

    def choose(value: Any) -> str:
        kind = value.get(field) if isinstance(value, dict) else getattr(value, field, None)
        return kind if isinstance(kind, str) and kind in known else "any"

    return chosen(choose)


def word_or_object() -> Discriminator:
    """Choose between a string, ``word``, and an object, ``object``."""
    return chosen(lambda value: "word" if isinstance(value, str) else "object")
