"""What recordings show: every thread, run, step, message, file and assistant, put together from all that was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.recording.evidence.conversations import settle
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.exchanges import ExchangeReader, Tally
from emulator.recording.evidence.exports import read_export
from emulator.recording.recordings import AnyRecording, HttpRecording


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known. tallies: what else happened, by the number of the recording."""

    recordings: Sequence[AnyRecording]
    documents: Documents
    tallies: Sequence[Tally]


def gather(recordings: Sequence[AnyRecording]) -> Evidence:
    """Return what recordings show together; they are read in the order of their times, where all have one."""
    documents = Documents()
    tallies = [Tally() for _ in recordings]
    for number in _in_order(recordings):
        recording = recordings[number]
        if isinstance(recording, HttpRecording):
            reader = ExchangeReader(documents, number)
            reader.read(recording)
            tallies[number] = reader.tally
        else:
            read_export(documents, number, recording)
    settle(documents)
    return Evidence(recordings, documents, tallies)


def _in_order(recordings: Sequence[AnyRecording]) -> list[int]:
    """Return the numbers of recordings as they were made: exports say less, and come last."""
    begun = [_begun_at(recording) for recording in recordings]
    is_timed = all(
        time is not None
        for recording, time in zip(recordings, begun, strict=True)
        if isinstance(recording, HttpRecording)
    )

    def place(number: int) -> tuple[bool, float]:
        return not isinstance(recordings[number], HttpRecording), (begun[number] or 0.0) if is_timed else 0.0

    return sorted(range(len(recordings)), key=place)


def _begun_at(recording: AnyRecording) -> float | None:
    if not isinstance(recording, HttpRecording):
        return None
    return next((one.at for one in recording.exchanges if one.at is not None), None)
