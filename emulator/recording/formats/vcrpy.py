"""Cassettes of vcrpy, of all its versions, in YAML and JSON."""

from collections.abc import Iterator
from typing import Final

from emulator.recording.exchange import Exchange
from emulator.recording.formats.interactions import exchange_of, interactions
from emulator.recording.formats.source import Source

KIND: Final = "vcrpy"
KEY: Final = "interactions"


def exchanges(source: Source) -> Iterator[Exchange | None]:
    """Yield what a cassette holds; None for what has no answer, or is with another API."""
    return (exchange_of(interaction, source, line) for line, interaction in interactions(source, KEY))
