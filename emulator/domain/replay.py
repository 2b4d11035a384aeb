"""Recordings that are replayed: how, as a person chooses it, and the names of scenarios that were made in memory."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

REPLAY_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "drift": ("lenient", "strict", "template"),
    "ids": ("remap", "pin"),
}

# Behind the name of a recording, it names the scenario that was made of it in memory, whose lines nobody can look up.
_IN_MEMORY: Final = " (distilled)"


def distilled(recording: str) -> str:
    """Return the name of the scenario that is made of a recording in memory."""
    return f"{recording}{_IN_MEMORY}"


def beside(scenario: str, name: str) -> str:
    """Return the name of a file beside a scenario, in messages: in memory, where that is there."""
    return distilled(name) if scenario.endswith(_IN_MEMORY) else name


def is_in_memory(place: str) -> bool:
    """Return whether a place (``file:line: path``) is in a scenario that was made in memory."""
    return f"{_IN_MEMORY}:" in place


def replay_choices(**given: Any) -> dict[str, str]:
    """Return what is chosen, by the names of a header's fields; None leaves it to the header. Raises ValueError."""
    for name, chosen in given.items():
        if chosen is not None and chosen not in REPLAY_CHOICES[name]:
            raise ValueError(f"{name}={chosen!r}: choose one of {', '.join(REPLAY_CHOICES[name])}")
    return {name: chosen for name, chosen in given.items() if chosen is not None}


Taken = Literal["threads", "scripts", "both", "conversation"]
# What a namespace takes of a recording that it imports; a conversation is a thread of it, for Responses.
CONVERSATION: Final[Taken] = "conversation"
TAKEN: Final[tuple[Taken, ...]] = get_args(Taken)
