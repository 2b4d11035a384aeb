"""Light stemming of English: words of one family to one form, which need not be a word.

Lighter than Porter's: endings of grammar and the commonest ones of word building. Too little joined costs one
missed word, too much joined brings wrong chunks; both sides are stemmed alike, so only the grouping matters.
"""

from functools import lru_cache
from typing import Final

_VOWELS: Final = frozenset("aeiouy")
# Ending -> what stands for it, the longer endings first, if at least three letters with a vowel are left before.
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
# A corner is nothing of corn, but a printer prints: the shorter the rest, the less it is a word of its own.
_LEAST: Final = {"ers": 5, "er": 5, "ors": 5, "or": 5}
_KEPT: Final = ("ss", "us", "is")
_NO_PLURALS: Final = frozenset({"news"})


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a lower-case word of plain letters; words under four letters stay as they are."""
    if len(word) < 4 or not word.isascii() or word in _NO_PLURALS:
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            if ending == "s" and word.endswith(_KEPT):
                break
            root = word[: -len(ending)]
            if len(root) >= _LEAST.get(ending, 3) and not _VOWELS.isdisjoint(root):
                return _even(root + instead)
    return _even(word)


def _even(root: str) -> str:
    """Return ``stop`` for ``stopp`` and ``creat`` for ``create``, so that all of a family end alike."""
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "aeiou":
        return root[:-1]
    return root[:-1] if len(root) > 4 and root[-1] == "e" else root
