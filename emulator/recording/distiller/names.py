"""Names of threads and turns that a person would give them: from what was asked, in a few plain words."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_LONGEST: Final = 32
_MOST_WORDS: Final = 5
_WORD: Final = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(name: str, fallback: str = "recording") -> str:
    """Return a name as that of a file, without folder and ending."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return _UNSAFE.sub("-", stem).strip("-.")[:100] or fallback


class Names:
    """Names that are each given once."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """Return a name, with a number behind it where it is taken."""
        for candidate in self._candidates(name):
            if candidate not in self._taken:
                self._taken[candidate] = 1
                return candidate
        raise AssertionError(name)  # pragma: no cover - there is always a further number

    def _candidates(self, name: str) -> Iterator[str]:
        yield name
        while True:
            self._taken[name] = self._taken.get(name, 1) + 1
            yield f"{name} ({self._taken[name]})"


def words_of(text: str | None) -> str | None:
    """Return the first words of a text; None where it has none that ASCII can write."""
    plain = unicodedata.normalize("NFKD", text or "")[:1_000].encode("ascii", "ignore").decode()
    short = ""
    for word in _WORD.findall(plain)[:_MOST_WORDS]:
        longer = f"{short} {word}".strip()
        if len(longer) > _LONGEST:
            break
        short = longer
    return short.lower() or None
