"""Content codings taken off a body: gzip, deflate, brotli and zstd, in bounded memory."""

import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

MAX_BODY: Final = 100 * 1024 * 1024
_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class UndecodableError(Exception):
    """A body that is damaged, or grows beyond all measure; the message says which."""


class MissingDecoderError(Exception):
    """A coding whose package is not installed; the message says how to install it."""


def decoded(data: bytes, codings: str) -> tuple[bytes, bool]:
    """Return a body without its codings (the value of Content-Encoding), and whether it came to its end.

    Recorders often decode a body and keep the header: what is not encoded is returned as it is. Raises
    `UndecodableError` and `MissingDecoderError`.
    """
    complete = True
    for coding in reversed([name.strip().lower() for name in codings.split(",")]):
        decoder = _DECODERS.get(coding)
        if decoder is not None and data:
            data, whole = decoder(data)
            complete = complete and whole
    return data, complete


def _gzip(data: bytes) -> tuple[bytes, bool]:
    if not data.startswith(_GZIP_MAGIC):
        return data, True
    pieces: list[bytes] = []
    room = MAX_BODY
    whole = True
    while data.startswith(_GZIP_MAGIC):  # a body may have several members
        piece, whole, data = _inflated(data, 31, room)
        pieces.append(piece)
        room -= len(piece)
        if not whole:
            break
    return b"".join(pieces), whole


def _deflate(data: bytes) -> tuple[bytes, bool]:
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # servers send either
        try:
            piece, whole, _ = _inflated(data, bits, MAX_BODY)
        except UndecodableError:
            continue
        if piece:
            return piece, whole
    return data, True


def _inflated(data: bytes, bits: int, room: int) -> tuple[bytes, bool, bytes]:
    stream = zlib.decompressobj(bits)
    try:
        piece = stream.decompress(data, room)
    except zlib.error as error:
        raise UndecodableError(f"damaged ({error})") from None
    if stream.unconsumed_tail:
        raise UndecodableError(f"larger than {MAX_BODY >> 20} MB when decompressed")
    return piece, stream.eof, stream.unused_data


def _brotli(data: bytes) -> tuple[bytes, bool]:
    module = _installed("brotli", "brotlicffi")
    if module is None:
        if _is_text(data):
            return data, True
        raise MissingDecoderError("is compressed with brotli: install assistants-emulator[replay]")
    stream = module.Decompressor()
    try:
        pieces = list(_bounded(stream.process, data))
    except module.error as error:
        if _is_text(data):
            return data, True
        raise UndecodableError(f"damaged ({error})") from None
    return b"".join(pieces), stream.is_finished()


def _bounded(process: Callable[[bytes], bytes], data: bytes) -> Iterator[bytes]:
    """Yield what a decompressor without a limit makes of small pieces, up to the limit."""
    room = MAX_BODY
    for start in range(0, len(data), 4096):
        piece = process(data[start : start + 4096])
        room -= len(piece)
        if room < 0:
            raise UndecodableError(f"larger than {MAX_BODY >> 20} MB when decompressed")
        yield piece


def _zstd(data: bytes) -> tuple[bytes, bool]:
    if not data.startswith(_ZSTD_MAGIC):
        return data, True
    if (module := _installed("compression.zstd")) is not None:  # Python 3.14
        stream = module.ZstdDecompressor()
        errors: Any = module.ZstdError
        read = stream.decompress
    elif (module := _installed("zstandard")) is not None:
        stream = module.ZstdDecompressor().decompressobj()
        errors = module.ZstdError
        read = stream.decompress
    else:
        raise MissingDecoderError("is compressed with zstd: install zstandard")
    try:
        pieces = list(_bounded(read, data))
    except errors as error:
        raise UndecodableError(f"damaged ({error})") from None
    return b"".join(pieces), bool(stream.eof)


def _installed(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


_DECODERS: Final[dict[str, Callable[[bytes], tuple[bytes, bool]]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
