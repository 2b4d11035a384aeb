"""How alike two texts are, and which of many texts is the most alike, found without comparing all of them."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from zlib import crc32

from scripted_models.matches import normal
from scripted_models.postings import Postings

ALIKE: Final = 0.9
# So few texts are all compared. Of more, only some of those that share a rare piece with the text that is looked for.
FEW: Final = 64
MOST_COMPARED: Final = 32
_MOST_FOUND: Final = 4 * MOST_COMPARED
# Characters at both ends of a text from which its pieces are taken.
_END: Final = 256
_WORDS: Final = 4
_SHINGLES: Final = 6
_SHINGLE: Final = 4
_WORD: Final = re.compile(r"\w+")
# Pairs of equal characters, or words, of two texts: what comparing them takes, a fraction of a second.
_MOST_WORK: Final = 250_000


def plain(text: str) -> str:
    """Return a text as likeness sees it: as matchers do, without case, and all white space alike."""
    return " ".join(normal(text).casefold().split())


def likeness(one: str, other: str, least: float = ALIKE) -> float:
    """Return how alike two plain texts are, from 0 to 1: difflib's ratio; 0 for less than ``least``.

    Both ends that they share are set aside first. What is left of very long texts is compared by words, and not at all
    where that takes too long.
    """
    whole = len(one) + len(other)
    if one == other:
        return 1.0
    if 2 * min(len(one), len(other)) < least * whole:
        return 0.0
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    shared = 2 * (start + end)
    different = (1 - least) * whole  # characters of both that may have no counterpart
    if abs(len(one) - len(other)) > different or _foreign_runs(one, other) > 3 * different:
        return 0.0
    ratio = (shared + _matching(one, other)) / whole
    return ratio if ratio >= least else 0.0


def _shared(one: str, other: str) -> int:
    """Return with how many characters both texts begin."""
    both = zip(one, other, strict=False)
    return next((at for at, (mine, theirs) in enumerate(both) if mine != theirs), min(len(one), len(other)))


def _foreign_runs(one: str, other: str) -> int:
    """Return how many runs of three characters of a text the other does not have: each difference makes up to three."""
    known = {other[at : at + 3] for at in range(len(other) - 2)}
    return sum(one[at : at + 3] not in known for at in range(len(one) - 2))


def _work(one: Sequence[str], other: Sequence[str]) -> int:
    counts = Counter(one)
    return sum(counts[item] * times for item, times in Counter(other).items())


def _matching(one: str, other: str) -> int:
    """Return how many characters of both texts together match."""
    if _work(one, other) <= _MOST_WORK:
        blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        return 2 * sum(block.size for block in blocks)
    words, others = re.findall(r"\S+\s*", one), re.findall(r"\S+\s*", other)
    if _work(words, others) > _MOST_WORK:
        return 0
    matcher = difflib.SequenceMatcher(None, words, others, autojunk=False)
    return 2 * sum(
        len(word) for block in matcher.get_matching_blocks() for word in words[block.a : block.a + block.size]
    )


class SimilarTexts:
    """Texts by number, of which the most alike can be found.

    Of many texts, those are compared that share one of their rarest words or some of their characters in a row, at most
    `MOST_COMPARED`, those that share most of the rarest pieces first; which ones is always the same. ends: what `ends`
    returns of each text, by its number; not kept. text: returns the whole text of a number.
    """

    def __init__(self, ends: Mapping[int, str], text: Callable[[int], str]) -> None:
        self._numbers = tuple(ends) if len(ends) <= FEW else ()
        self._text = text
        self._last: tuple[str | None, Sequence[int]] = (None, ())
        self._pieces: Postings | None = None
        if len(ends) > FEW:
            common = Counter(word for one in ends.values() for word in _words(one))
            indexed = ((piece, number) for number, one in ends.items() for piece in _indexed(one, common))
            self._pieces = Postings(indexed, bits=32)

    def candidates(self, text: str) -> list[int]:
        """Return the numbers of the texts that are worth a comparison with a text, in their order."""
        if self._pieces is None:
            return list(self._numbers)
        shown = ends(text)
        rarest = sorted((self._pieces.count(piece), piece) for piece in {*_words(shown), *_shingles(shown)})
        shared: dict[int, float] = {}  # a piece counts the more, the fewer texts have it
        for count, piece in rarest:
            if len(shared) >= _MOST_FOUND:
                break
            for number in self._pieces.find(piece, MOST_COMPARED):
                shared[number] = shared.get(number, 0.0) + 1 / count
        return sorted(sorted(shared, key=lambda number: (-shared[number], number))[:MOST_COMPARED])

    def most_alike(self, text: str) -> Sequence[int]:
        """Return the numbers of the texts that are alike, the most alike first, of equal ones the first."""
        if text != self._last[0]:  # whoever asks what is known of them asks for them once more
            shown = plain(text)
            ratios = {number: likeness(shown, plain(self._text(number))) for number in self.candidates(text)}
            alike = sorted((number for number, ratio in ratios.items() if ratio), key=lambda number: -ratios[number])
            self._last = text, alike
        return self._last[1]


def ends(text: str) -> str:
    """Return what of a text is looked at to find texts that may be like it."""
    text = plain(text).encode(errors="replace").decode()
    return text if len(text) <= 2 * _END else f"{text[:_END]} {text[-_END:]}"


def _words(shown: str) -> set[int]:
    return {crc32(word.encode()) for word in _WORD.findall(shown)}


def _shingles(shown: str) -> list[int]:
    """Return some of the runs of bytes of a text, mostly the same ones of texts that are alike."""
    whole = shown.encode()
    runs = {whole[at : at + _SHINGLE] for at in range(max(1, len(whole) - _SHINGLE + 1))}
    return sorted(map(_of_run, runs))[:_SHINGLES]


def _of_run(run: bytes) -> int:
    return crc32(run, 1)  # no word's number


def _indexed(shown: str, common: Mapping[int, int]) -> set[int]:
    return {*sorted(_words(shown), key=lambda word: (common[word], word))[:_WORDS], *_shingles(shown)}
