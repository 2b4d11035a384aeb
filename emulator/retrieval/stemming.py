"""Light stemming of English: words of one family get one form, which need not be a word.

Lighter than Porter's: grammatical endings and the commonest suffixes. Joining too little misses a word, joining too
much brings wrong chunks. Texts and queries are stemmed alike, so only the grouping matters.
"""

from functools import lru_cache
from typing import Final

_VOWELS: Final = frozenset("aeiouy")
# Ending -> its replacement, longer endings first; applied if at least three letters with a vowel are left.
_ENDINGS: Final = (
    ("ization", "iz"),
    ("isation", "iz"),
    ("mentation", ""),
    ("ations", ""),
    ("ation", ""),
    ("ments", ""),
    ("ment", ""),
    ("nesses", ""),
    ("ness", ""),
    ("ions", ""),
    ("ings", ""),
    ("edly", ""),
    ("ises", "iz"),
    ("ised", "iz"),
    ("ising", "iz"),
    ("ise", "iz"),
    ("ion", ""),
    ("ing", ""),
    ("ies", "i"),
    ("ied", "i"),
    ("ers", ""),
    ("ors", ""),
    ("ed", ""),
    ("er", ""),
    ("or", ""),
    ("ly", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
    ("y", "i"),
)
# A printer prints, but a corner has nothing to do with corn: a short rest is rarely a word of its own.
_MIN_ROOT: Final = {"ers": 5, "er": 5, "ors": 5, "or": 5}
_NOT_PLURAL_ENDINGS: Final = ("ss", "us", "is")
_NOT_PLURALS: Final = frozenset({"news"})


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a lower-case word of plain letters; words under four letters stay as they are."""
    if len(word) < 4 or not word.isascii() or word in _NOT_PLURALS:
        return word
    for ending, replacement in _ENDINGS:
        if word.endswith(ending):
            if ending == "s" and word.endswith(_NOT_PLURAL_ENDINGS):
                break
            root = word[: -len(ending)]
            if len(root) >= _MIN_ROOT.get(ending, 3) and not _VOWELS.isdisjoint(root):
                return _normal(root + replacement)
    return _normal(word)


def _normal(root: str) -> str:
    """Return ``stop`` for ``stopp`` and ``creat`` for ``create``, so that all words of a family end alike."""
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "aeiou":
        return root[:-1]
    return root[:-1] if len(root) > 4 and root[-1] == "e" else root
