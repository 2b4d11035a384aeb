"""Which member of a union a value is for: decided by the value, so that an error names its own member alone.

Tags are in angle brackets so that they are never taken for a part of a path (see `emulator.wire.problems`).
"""

from typing import Any

from pydantic import Discriminator


def tag_by(field: str, *known: str) -> Discriminator:
    """Choose a union's member by a field's value; unknown values go to the member that is tagged ``<any>``."""

    def choose(value: Any) -> str:
        kind = value.get(field) if isinstance(value, dict) else getattr(value, field, None)
        return f"<{kind}>" if isinstance(kind, str) and kind in known else "<any>"

    return Discriminator(choose)


def word_or_object(value: Any) -> str:
    """Choose between a string and an object."""
    return "<word>" if isinstance(value, str) else "<object>"
