"""How pages word what programs write for programs: ids cut short in lists, and what a run waits for."""

import re
from collections.abc import Mapping
from typing import Final

from emulator.domain import waiting

# What is drawn at random has a digit or a capital early on; a word of a path has none.
_ID: Final = re.compile(r"(?<![A-Za-z0-9])([a-z]{2,10}[_-])(?=[a-z]*[A-Z0-9])([A-Za-z0-9]{4})[A-Za-z0-9_-]{8,}")
_WAITS: Final[Mapping[str, str]] = {
    waiting.CLOCK: "waits for the clock",
    waiting.GATE: "waits for the pace",
    waiting.OUTPUTS: "waits for outputs",
    waiting.EXPIRY: "waits for its expiry",
    waiting.CODE: "waits for its code",
    waiting.READER: "waits for who reads its stream",
}


def shortened(text: str) -> str:
    """Return a path or an id with its ids cut short: `/threads/thread_bKtR…/runs`."""
    return _ID.sub(r"\1\2…", text)


def waits(waits_for: str) -> str:
    """Return what holds a run up, as `emulator.domain.waiting` has it, as a person says it."""
    if (name := waiting.held_at(waits_for)) is not None:
        return f"held at {name.replace('_', ' ') if name in waiting.HELD_AT else f'“{name}”'}"
    return _WAITS.get(waits_for, f"waits for {waits_for}")
