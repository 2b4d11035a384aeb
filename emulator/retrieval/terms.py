"""What a text is found by: the terms of a chunk, and the weighed terms of a query.

Words: folded (case, width, accents), stemmed. Identifiers: as a whole and in their parts. Numbers: without separators of thousands,
dates and versions in their parts too. Chinese, Japanese and Korean: pairs of characters, and single ones.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from emulator.retrieval.stemming import stem
from emulator.retrieval.tokens import CJK

# A word of a script with letters may hold apostrophes (dropped) and joins of identifiers, numbers and versions.
_WORD: Final = re.compile(
    rf"[{CJK}]+|(?:(?![{CJK}])\w)+(?:['\u2019.,](?=\w)(?:(?![{CJK}])\w)+)*"
)
_PARTS: Final = re.compile(r"[^\W\d_]+|\d+")
_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|\d+")
