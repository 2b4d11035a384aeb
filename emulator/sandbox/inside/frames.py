"""The messages between host and interpreter: the length of a header, the header (JSON), then the blobs it lists."""

import json
import os
import struct
from collections.abc import Sequence
from typing import Any

LENGTH = struct.Struct(">I")


def pack(header: dict[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Return a message up to its blobs."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    return LENGTH.pack(len(text)) + text


class Channel:
    """The interpreter's end of two pipes to the host."""

    def __init__(self, receiving: int, sending: int) -> None:
        self._receiving = receiving
        self._sending = sending

    def send(self, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
        """Send one message."""
        for part in (pack(header, blobs), *blobs):
            view = memoryview(part)
            while view:
                view = view[os.write(self._sending, view) :]

    def receive(self) -> tuple[dict[str, Any], list[bytes]] | None:
        """Wait for the next message; None if the host has gone."""
        start = self._read(LENGTH.size)
        if len(start) < LENGTH.size:
            return None
        header = json.loads(self._read(LENGTH.unpack(start)[0]))
        return header, [self._read(size) for size in header["blobs"]]

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size and (part := os.read(self._receiving, min(size - len(parts), 2**20))):
            parts += part
        return bytes(parts)
