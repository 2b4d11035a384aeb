"""The turn that a run has played, with the lines of the script in which it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulator.engine.namespace import Namespace
from emulator.service import run_records
from emulator.service.scripts import ScriptRegistry

# Of lines: in front of the turn, of the turn itself, and of the characters of one.
_BEFORE: Final = 2
_MOST: Final = 40
_MOST_CHARACTERS: Final = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a script. is_first: the one in which the turn begins."""

    number: int
    text: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """turn, script: their names. file, line: where the turn begins; None where that is not known.

    was_replaced: whether the namespace has other scripts by now. lines: of the script that was played, where it is
    kept; none otherwise, and missing says why.
    """

    turn: str | None
    script: str | None
    file: str | None
    line: int | None
    was_replaced: bool
    lines: Sequence[Line] = ()
    missing: str | None = None


async def played_turn(namespace: Namespace, scripts: ScriptRegistry, run_id: str) -> PlayedTurn | None:
    """Return the turn of a run; None where no script has played it, as of imported runs. Raises the 404."""
    async with namespace.transaction() as tx:
        row = await run_records.find(tx, run_id)
        play = row["play"] or {}
        if play.get("script") is None and play.get("turn") is None:
            return None
        version = play.get("script_version", 0)
        file, line = _place(play.get("place"))
        was_replaced = version != namespace.script_version or namespace.has_changed(play)
        about = (play.get("turn"), play.get("script"), file, line, was_replaced)
        try:
            sources = await scripts.sources_of(namespace, tx, version)
        except LookupError:
            return PlayedTurn(*about, missing="The scripts were replaced since, and those of then are not kept.")
    text = next((one.text for one in sources if one.name in (file, play.get("script"))), None)
    if text is None or line is None:
        return PlayedTurn(*about, missing="Its source is not kept: the turn is Python code, or of a recording.")
    return PlayedTurn(*about, lines=_around(text, line))


def _place(written: str | None) -> tuple[str | None, int | None]:
    """Return file and line of a place that reads like ``orders.yaml:7``."""
    file, _, line = (written or "").rpartition(":")
    return (file, int(line)) if line.isdigit() and line.isascii() else (None, None)


def _around(text: str, line: int) -> list[Line]:
    """Return the lines of a turn: from its first one to the next that is indented as little."""
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return []
    depth = _depth(lines[line - 1])
    later = range(line, min(len(lines), line + _MOST))
    end = next((place for place in later if lines[place].strip() and _depth(lines[place]) <= depth), later.stop)
    first = max(0, line - 1 - _BEFORE)
    return [Line(n + 1, lines[n][:_MOST_CHARACTERS], n == line - 1) for n in range(first, end)]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
