"""Recordings become scenarios: what the model chose, as a person would have written it."""

from collections.abc import Iterator, Sequence
from typing import Final

from emulator.recording.distiller.consistency import consistent
from emulator.recording.distiller.conversation import conversations
from emulator.recording.distiller.names import Names
from emulator.recording.distiller.notes import count
from emulator.recording.distiller.options import Distilled, Options
from emulator.recording.distiller.scenarios import ScenarioMaker, scenario_name
from emulator.recording.evidence import gather
from emulator.recording.formats.exports import joined
from emulator.recording.recordings import AnyRecording, HttpRecording
from emulator.recording.secrets import Secrets

__all__ = ["Distilled", "Options", "distil", "holdings", "secrets_of", "useless"]

# What these headers say is a secret wherever else it stands.
_AUTHORIZING: Final = frozenset(
    {"authorization", "api-key", "ocp-apim-subscription-key", "openai-organization", "openai-project"}
)


def distil(recordings: Sequence[AnyRecording], options: Options) -> list[Distilled]:
    """Return a scenario for each recording that shows a thread; recordings that share a thread give one together."""
    secrets, names = secrets_of(recordings), Names()
    read = joined(recordings)
    places = {id(one): place for place, one in enumerate(read)}
    found = [one for group in consistent(read) for one in conversations(gather(group))]
    found.sort(key=lambda one: places[id(one.recordings[0])])
    return [ScenarioMaker(one, scenario_name(one, names), options, secrets).make() for one in found]


def useless(recordings: Sequence[AnyRecording], found: Sequence[Distilled]) -> Iterator[AnyRecording]:
    """Yield the recordings of which nothing is in any scenario: neither threads, nor assistants and files of others."""
    used = {source for made in found for source in made.sources}
    for recording in recordings:
        if recording.path not in used and not (found and _helps(recording)):
            yield recording


def _helps(recording: AnyRecording) -> bool:
    """Return whether a recording without a thread shows assistants or files, of which others speak."""
    documents = gather([recording]).documents
    return bool(documents.assistants or documents.files)


def holdings(recording: AnyRecording) -> str:
    """Return what a recording holds that shows no thread, in words."""
    if not isinstance(recording, HttpRecording):
        return f"holds {count(len(recording.objects), 'object')}, and no thread"
    tally = gather([recording]).tallies[0]
    elsewhere = ", ".join(f"{number:,} to {path}" for path, number in tally.elsewhere.most_common(3))
    holds = f"holds {count(tally.exchanges, 'request')}, none of a thread" + (f" ({elsewhere})" if elsewhere else "")
    return secrets_of([recording]).without_secrets(holds)


def secrets_of(recordings: Sequence[AnyRecording]) -> Secrets:
    """Return what finds secrets, those among it by which requests were authorized."""
    secrets = Secrets(masks_hidden=True)
    learned: set[str] = set()
    for recording in recordings:
        for exchange in recording.exchanges if isinstance(recording, HttpRecording) else ():
            for headers in (exchange.request_headers, exchange.response_headers):
                learned.update(headers[name] for name in _AUTHORIZING & headers.keys())
    for value in sorted(learned):
        secrets.learn(value.rsplit(" ", 1)[-1])
    return secrets
