"""How recordings are replayed, as a person chooses it: what of their scenarios' headers is to be otherwise."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

REPLAY_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "drift": ("lenient", "strict", "template"),
    "ids": ("remap", "pin"),
}


def replay_choices(**given: Any) -> dict[str, str]:
    """Return what is chosen, by the names of a header's fields; None leaves it to the header. Raises ValueError."""
    for name, chosen in given.items():
        if chosen is not None and chosen not in REPLAY_CHOICES[name]:
            raise ValueError(f"{name}={chosen!r}: choose one of {', '.join(REPLAY_CHOICES[name])}")
    return {name: chosen for name, chosen in given.items() if chosen is not None}


Taken = Literal["threads", "scripts", "both"]
# What a namespace takes of a recording that it imports.
TAKEN: Final[tuple[Taken, ...]] = get_args(Taken)
