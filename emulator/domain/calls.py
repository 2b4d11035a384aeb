"""A call of a tool, whichever API shows it, and a text that arrives in pieces."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool.

    kind: the type of the tool. text: what the model writes of it piece by piece: arguments, code, a query. about: what
    else is known when it begins; result: what came of it. The keys of both are those of the kind, in `emulator.tools`.
    """

    id: str
    kind: str
    text: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A text in pieces. edges: where each piece begins, in characters, and where the last one ends."""

    text: str
    edges: Sequence[int]

    @classmethod
    def of(cls, pieces: Sequence[str]) -> "Cut":
        """Return the cut that makes these pieces."""
        edges = array("I", [0])
        end = 0
        for piece in pieces:
            end += len(piece)
            edges.append(end)
        return cls("".join(pieces), edges)

    def __len__(self) -> int:
        return len(self.edges) - 1

    def pieces(self, first: int, last: int) -> Iterator[str]:
        """Yield some of the pieces, the last one excluded."""
        for place in range(first, last):
            yield self.text[self.edges[place] : self.edges[place + 1]]
