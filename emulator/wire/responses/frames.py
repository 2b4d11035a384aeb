"""The bytes of a response's stream: of single events, and of many pieces of one text at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from emulator.wire import sse
from emulator.wire.history.responses import event_frame, obfuscation
from emulator.wire.pieces import Pieces

# What stands for what differs between the pieces of a text, while the rest is made once; none occurs in ids or names.
_PIECE: Final = "\x00piece\x00"
_NUMBER: Final = 2**62
_HOLES: Final = (
    (orjson.dumps(_PIECE), b"%(piece)b"),
    (orjson.dumps(obfuscation(_PIECE)), b"%(obfuscation)b"),
    (b"%d" % _NUMBER, b"%(number)d"),
)


@dataclass(frozen=True, slots=True)
class Framing:
    """How a stream shows its events. day, background, obfuscated: as in `event_frame`."""

    day: str
    background: bool = False
    obfuscated: bool = True

    def frame(self, event: str, data: Mapping[str, Any], number: int) -> bytes:
        """Return the bytes of an event. number: its place in the stream, from 0."""
        shown = event_frame(event, data, number, self.day, background=self.background, obfuscated=self.obfuscated)
        return sse.frame(event, shown)

    def pieces(self, event: str, pieces: Pieces, number: int, at_once: int) -> Iterator[bytes]:
        """Yield the bytes of the pieces of a text, so many at once. number: the place of the first of them."""
        template = self.frame(event, pieces.make(_PIECE), _NUMBER).replace(b"%", b"%%")
        for made, hole in _HOLES:
            template = template.replace(made, hole)
        for first in range(pieces.first, pieces.last, at_once):
            texts = pieces.cut.pieces(first, min(first + at_once, pieces.last))
            begin = number + first - pieces.first
            yield b"".join(
                template
                % {
                    b"piece": orjson.dumps(text),
                    b"obfuscation": orjson.dumps(obfuscation(text)),
                    b"number": place,
                }
                for place, text in enumerate(texts, begin)
            )
