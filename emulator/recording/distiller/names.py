"""Names of threads and turns that a person would give them: from what was asked, in a few plain words."""

import re
import unicodedata
from typing import Final

_LONGEST: Final = 32
_MOST_WORDS: Final = 5
_WORD: Final = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(name: str, fallback: str = "recording") -> str:
    """Return a name as that of a file, without folder and ending."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(sign))
    return _UNSAFE.sub("-", plain).strip("-.")[:100] or fallback


class Names:
    """Names that are each given once."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, name: str, numbered: str = "{name} ({number})") -> str:
        """Return a name, with a number where it is taken. numbered: how that is written."""
        free = name
        while free in self._taken:
            self._taken[name] += 1
            free = numbered.format(name=name, number=self._taken[name])
        self._taken[free] = 1
        return free


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
