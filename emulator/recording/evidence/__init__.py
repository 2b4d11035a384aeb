"""What recordings show: every thread, run, step, message, file and assistant, put together from all that was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.recording.evidence.conversations import settle
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.exchanges import ExchangeReader, Tally
from emulator.recording.evidence.exports import oldest_first, read_export
from emulator.recording.evidence.sequence import in_order_of_time
from emulator.recording.recordings import AnyRecording


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known. tallies: what else happened, by the number of the recording."""

    recordings: Sequence[AnyRecording]
    documents: Documents
    tallies: Sequence[Tally]


def gather(recordings: Sequence[AnyRecording]) -> Evidence:
    """Return what recordings show together: requests in the order of their times, as far as they are known.

    Exports say less, and come last.
    """
    documents = Documents()
    readers = [ExchangeReader(documents, number, one.path.name) for number, one in enumerate(recordings)]
    for number, exchange in in_order_of_time(recordings):
        readers[number].read(exchange)
    for number, export in oldest_first(recordings):
        read_export(documents, number, export)
    settle(documents)
    return Evidence(recordings, documents, [reader.tally for reader in readers])
