"""JSON values that can be stored and sent: JSON and YAML can also spell some that no answer can hold."""

import math
from typing import Final

# Of values within one another: what is stored nests them some levels deeper, and JSON encoders have limits too.
MOST_LEVELS: Final = 100
INTEGERS: Final = range(-(2**63), 2**64)


def problem_of(value: object) -> str | None:
    """Return why a text or a number can be neither stored nor sent; None if it can, and for all other values."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return "not Unicode: half of a surrogate pair"
    elif isinstance(value, int) and value not in INTEGERS:
        return "an integer of more than 64 bits: write it as text"
    elif isinstance(value, float) and not math.isfinite(value):
        return "Input should be a finite number"
    return None
