"""Recordings become scenarios: what the model chose, as a person would have written it."""

from collections.abc import Iterator, Sequence

from emulator.recording.distiller.options import Distilled, Options
from emulator.recording.distiller.scenarios import scenario_of
from emulator.recording.evidence import Evidence, gather
from emulator.recording.evidence.conversations import runs_in_order
from emulator.recording.evidence.known import KnownThread
from emulator.recording.recordings import AnyRecording, HttpRecording
from emulator.recording.secrets import Secrets

__all__ = ["Distilled", "Options", "distil", "holdings"]


def distil(recordings: Sequence[AnyRecording], options: Options) -> list[Distilled]:
    """Return a scenario for each recording that shows a thread; recordings that share a thread give one together."""
    evidence = gather(recordings)
    secrets = _secrets_of(recordings)
    return [
        scenario_of(
            evidence,
            numbers,
            threads,
            runs_in_order([run for thread in threads for run in thread.runs.values()]),
            options,
            secrets,
        )
        for numbers, threads in _conversations(evidence)
    ]


def holdings(recording: AnyRecording) -> str:
    """Return what a recording holds that shows no thread, in words."""
    if not isinstance(recording, HttpRecording):
        return f"{len(recording.objects)} objects, none of a thread"
    tally = gather([recording]).tallies[0]
    elsewhere = ", ".join(f"{count} to {path}" for path, count in tally.elsewhere.most_common(3))
    return f"{tally.exchanges} requests, none of a thread" + (f" ({elsewhere})" if elsewhere else "")


def _conversations(evidence: Evidence) -> Iterator[tuple[list[int], list[KnownThread]]]:
    """Yield the numbers of recordings that share threads, with their threads."""
    leader = list(range(len(evidence.recordings)))

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    for thread in evidence.documents.all_threads:
        for source in thread.sources[1:]:
            leader[find(source)] = find(thread.sources[0])
    groups: dict[int, list[KnownThread]] = {}
    for thread in evidence.documents.all_threads:
        groups.setdefault(find(thread.sources[0]), []).append(thread)
    members = {root: [number for number in range(len(leader)) if find(number) == root] for root in groups}
    for root in sorted(groups, key=lambda root: members[root][0]):
        yield members[root], groups[root]


def _secrets_of(recordings: Sequence[AnyRecording]) -> Secrets:
    """Return what finds secrets, those among it by which requests were authorized."""
    secrets = Secrets()
    learned: set[str] = set()
    for recording in recordings:
        for exchange in recording.exchanges if isinstance(recording, HttpRecording) else ():
            for name in _AUTHORIZING & exchange.request_headers.keys():
                value = exchange.request_headers[name]
                if value not in learned:
                    learned.add(value)
                    secrets.learn(value.rsplit(" ", 1)[-1])
    return secrets


_AUTHORIZING = {"authorization", "api-key", "ocp-apim-subscription-key", "openai-organization", "openai-project"}
