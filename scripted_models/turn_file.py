"""Turns in a file of their own, JSON, one a line: read again when they are needed, so that many take little memory."""

from array import array
from typing import Final

from scripted_models.asset_bytes import AssetBytes
from scripted_models.grammar.explain import parse_turn
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.reader import LineDocument, read_line

# Turns that are kept when they were read, and the characters of each.
_MOST_KEPT: Final = 64
_MOST_CHARACTERS: Final = 64 * 1024


class TurnFile:
    """The turns of a file, by numbers from 0. Lines are counted from 1, empty ones too."""

    def __init__(self, name: str, content: AssetBytes) -> None:
        self.name = name
        self._content = content
        self._begins = array("Q")
        self._ends = array("Q")
        self._lines = array("Q")
        self._read: dict[int, tuple[LineDocument, TurnSpec]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def note(self, line: int, begin: int, end: int) -> int:
        """Add a turn by where it stands; return its number."""
        self._begins.append(begin)
        self._ends.append(end)
        self._lines.append(line)
        return len(self._lines) - 1

    def line(self, number: int) -> int:
        """Return the line of a turn."""
        return self._lines[number]

    def turn(self, number: int) -> tuple[LineDocument, TurnSpec]:
        """Return a turn that was checked before. Those that were read last are kept."""
        found = self._read.pop(number, None) or self._parse(number)
        if len(found[0].text) <= _MOST_CHARACTERS:
            self._read[number] = found
        if len(self._read) > _MOST_KEPT:
            del self._read[next(iter(self._read))]
        return found

    def _parse(self, number: int) -> tuple[LineDocument, TurnSpec]:
        text = self._content.read(self._begins[number], self._ends[number]).decode()
        document = read_line(self.name, self._lines[number], text)
        spec, problems = parse_turn(document)
        if spec is None:
            raise ValueError(str(problems[0]))
        return document, spec
