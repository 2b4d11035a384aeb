"""Tokens without a tokenizer: counts that are close to those of the real models and need no network.

One token each: a Chinese, Japanese or Korean character; up to 8 Latin letters, with the space before them; up to 4
letters of another script; up to 3 digits; up to 3 signs; up to 16 characters of white space. English prose comes to
about 4.5 characters a token and source code to about 3, which is close to the models' own tokenizers.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Final

# CJK radicals to ideographs, kana and bopomofo among them; Hangul; compatibility and full-width forms; planes 2 and 3.
CJK: Final = "\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_LATIN: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"

_TOKEN: Final = re.compile(
    rf"[{CJK}]| ?[{_LATIN}]{{1,8}}| ?[0-9]{{1,3}}| ?(?:(?![{CJK}])[^\W_]){{1,4}}"
    rf"| ?(?:(?![{CJK}])[^\w\s]|_){{1,3}}|\s{{1,16}}"
)


def token_ends(text: str) -> "array[int]":
    """Return where each token ends, in code points; the tokens are adjacent and cover the text."""
    return array("I", iter_token_ends(text))


def iter_token_ends(text: str) -> Iterator[int]:
    """Yield the same, one by one."""
    return (match.end() for match in _TOKEN.finditer(text))


def count_tokens(text: str, at_most: int | None = None) -> int:
    """Return how many tokens the text has. at_most: stop counting at one more than that."""
    if at_most is not None and len(text) <= at_most:
        at_most = None  # no token is empty, so the text cannot have more
    count = 0
    for _ in _TOKEN.finditer(text):
        count += 1
        if at_most is not None and count > at_most:
            break
    return count
