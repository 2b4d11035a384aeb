"""Finds where a cursor stands in a scenario by its indentation, whatever is wrong above and below."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from scripted_models.completions.flow import spot_in_flow
from scripted_models.completions.lines import Line
from scripted_models.completions.spots import Kind, Spot
from scripted_models.problems import Path


def spot_of(text: str, offset: int) -> Spot | None:
    """Return where a cursor stands behind so many characters; None in a comment."""
    before, behind = text[:offset], text[offset:]
    if before.lstrip().startswith(("{", "[")):
        return spot_in_flow(before.lstrip(), behind, (), is_json=True)
    lines = text.split("\n")
    number = before.count("\n")
    column = offset - (before.rfind("\n") + 1)
    line = Line.of(lines[number])
    if line.rest.lstrip().startswith("#") or " #" in lines[number][:column]:
        return None
    if line.is_empty:
        line = replace(line, begins_at=column, value_at=column)
    climb = _Climb(lines, number)
    climb.up(line)
    if climb.in_text is not None:
        return Spot(climb.in_text, "text")
    place = _Cursor(lines, number, column, offset)
    if climb.flow_at is not None:
        start = climb.flow_at
        return spot_in_flow(_between(lines, start, place), behind, climb.flow_path, is_json=False)
    return _in_block(line, climb, place, behind)


@dataclass(frozen=True, slots=True)
class _Cursor:
    lines: Sequence[str]
    number: int
    column: int
    offset: int


def _between(lines: Sequence[str], start: tuple[int, int], cursor: _Cursor) -> str:
    """Return what stands between a place and the cursor."""
    first, column = start
    if first == cursor.number:
        return lines[first][column : cursor.column]
    middle = lines[first + 1 : cursor.number]
    return "\n".join([lines[first][column:], *middle, lines[cursor.number][: cursor.column]])


def _in_block(line: Line, climb: "_Climb", cursor: _Cursor, behind: str) -> Spot | None:
    text = cursor.lines[cursor.number]
    path = tuple(climb.path)
    siblings = frozenset(climb.siblings)
    if line.key is not None and cursor.column >= line.value_at:
        path = (*path, line.key)
        written = text[line.value_at : cursor.column]
        if line.opens_flow and written.strip():
            found = spot_in_flow(written.lstrip(), behind, path, is_json=False)
            return found or Spot(path, "value", siblings=siblings | {line.key})
        close = not written
        return Spot(path, "value", written.lstrip(), siblings | {line.key}, line.begins_at, is_close=close)
    word = text[line.begins_at : cursor.column]
    if line.opens_flow and word:
        return spot_in_flow(word, behind, path, is_json=False)
    kind: Kind = "item" if line.dashes and line.key is None else "key"
    return Spot(path, kind, word, siblings, line.begins_at)


@dataclass(slots=True)
class _Climb:
    """Goes from a line up to the beginning, by what each line is indented less than the one below.

    path: of the mapping in which the line is. in_text: the path of the text of several lines that it belongs to.
    flow_at: line and column where brackets open within which it is, and flow_path what they open.
    """

    lines: Sequence[str]
    number: int
    path: list[str | int] = field(default_factory=list)
    siblings: set[str] = field(default_factory=set)
    in_text: Path | None = None
    flow_at: tuple[int, int] | None = None
    _column: int = 0
    _in_list: bool = False
    _is_own: bool = True  # whether the mapping is still the cursor's

    @property
    def flow_path(self) -> Path:
        """The path of what the brackets open."""
        return tuple(self.path)

    def up(self, line: Line) -> None:
        """Climb from the cursor's line."""
        self._column = line.begins_at
        self._look_down()
        self._enter(line)
        for number in range(self.number - 1, -1, -1):
            above = Line.of(self.lines[number])
            if not above.is_empty:
                self._pass(above, number)
        if self.in_text is not None:
            self.in_text = tuple(self.path)

    def _look_down(self) -> None:
        """Note the keys that the mapping has below."""
        for text in self.lines[self.number + 1 :]:
            line = Line.of(text)
            if line.is_empty:
                continue
            if line.starts_at < self._column:
                return
            if line.key is not None and not line.dashes and line.begins_at == self._column:
                self.siblings.add(line.key)

    def _enter(self, line: Line) -> None:
        """Go on from what a line's dashes open, if it has some, to the list that the first of them belongs to."""
        if line.dashes:
            self.path[:0] = [0] * len(line.dashes)
            self._column, self._in_list, self._is_own = line.dashes[0], True, False

    def _pass(self, line: Line, number: int) -> None:
        if self._in_list:
            self._pass_in_list(line, number)
        elif line.key is not None and line.begins_at == self._column:
            if self._is_own:
                self.siblings.add(line.key)
            self._enter(line)
        elif line.starts_at < self._column:
            self._pass_parent(line, number)

    def _pass_in_list(self, line: Line, number: int) -> None:
        if self._column in line.dashes:
            index = self.path[0]
            self.path[0] = index + 1 if isinstance(index, int) else index
            outer = line.dashes[: line.dashes.index(self._column)]
            if outer:
                self._enter(replace(line, dashes=outer))
        elif line.starts_at <= self._column:
            self._pass_parent(line, number)

    def _pass_parent(self, line: Line, number: int) -> None:
        """Take what a line that is indented less opens, if it opens what is below it."""
        limit = self._column + (1 if self._in_list else 0)
        if line.key is not None and line.begins_at < limit:
            self._note(line, number)
            self.path.insert(0, line.key)
            self._column, self._in_list, self._is_own = line.begins_at, False, False
            self._enter(line)
        elif line.key is None and line.dashes and line.dashes[-1] < self._column:
            self._note(line, number)
            self._enter(line)

    def _note(self, line: Line, number: int) -> None:
        """Forget what was found below, if a line opens a text or brackets: it is no structure."""
        if line.opens_block or line.opens_flow:
            self.path.clear()
            self.in_text = () if line.opens_block else None
            column = len(self.lines[number]) - len(line.rest)
            self.flow_at = (number, column) if line.opens_flow else None
