"""Content codings: which of them a recording can read, and bodies without them."""

import zlib
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

from emulator.recording.recorder.errors import UnknownCodingError

_GZIP: Final = 16 + zlib.MAX_WBITS
_MOST: Final = 1024 * 1024


class _Decoder(Protocol):
    def decoded(self, data: bytes) -> Iterator[bytes]: ...


class _Deflated:
    """gzip and deflate. Of gzip several members may follow each other; deflate comes with a header or without one."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._decoder = zlib.decompressobj(_GZIP if is_gzip else zlib.MAX_WBITS)
        self._is_begun = False

    def decoded(self, data: bytes) -> Iterator[bytes]:
        if not self._is_begun and data and not self._is_gzip and (data[0] & 0x0F) != zlib.DEFLATED:
            self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        self._is_begun = self._is_begun or bool(data)
        while data:
            if self._decoder.eof:
                if not self._is_gzip or not data.strip(b"\0"):
                    return
                self._decoder = zlib.decompressobj(_GZIP)
            yield self._decoder.decompress(data, _MOST)
            data = self._decoder.unconsumed_tail or (self._decoder.unused_data if self._decoder.eof else b"")


class _Brotli:
    def __init__(self) -> None:
        self._decoder: Any = import_module("brotli").Decompressor()  # an extra

    def decoded(self, data: bytes) -> Iterator[bytes]:
        yield self._decoder.process(data)


def readable() -> frozenset[str]:
    """Return the codings that can be read here."""
    return frozenset(("gzip", "x-gzip", "deflate", "identity", *(("br",) if find_spec("brotli") else ())))


def accepted(header: str, known: frozenset[str]) -> str:
    """Return what a client accepts, less what could not be read: the server is to choose something else."""
    chosen = [one.strip() for one in header.split(",")]
    kept = [one for one in chosen if one.partition(";")[0].strip().lower() in known]
    return ", ".join(kept) or "identity"


def codings_of(header: str) -> tuple[str, ...]:
    """Return the codings of a body, in the order in which they were applied."""
    names = (one.strip().lower() for one in header.split(","))
    return tuple(name for name in names if name not in ("", "identity"))


def decoded(pieces: Iterable[bytes], codings: tuple[str, ...]) -> Iterator[bytes]:
    """Yield a body without its codings, for each piece of it what that adds. Raises `UnknownCodingError`."""
    decoders = [_decoder(name) for name in reversed(codings)]
    for piece in pieces:
        yield b"".join(_through(decoders, piece))


def _through(decoders: list[_Decoder], piece: bytes) -> Iterator[bytes]:
    if not decoders:
        yield piece
        return
    first, *others = decoders
    try:
        for part in first.decoded(piece):
            yield from _through(others, part)
    except UnknownCodingError:
        raise
    except Exception as error:  # each library has its own
        raise UnknownCodingError("its content coding is broken") from error


def _decoder(name: str) -> _Decoder:
    match name:
        case "gzip" | "x-gzip":
            return _Deflated(is_gzip=True)
        case "deflate":
            return _Deflated(is_gzip=False)
        case "br" if find_spec("brotli"):
            return _Brotli()
        case _:
            raise UnknownCodingError("its content coding cannot be read here")
