"""Ids of responses, conversations and items: where they belong and when they were made is written into them.

Recorded: all items of a chain or a conversation share sixteen digits, the partition.
"""

from typing import Final

PARTITION: Final = 16
_TIME: Final = 8


def in_partition(id: str, *, partition: str, time: int, stored: bool = True, of_api: bool = False) -> str:  # noqa: A002
    """Return an id with its partition and its time. id: with random digits. time: in seconds since the epoch.

    Of responses and what they write, the partition comes first, then ``00``, or ``01`` where nothing is stored
    (recorded). of_api: of what a client made, the time comes first and the partition last (recorded).
    """
    prefix, _, digits = id.rpartition("_")
    stamp = f"{time & 0xFFFFFFFF:0{_TIME}x}"
    if of_api:
        middle = digits[_TIME : len(digits) - PARTITION]
        return f"{prefix}_{stamp}{middle}{partition}"
    marked = f"{partition}{'00' if stored else '01'}{stamp}"
    return f"{prefix}_{marked}{digits[len(marked) :]}"


def new_partition(id: str) -> str:  # noqa: A002
    """Return the partition that begins with an id of random digits."""
    return id.rpartition("_")[2][:PARTITION]


def partition_of(id: str) -> str:  # noqa: A002
    """Return the partition of a response or a conversation."""
    digits = id.rpartition("_")[2]
    return digits[-PARTITION:] if id.startswith("conv_") else digits[:PARTITION]
