"""What has to be there before the first request: what the recorded program used and had not made itself."""

import json
from collections.abc import Sequence
from typing import Any

from emulator.recording.distiller.assistants import Assistants
from emulator.recording.distiller.names import Names
from emulator.recording.distiller.texts import Texts
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import KnownRun, KnownThread
from emulator.recording.recordings import AnyRecording, Export
from emulator.recording.secrets import Secrets


def fixtures_of(
    documents: Documents, threads: Sequence[KnownThread], runs: Sequence[KnownRun], assistants: Assistants, texts: Texts
) -> dict[str, Any]:
    """Return assistants and threads with the ids by which the program knew them."""
    del texts
    requested = {run.document.get("assistant_id") for run in runs if run.created is not None}
    found = {
        name: {"id": id_, **_assistant(assistants.named[name])}
        for id_, name in assistants.ids().items()
        if id_ in requested and not (id_ in documents.assistants and documents.assistants[id_].made)
    }
    names = Names()
    pinned = {
        names.unique("thread"): {"id": thread.id}
        for thread in threads
        if not thread.made and any(run.created is not None for run in thread.runs.values())
    }
    return {key: value for key, value in (("assistants", found), ("threads", pinned)) if value}


def _assistant(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": given.get("model") or "gpt-4o",
        **{name: value for name, value in given.items() if name != "model"},
    }


def exported(recordings: Sequence[AnyRecording], secrets: Secrets) -> bytes:
    """Return the objects of exports, in the API's own JSON; nothing where there are none."""
    exports = [recording for recording in recordings if isinstance(recording, Export)]
    objects: dict[tuple[str, str], Any] = {}
    for recording in exports:
        for one in recording.objects:
            key = str(one.get("object")), str(one.get("id"))
            # What one file has only the name of, another may hold.
            if key not in objects or key[1] not in recording.stand_ins:
                objects[key] = one
    if not objects:
        return b""
    shown = secrets.without_secrets_in(list(objects.values()))
    return (json.dumps(shown, ensure_ascii=False, indent=1) + "\n").encode()
