"""Lines of YAML one by one: their dashes, their key and where their value begins, however broken the rest is."""

import re
from dataclasses import dataclass
from typing import Final

# What stands further right is no structure that a person writes.
_MOST: Final = 400
_LINE: Final = re.compile(
    r"(?P<blanks> *)(?P<dashes>(?:-(?: +|$))*)"
    r"(?:(?P<key>\"[^\"]*\"|'[^']*'|[\w$.][^:#{}\[\],\"']*?)(?P<colon> ?:)(?: +|$))?"
)
_BLOCK: Final = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line. All places are columns from 0: of each dash, of what stands behind them, and of the value behind a key.

    key: None where none is written. rest: what stands behind the key, or behind the dashes.
    """

    dashes: tuple[int, ...]
    begins_at: int
    key: str | None
    value_at: int
    rest: str

    @classmethod
    def of(cls, text: str) -> "Line":
        """Read a line."""
        found = _LINE.match(text[:_MOST])
        assert found is not None  # noqa: S101 - all of it may be empty
        start = found.start("dashes")
        dashes = tuple(start + place for place, sign in enumerate(found["dashes"]) if sign == "-")
        begins_at = found.end("dashes")
        if found["key"] is None:
            return cls(dashes, begins_at, None, begins_at, text[begins_at:])
        return cls(dashes, begins_at, found["key"].strip("\"'"), found.end("colon"), text[found.end() :])

    @property
    def starts_at(self) -> int:
        """Where its first sign is."""
        return self.dashes[0] if self.dashes else self.begins_at

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written, or a comment alone."""
        return not self.dashes and self.key is None and self.rest.lstrip()[:1] in ("", "#")

    @property
    def opens_block(self) -> bool:
        """Whether the lines below are a text (``|`` or ``>``)."""
        return _BLOCK.match(self.rest) is not None

    @property
    def opens_flow(self) -> bool:
        """Whether a list or a mapping in brackets begins here."""
        return self.rest[:1] in ("{", "[")
