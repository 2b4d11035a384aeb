"""Cutting a text into the pieces that a stream carries."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from emulator.domain.actions import Stream

_WORD = re.compile(r"\s*\S+|\s+$")


def cut(text: str, stream: Stream, kept_whole: Sequence[tuple[int, int]] = ()) -> list[str]:
    """Return ``text`` in pieces that add up to it.

    Words keep the space before them, as the model's tokens do. Explicit pieces that do not add up give the whole text.
    kept_whole: spans, in characters, that become a piece of their own (a citation's marker arrives in one delta).
    """
    if not text:
        return []
    chunk = stream.chunk
    if isinstance(chunk, tuple):
        return list(chunk) if "".join(chunk) == text else [text]
    kept_whole = [(start, end) for start, end in kept_whole if 0 <= start < end <= len(text)]
    edges = sorted({0, len(text), *(edge for span in kept_whole for edge in span)})
    pieces = []
    for start, end in pairwise(edges):
        part = text[start:end]
        pieces += [part] if (start, end) in kept_whole else _cut_part(part, chunk)
    return pieces


def _cut_part(part: str, chunk: str | int) -> list[str]:
    if chunk == "whole":
        return [part]
    if chunk == "word":
        return _WORD.findall(part)
    size = 1 if chunk == "char" else int(chunk)
    return [part[start : start + size] for start in range(0, len(part), size)]


def spans(annotations: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Return where annotations lie in their text, in characters."""
    return [(annotation["start_index"], annotation["end_index"]) for annotation in annotations if _lies(annotation)]


def _lies(annotation: Mapping[str, Any]) -> bool:
    start, end = annotation.get("start_index"), annotation.get("end_index")
    return isinstance(start, int) and isinstance(end, int) and start < end
