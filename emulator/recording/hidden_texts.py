"""What a text says where an encoding hides it: escapes, base64, two bytes for a character, deltas of a stream."""

import binascii
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

_ESCAPE: Final = re.compile(r"\\+u00([2-7][0-9a-fA-F])")
_PERCENT: Final = re.compile(r"%[2-7][0-9a-fA-F]")
# Both alphabets, in one line or in several, as messages and PEM files break them.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:(?:\\r|\\n|[\r\n])+[A-Za-z0-9+/_-]{4,})*")
_LINE_END: Final = re.compile(r"\\r|\\n|[\r\n]")
_OTHER_ALPHABET: Final = str.maketrans("-_", "+/")
# Said anew by every delta, and no part of a text.
_REPEATED: Final = frozenset(("id", "object", "type", "role", "model", "created", "index"))
_DATA: Final = re.compile(r"^data: ?(\{.*\})\r?$", re.MULTILINE)


def hidden_texts(text: str) -> Iterator[str]:
    """Yield what a text says in other ways; each is searched for what it hides, and no more."""
    if "\\u00" in text:
        yield _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    if "%" in text and _PERCENT.search(text):
        yield unquote(text, "latin-1")
    if "\0" in text:
        yield text.replace("\0", "")
    yield "\n".join(_from_base64(text))
    if "data:" in text:
        joined = "\x01".join(_joined(text))
        yield joined
        yield "\n".join(_from_base64(joined))


def _from_base64(text: str) -> Iterator[str]:
    """Yield what runs of base64 say, from each place where a group of four characters may begin."""
    for run in _BASE64.finditer(text):
        letters = _LINE_END.sub("", run[0]).translate(_OTHER_ALPHABET)
        for begin in range(4):
            rest = (len(letters) - begin) % 4
            group = letters[begin : len(letters) - (rest if rest == 1 else 0)]
            yield binascii.a2b_base64(group + "=" * (-len(group) % 4)).decode("latin-1")


def _joined(text: str) -> Iterator[str]:
    """Yield the texts that the events of a stream give piece by piece."""
    pieces: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for event in _DATA.finditer(text):
        try:
            value = json.loads(event[1])
        except (ValueError, RecursionError):
            continue
        for key, _, piece in text_pieces(value):
            pieces[key].append(piece)
    return ("".join(one) for one in pieces.values() if len(one) > 1)


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
