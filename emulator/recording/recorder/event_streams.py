"""Streams of events without secrets, also where a secret is split over the deltas of several events."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.keys import MASK
from emulator.recording.hidden_texts import text_pieces
from emulator.recording.recorder.layouts import dumped, layout_of
from emulator.recording.secrets import Secrets

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_DATA: Final = re.compile(r"(data: ?)(.*?)(\r\n|\r|\n|\Z)", re.DOTALL)


@dataclass(slots=True)
class _Line:
    """A line of a stream. value: what its data are, where that is JSON which `layout` gives again."""

    text: str
    before: int
    value: Any = None
    layout: Any = None

    def write(self, value: Any) -> None:
        self.value = value
        start, _, end = _parts(self.text)
        self.text = f"{start}{dumped(value, self.layout)}{end}"


def without_secrets_in_stream(
    text: str, chunks: Sequence[tuple[float, int]], secrets: Secrets
) -> tuple[str, list[tuple[float, int]]]:
    """Return the text of a stream without secrets, and its chunks in the bytes of that text."""
    lines = [_line(one[0]) for one in _LINE.finditer(text) if one[0]]
    # First of all: the first piece of a key may look like one that is whole.
    _mask_split(lines, secrets)
    for line in lines:
        _mask(line, secrets)
    masked = "".join(line.text for line in lines)
    return masked, list(chunks) if masked == text else _moved(chunks, lines)


def _line(text: str) -> _Line:
    line = _Line(text, _size(text))
    _, data, _ = _parts(text)
    if data:
        try:
            line.value = json.loads(data)
        except (ValueError, RecursionError):
            return line
        line.layout = layout_of(line.value, data)
    return line


def _mask(line: _Line, secrets: Secrets) -> None:
    """Mask the secrets of a line."""
    if line.value is None:
        line.text = secrets.without_secrets(line.text)
        return
    masked = secrets.without_secrets_in(line.value)
    if masked != line.value:
        line.write(masked)


def _parts(text: str) -> tuple[str, str, str]:
    found = _DATA.fullmatch(text)
    return (found[1], found[2], found[3]) if found else ("", "", "")


def _mask_split(lines: Sequence[_Line], secrets: Secrets) -> None:
    """Mask the secrets that several events give piece by piece, in the events."""
    pieces: defaultdict[tuple[Any, ...], list[tuple[_Line, tuple[Any, ...], str]]] = defaultdict(list)
    for line in lines:
        for key, path, piece in text_pieces(line.value):
            pieces[key].append((line, path, piece))
    for several in pieces.values():
        if len(several) < 2:
            continue
        for (line, path, piece), masked in zip(several, _masked([one[2] for one in several], secrets), strict=True):
            if masked != piece:
                line.write(_with(line.value, path, masked))


def _masked(pieces: Sequence[str], secrets: Secrets) -> list[str]:
    """Return the pieces of a text without its secrets: the mask stands where a secret begins."""
    spans = secrets.spans("".join(pieces))
    masked, begin = [], 0
    for piece in pieces:
        end = begin + len(piece)
        shown, place = "", begin
        for first, behind in spans:
            if behind <= begin or first >= end:
                continue
            shown += piece[place - begin : max(first, begin) - begin] + (MASK if first >= begin else "")
            place = min(behind, end)
        masked.append(shown + piece[place - begin :])
        begin = end
    return masked


def _with(value: Any, path: Sequence[Any], text: str) -> Any:
    """Return a JSON value with another text at a path."""
    if not path:
        return text
    step, *rest = path
    if isinstance(value, dict):
        return {name: _with(one, rest, text) if name == step else one for name, one in value.items()}
    return [_with(one, rest, text) if place == step else one for place, one in enumerate(value)]


def _moved(chunks: Sequence[tuple[float, int]], lines: Sequence[_Line]) -> list[tuple[float, int]]:
    """Return the chunks in the bytes of the lines as they are now."""
    ends: list[int] = []
    sizes = [(line.before, _size(line.text)) for line in lines]
    place = before = after = shown = 0
    for _, size in chunks:
        place += size
        while shown < len(sizes) and before + sizes[shown][0] <= place:
            before += sizes[shown][0]
            after += sizes[shown][1]
            shown += 1
        within = min(place - before, sizes[shown][1]) if shown < len(sizes) else 0
        ends.append(after + within)
    return [(moment, end - start) for (moment, _), end, start in zip(chunks, ends, [0, *ends], strict=False)]


def _size(text: str) -> int:
    """Return how many bytes a text has; halves of characters count as what they are written as."""
    return len(text.encode("utf-8", "surrogatepass"))
