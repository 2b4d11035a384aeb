"""Content codings taken off a body: gzip, deflate, brotli and zstd, in bounded memory."""

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from emulator.recording.recordings import UnreadableRecordingError

MAX_BODY: Final = 100 * 1024 * 1024
_TOO_LARGE: Final = f"larger than {MAX_BODY >> 20} MB when decompressed"
# Each is copied with what is behind it.
_MAX_MEMBERS: Final = 100
GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class UndecodableError(UnreadableRecordingError):
    """A body that is damaged, or grows beyond all measure; the message says which."""


class MissingDecoderError(UnreadableRecordingError):
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
    if not data.startswith(GZIP_MAGIC):
        return data, True
    pieces: list[bytes] = []
    room = MAX_BODY
    whole = True
    while data.startswith(GZIP_MAGIC):  # a body may have several members
        try:
            piece, whole, data = _inflated(data, 31, room)
        except zlib.error as error:
            raise UndecodableError(f"damaged ({error})") from None
        pieces.append(piece)
        room -= len(piece)
        if not whole:
            break
        if len(pieces) > _MAX_MEMBERS:
            raise UndecodableError("in too many pieces")
    return b"".join(pieces), whole


def _deflate(data: bytes) -> tuple[bytes, bool]:
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # servers send either
        try:
            piece, whole, _ = _inflated(data, bits, MAX_BODY)
        except zlib.error:
            continue
        if piece or whole:
            return piece, whole
    if _is_text(data):
        return data, True
    raise UndecodableError("damaged")


def _inflated(data: bytes, bits: int, room: int) -> tuple[bytes, bool, bytes]:
    stream = zlib.decompressobj(bits)
    piece = stream.decompress(data, room + 1)
    if len(piece) > room:
        raise UndecodableError(_TOO_LARGE)
    return piece, stream.eof, stream.unused_data


def _brotli(data: bytes) -> tuple[bytes, bool]:
    module = _installed("brotli")
    # Older versions have no limit of what they make of a piece.
    if not hasattr(getattr(module, "Decompressor", None), "can_accept_more_data"):
        if _is_text(data):
            return data, True
        raise MissingDecoderError("is compressed with brotli: install assistants-emulator[replay]")
    stream = module.Decompressor()
    pieces: list[bytes] = []
    room = MAX_BODY
    try:
        while piece := stream.process(b"" if pieces else data, output_buffer_limit=1024 * 1024):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                raise UndecodableError(_TOO_LARGE)
    except module.error as error:
        if _is_text(data):
            return data, True
        raise UndecodableError(f"damaged ({error})") from None
    if not pieces and _is_text(data):  # decoded already
        return data, True
    return b"".join(pieces), stream.is_finished()


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
    pieces: list[bytes] = []
    room = MAX_BODY
    try:
        for start in range(0, len(data), 4096):  # so much becomes 128 MB at the most
            pieces.append(read(data[start : start + 4096]))
            room -= len(pieces[-1])
            if room < 0:
                raise UndecodableError(_TOO_LARGE)
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
