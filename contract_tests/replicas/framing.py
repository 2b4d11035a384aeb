"""Where a message of HTTP/1.1 ends: enough of the protocol to pass messages on, byte by byte as they came."""

import asyncio

_MOST_OF_A_HEAD = 256 * 1024
_AT_ONCE = 64 * 1024


class BrokenError(Exception):
    """The connection ended before the message did, or it was none. is_reset: it was broken off, rather than closed."""

    def __init__(self, *, is_reset=False):
        super().__init__()
        self.is_reset = is_reset


class Reader(asyncio.StreamReader):
    """A reader that tells of the end of its connection, also while nobody reads.

    ended: set then. is_reset: whether the connection was broken off; what came before that is still read.
    """

    def __init__(self):
        super().__init__(limit=_MOST_OF_A_HEAD)
        self.ended = asyncio.Event()
        self.is_reset = False

    def feed_eof(self):
        super().feed_eof()
        self.ended.set()

    def set_exception(self, exc):
        self.is_reset = True
        self.feed_eof()


class Head:
    """The first line and the headers of a message. raw: as it came."""

    def __init__(self, raw):
        self.raw = raw
        first, *lines = raw[:-4].split(b"\r\n")
        self.first = first.split(b" ", 2)
        headers = (line.partition(b":") for line in lines)
        self._headers = {name.strip().lower(): value.strip() for name, _, value in headers}

    def says(self, name, word):
        """Return whether a header holds a word."""
        return word in self._headers.get(name, b"").lower()

    @property
    def length(self):
        """The bytes of the body; None where its end is said in the body itself, or by the end of the connection."""
        if self.says(b"transfer-encoding", b"chunked"):
            return None
        length = self._headers.get(b"content-length")
        return None if length is None else int(length)

    @property
    def is_chunked(self):
        return self.says(b"transfer-encoding", b"chunked")


async def read_head(reader):
    """Return the next head, None where the connection ends before it. Raises BrokenError."""
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        if not (error.partial or reader.is_reset):
            return None
        raise BrokenError(is_reset=reader.is_reset) from error
    except asyncio.LimitOverrunError as error:
        raise BrokenError from error


async def pieces(reader, head, *, until_end):
    """Yield the bytes of a body as soon as they come. until_end: it ends with its connection, if it says nothing else.

    Raises BrokenError.
    """
    try:
        if head.is_chunked:
            async for piece in _chunks(reader):
                yield piece
        elif head.length is not None:
            async for piece in _counted(reader, head.length):
                yield piece
        elif until_end:
            while piece := await reader.read(_AT_ONCE):
                yield piece
            if reader.is_reset:
                raise BrokenError(is_reset=True)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise BrokenError(is_reset=reader.is_reset) from error


async def _chunks(reader):
    while True:
        line = await reader.readuntil(b"\r\n")
        yield line
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            break
        async for piece in _counted(reader, size + 2):
            yield piece
    # Trailers, of which there are mostly none, end with an empty line.
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        yield line
    yield line


async def _counted(reader, left):
    while left:
        piece = await reader.read(min(left, _AT_ONCE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece
