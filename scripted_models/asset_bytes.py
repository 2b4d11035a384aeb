"""The bytes of a file beside a scenario, read in pieces: base64 is decoded where it is read, and never as a whole."""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from emulator.domain.data_uris import BadImageError, from_data_uri

_BLOCK: Final = 3 * 256 * 1024


class AssetBytes:
    """The bytes of a data URI. Raises ValueError where it is none."""

    def __init__(self, uri: str) -> None:
        head, _, _ = uri.partition(",")
        self._uri = uri
        self._start = len(head) + 1
        self._whole: bytes | None = None
        if not head.endswith(";base64"):
            try:
                self._whole = from_data_uri(uri)[1]
            except BadImageError as error:
                raise ValueError("not a data URI") from error
        elif (len(uri) - self._start) % 4:
            raise ValueError("not valid base64")
        padding = uri[-2:].count("=")
        self._length = (len(uri) - self._start) // 4 * 3 - padding if self._whole is None else len(self._whole)

    def __len__(self) -> int:
        return self._length

    def read(self, first: int, end: int) -> bytes:
        """Return the bytes from a place up to another. Raises ValueError where they are not base64."""
        if self._whole is not None:
            return self._whole[first:end]
        group = first // 3
        encoded = self._uri[self._start + group * 4 : self._start + -(-end // 3) * 4]
        try:
            return base64.b64decode(encoded, validate=True)[first - group * 3 : end - group * 3]
        except binascii.Error as error:
            raise ValueError(f"not valid base64: {error}") from error

    def lines(self, longest: int) -> Iterator[tuple[int, bytes]]:
        """Yield each line with where it begins; of one that is longer than so many bytes, only its beginning."""
        begin, rest = 0, b""
        for at in range(0, self._length, _BLOCK):
            *lines, rest = (rest + self.read(at, min(at + _BLOCK, self._length))).split(b"\n")
            for line in lines:
                yield begin, line
                begin += len(line) + 1
            if len(rest) > longest:
                yield begin, rest
                return
        if rest:
            yield begin, rest
