"""The terms by which a text is found: those of a chunk with their counts, those of a query with their weights.

Words: folded (case, width, accents) and stemmed. Identifiers, compounds, dates and versions: as a whole and in parts.
Chinese, Japanese and Korean: single characters and pairs, because there are no spaces between words.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import add
from typing import Final

from emulator.retrieval.stemming import stem
from emulator.retrieval.stopwords import ENGLISH, HIRAGANA, PARTICLES, PHRASES
from emulator.retrieval.tokens import CJK

# A run of CJK characters, or words joined by a point, a hyphen, an apostrophe, or the comma of thousands. Other commas
# do not join: a line of a table would become one word.
_WORD: Final = re.compile(rf"[{CJK}]+|[^\W{CJK}]+(?:(?:[.'\u2019-]|(?<=\d),(?=\d\d\d(?!\d)))[^\W{CJK}]+)*")
_PIECE: Final = re.compile(r"\d+|[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]")
_POSSESSIVE: Final = re.compile(r"['\u2019]s?(?!\w)|['\u2019]")
_WRAPPED: Final = re.compile(rf"(?<=[{CJK}])\n(?=[{CJK}])")
_SIGNS: Final = re.compile(r"[^\w\s]{31,}")
_CJK_WORDS: Final = re.compile(r"\w+")
_FIRST_CJK: Final = CJK[0]
_ANY_CJK: Final = re.compile(rf"[{CJK}]")
# A longer word is data (a hash, a line of base64), and only its parts, if any, are of use.
_LONGEST: Final = 64
# The rest of a longer query is not looked at: what is that long is a document, and says enough in the beginning.
_LONGEST_QUERY: Final = 100_000
# Names and codes say more about the subject than the words around them; so do Latin letters in a Chinese or Japanese
# question.
_NAME: Final = 1.5


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A term of a query. weight: its importance, 1 for a plain word.

    substitutes: terms to look up if no chunk at all has the term; then no chunk loses score for not having it. None:
    the term always counts, because a chunk without it does not answer the whole question.
    """

    term: str
    weight: float
    substitutes: tuple[str, ...] | None = None


def count_terms(text: str) -> Counter[str]:
    """Return the terms of a chunk, and how often each occurs."""
    text = _normal(text)
    terms: Counter[str] = Counter()
    for word, times in Counter(_WORD.findall(text)).items():
        if word[0] >= _FIRST_CJK and _ANY_CJK.match(word):
            for run in _CJK_WORDS.findall(word) * times:
                # Counter.update and map run in C, which makes indexing Chinese three times faster than a loop.
                terms.update(run)
                terms.update(map(add, run, run[1:]))
        else:
            whole, parts = split(word)
            for term in whole + parts if whole else parts:
                terms[term] = terms.get(term, 0) + times  # `+=` calls Counter.__missing__, which is slow
    return terms


def query_terms(query: str) -> list[QueryTerm]:
    """Return the terms of a query, each once; stop words only if there are no other words."""
    text = _normal(query[:_LONGEST_QUERY])
    found = list(_terms_of(PHRASES.sub(" ", text), frozenset(ENGLISH))) or list(_terms_of(text, frozenset()))
    best: dict[str, QueryTerm] = {}
    for each in found:
        if each.term not in best or best[each.term].weight < each.weight:
            best[each.term] = each
    return list(best.values())


def _terms_of(text: str, stopwords: frozenset[str]) -> Iterator[QueryTerm]:
    words = _WORD.findall(text)
    foreign = any(_ANY_CJK.match(word) for word in words)
    for at, word in enumerate(words):
        if _ANY_CJK.match(word):
            for run in _CJK_WORDS.findall(word):
                yield from _character_terms(run)
        # IT, US and WHO are no stop words.
        elif (word.isupper() and len(word) > 1) or _POSSESSIVE.sub("", word).lower() not in stopwords:
            is_name = foreign or (at > 0 and word[0].isupper()) or (len(word) > 1 and not word[1:].isalpha())
            yield from _word_terms(word, _NAME if is_name else 1.0)


def _word_terms(word: str, weight: float) -> Iterator[QueryTerm]:
    whole, parts = split(word)
    if not whole:
        yield from (QueryTerm(part, weight) for part in parts)
        return
    # Where chunks only have the parts, the whole is not looked for: it has no substitutes but does not count either.
    yield from (QueryTerm(term, weight, ()) for term in whole)
    yield from (QueryTerm(part, 0.4 if len(part) > 1 else 0.15) for part in parts)


def _character_terms(run: str) -> Iterator[QueryTerm]:
    if len(run) == 1:
        yield QueryTerm(run, 0.2 if _is_particle(run) else 1.0)
    for one, other in pairwise(run):
        particles = _is_particle(one) + _is_particle(other)
        # No chunk has a pair across two words; then its characters are looked up instead.
        yield QueryTerm(one + other, (1.0, 0.4, 0.2)[particles], tuple(c for c in (one, other) if not _is_particle(c)))


def _is_particle(character: str) -> bool:
    return character in PARTICLES or HIRAGANA[0] <= character <= HIRAGANA[1]


def _normal(text: str) -> str:
    """Return the text with one form for each character, and without line breaks within CJK text."""
    if text.isascii():
        return text
    return _WRAPPED.sub("", unicodedata.normalize("NFKC", _SIGNS.sub(_without_piles, text)))


def _without_piles(signs: re.Match[str]) -> str:
    """Return some signs with at most 30 combining marks in a row, as Unicode's stream-safe format has it (UAX #15).

    The time for putting such marks in order grows with the square of their number, and no other thread gets on with
    its work meanwhile.
    """
    kept, marks = [], 0
    for character in signs[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= 30:
            kept.append(character)
    return "".join(kept)


def split(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the terms of one word that is not CJK: (the whole, if it has parts; its parts).

    ``getUserId`` and ``get_user_id``: (getuserid), (get, user, id). ``2024-05-01``: (2024-05-01), (2024, 5, 1).
    ``1,500``: (), (1500). ``running``: (), (run).
    """
    return _cached_split(word) if len(word) <= _LONGEST else _split(word)


def _split(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    word = _unaccented(_POSSESSIVE.sub("", word).replace(",", ""))
    pieces = _PIECE.findall(word)
    parts = tuple(dict.fromkeys(_part(piece) for piece in pieces if len(piece) <= _LONGEST))
    if len(pieces) < 2:
        return (), parts
    folded = word.casefold()
    # Numbers keep their signs, or 1.5 would be 15; names are the same whether joined by a sign or by a capital letter.
    whole = folded if pieces[0].isdigit() and pieces[-1].isdigit() else re.sub(r"[\W_]", "", folded)
    return ((whole,) if 1 < len(whole) <= _LONGEST and whole not in parts else ()), parts


# Texts repeat their words. Only short ones are cached: lines of data would fill the memory and never come again.
_cached_split: Final = lru_cache(maxsize=131_072)(_split)


def _part(piece: str) -> str:
    return piece.lstrip("0") or "0" if piece.isdigit() else stem(piece.casefold())


def _unaccented(word: str) -> str:
    if word.isascii():
        return word
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)
