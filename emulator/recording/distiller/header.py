"""The header of a distilled scenario: where it comes from, how faithful it is, and what was lost."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.domain.instants import FIRST_WIRE, LAST_INSTANT, LAST_WIRE
from emulator.recording.distiller.conversation import Conversation
from emulator.recording.distiller.fidelity import fidelity_of
from emulator.recording.distiller.options import Options
from emulator.recording.recordings import HttpRecording


def header(found: Conversation, options: Options, notes: Sequence[str]) -> dict[str, Any]:
    """Return the header, but for what the assistants were."""
    names = [path.name for recording in found.recordings for path in recording.paths]
    first = found.recordings[0]
    time = _recorded_at(found)
    made: dict[str, Any] = {
        "source": names[0] if len(names) == 1 else names,
        "kind": first.kind,
        "sha256": first.sha256[:16],
        "fidelity": fidelity_of(found.runs),
        "ids": options.ids,
        "drift": options.drift,
    }
    if time is not None:
        moment = datetime.fromtimestamp(int(time), UTC)
        if FIRST_WIRE <= moment.date() <= LAST_WIRE:
            made["wire"] = moment.date().isoformat()
        made["recorded_at"] = moment.isoformat().replace("+00:00", "Z")
    return {**made, "notes": list(notes)} if notes else made


def _recorded_at(found: Conversation) -> float | None:
    """Return when the recording was made: by its requests, else by its oldest run, message or thread."""
    for recording in found.recordings:
        for exchange in recording.exchanges if isinstance(recording, HttpRecording) else ():
            if exchange.at is not None:
                return exchange.at
    of_threads = [thread.document.get("created_at") for thread in found.threads]
    of_messages = [one.created_at for thread in found.threads for one in thread.messages.values()]
    times = [*of_threads, *of_messages, *(run.created_at for run in found.runs)]
    return min(
        (float(time) for time in times if isinstance(time, int | float) and 0 < time < LAST_INSTANT), default=None
    )
