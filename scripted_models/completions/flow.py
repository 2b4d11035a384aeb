"""Where a cursor stands within brackets, as in ``{when: {message: stop}, steps: [{say: Bye.}]}``, and in JSON."""

from dataclasses import dataclass, field
from typing import Final

from scripted_models.completions.spots import Kind, Spot
from scripted_models.problems import Path

# Behind the cursor, for the keys that its mapping has there.
_MOST_BEHIND: Final = 2_000


@dataclass(slots=True)
class _Frame:
    """A list or a mapping that is open."""

    is_mapping: bool
    key: str | None = None
    index: int = 0
    keys: set[str] = field(default_factory=set)

    @property
    def path(self) -> Path:
        if not self.is_mapping:
            return (self.index,)
        return () if self.key is None else (self.key,)


class _Scanner:
    """Reads flow style sign by sign; whatever is wrong with it, it goes on."""

    def __init__(self) -> None:
        self.frames: list[_Frame] = []
        self.word = ""
        self.quote = ""
        self._escaped = False

    def read(self, text: str, following: str, least: int = 0) -> None:
        """Read a text, until fewer frames than so many are open. following: the sign behind it."""
        for place, sign in enumerate(text):
            self._sign(sign, text[place + 1 : place + 2] or following)
            if len(self.frames) < least:
                return

    def _sign(self, sign: str, following: str) -> None:
        if self.quote:
            self._quoted(sign)
        elif sign in "\"'" and not self.word.strip():
            self.quote, self.word = sign, sign
        elif sign in "{[":
            self.frames.append(_Frame(sign == "{"))
            self.word = ""
        elif sign in "}]":
            if self.frames:
                self.frames.pop()
            self.word = ""
        elif sign == ",":
            self._next()
        elif sign == ":" and self._ends_key(following):
            self._take_key()
        else:
            self.word = "" if sign == "\n" else self.word + sign

    def _quoted(self, sign: str) -> None:
        self.word += sign
        if self._escaped:
            self._escaped = False
        elif sign == "\\" and self.quote == '"':
            self._escaped = True
        elif sign == self.quote:
            self.quote = ""

    def _next(self) -> None:
        self.word = ""
        if self.frames:
            self.frames[-1].key = None
            self.frames[-1].index += 1

    def _ends_key(self, following: str) -> bool:
        is_open = bool(self.frames) and self.frames[-1].is_mapping and self.frames[-1].key is None
        return is_open and (following in ("", " ", "\n", ",", "}") or self.word.strip()[-1:] in ('"', "'"))

    def _take_key(self) -> None:
        frame = self.frames[-1]
        frame.key = self.word.strip().strip("\"'")
        frame.keys.add(frame.key)
        self.word = ""


def spot_in_flow(before: str, behind: str, above: Path, *, is_json: bool) -> Spot | None:
    """Return where the cursor stands between two texts, of which the first begins with a bracket.

    above: the path of what the bracket opens. None where the cursor is not within brackets.
    """
    scanner = _Scanner()
    scanner.read(before, behind[:1])
    if not scanner.frames:
        return None
    word, frame = scanner.word.lstrip(), scanner.frames[-1]
    path = (*above, *(part for one in scanner.frames for part in one.path))
    kind: Kind = "value" if frame.is_mapping and frame.key is not None else "key" if frame.is_mapping else "item"
    written = frozenset(frame.keys)
    scanner.read(behind[:_MOST_BEHIND], "", len(scanner.frames))
    siblings = written | (frame.keys - written - ({_word_of(word, behind)} if kind == "key" else set()))
    return Spot(path, kind, word, siblings, in_flow=True, is_json=is_json)


def _word_of(word: str, behind: str) -> str:
    """Return the whole key of which a part stands before the cursor."""
    return (word + behind.partition(":")[0]).strip().strip("\"'")
