"""What bytes say where an encoding hides it: escapes, base64, two bytes for a character, deltas of a stream."""

import binascii
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

_ESCAPE: Final = re.compile(rb"\\+u00([2-7][0-9a-fA-F])")
_PERCENT: Final = re.compile(rb"%[2-7][0-9a-fA-F]")
# Both alphabets; all else is space between the runs.
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_RUNS: Final = bytes(one if one in _LETTERS else {0x2D: 0x2B, 0x5F: 0x2F}.get(one, 0x20) for one in range(256))
# Messages and PEM files break base64 into lines, and JSON escapes their ends.
_LINE_ENDS: Final = (b"\r", b"\n", b"\\r", b"\\n")
_SHORTEST: Final = 14
_GAP: Final = b"AAAA"
# Said anew by every delta, and no part of a text.
_REPEATED: Final = frozenset(("id", "object", "type", "role", "model", "created", "index"))
_DATA: Final = re.compile(rb"^data: ?(\{.*\})\r?$", re.MULTILINE)


def hidden_texts(data: bytes) -> Iterator[bytes]:
    """Yield what bytes say in other ways; each is searched for what it hides, and no more."""
    if b"\\u00" in data:
        yield _ESCAPE.sub(lambda escape: bytes((int(escape[1], 16),)), data)
    if _PERCENT.search(data):
        yield unquote_to_bytes(data)
    if b"\0" in data:
        yield data.translate(None, b"\0")
    yield from _from_base64(data)
    if b"data:" in data and (joined := b"\x01".join(_joined(data))):
        yield joined
        yield from _from_base64(joined)


def _from_base64(data: bytes) -> Iterator[bytes]:
    """Yield what runs of base64 say, from each place where a group of four characters may begin."""
    for end in _LINE_ENDS:
        data = data.replace(end, b"")
    runs = [run for run in data.translate(_RUNS).split() if len(run) >= _SHORTEST]
    if not runs:
        return
    letters = _GAP.join(runs) + _GAP
    for begin in range(4):
        yield binascii.a2b_base64(letters[begin : begin + (len(letters) - begin) // 4 * 4])


def _joined(data: bytes) -> Iterator[bytes]:
    """Yield the texts that the events of a stream give piece by piece."""
    pieces: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for event in _DATA.finditer(data):
        try:
            value = json.loads(event[1])
        except (ValueError, RecursionError):
            continue
        for key, _, piece in text_pieces(value):
            pieces[key].append(piece)
    return ("".join(one).encode("utf-8", "surrogatepass") for one in pieces.values() if len(one) > 1)


def text_pieces(event: Any) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], str]]:
    """Yield the texts of an event that may go on in later ones: what each is a piece of, its path, and the text."""
    if isinstance(event, dict):
        of = event.get("object"), event.get("id"), event.get("type"), event.get("item_id")
        for key, path, piece in _leaves(event, (), ()):
            yield (*map(str, of), *key), path, piece


def _leaves(
    value: Any, key: tuple[Any, ...], path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], str]]:
    match value:
        case str():
            yield key, path, value
        case dict():
            for name, one in value.items():
                if name not in _REPEATED:
                    yield from _leaves(one, (*key, name), (*path, name))
        case list():
            for place, one in enumerate(value):
                # Calls and parts of content say their place.
                index = one.get("index", place) if isinstance(one, dict) else place
                yield from _leaves(one, (*key, str(index)), (*path, place))
        case _:
            pass
