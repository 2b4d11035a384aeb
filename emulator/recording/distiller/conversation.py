"""What one scenario is made of: recordings that share threads, with these threads and their runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emulator.recording.evidence import Evidence
from emulator.recording.evidence.conversations import runs_in_order
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.exchanges import Tally
from emulator.recording.evidence.known import KnownRun, KnownThread
from emulator.recording.groups import Groups
from emulator.recording.recordings import AnyRecording


@dataclass(frozen=True, slots=True)
class Conversation:
    """Some threads, and the recordings that show them. runs: in the order in which they were made."""

    documents: Documents
    recordings: Sequence[AnyRecording]
    tallies: Sequence[Tally]
    threads: Sequence[KnownThread]
    runs: Sequence[KnownRun]
    all_recordings: Sequence[AnyRecording]

    def source_of(self, run: KnownRun) -> str:
        """Return the name of the file that shows how a run was made, or shows it first."""
        return run.where.file


def conversations(evidence: Evidence) -> Iterator[Conversation]:
    """Yield what belongs together, in the order of the recordings."""
    groups = Groups(len(evidence.recordings))
    for thread in evidence.documents.all_threads:
        groups.join(thread.sources)
    threads: dict[int, list[KnownThread]] = {}
    for thread in evidence.documents.all_threads:
        threads.setdefault(groups.leader(thread.sources[0]), []).append(thread)
    for leader, numbers in groups.members().items():
        if leader in threads:
            runs = [run for thread in threads[leader] for run in thread.runs.values()]
            yield Conversation(
                evidence.documents,
                [evidence.recordings[number] for number in numbers],
                [evidence.tallies[number] for number in numbers],
                threads[leader],
                runs_in_order(runs),
                evidence.recordings,
            )
