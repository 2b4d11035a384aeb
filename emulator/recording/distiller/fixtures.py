"""What has to be there before the first request: what the recorded program used and had not made itself."""

import json
from collections.abc import Collection, Iterable, Sequence
from io import BytesIO
from typing import Any

from emulator.recording.distiller.assistants import Assistants
from emulator.recording.distiller.conversation import Conversation
from emulator.recording.distiller.names import Names
from emulator.recording.evidence.exports import oldest_first
from emulator.recording.evidence.known import Doc, KnownThread
from emulator.recording.recordings import AnyRecording
from emulator.recording.secrets import Secrets


def fixtures_of(found: Conversation, assistants: Assistants, with_past: Collection[str]) -> dict[str, Any]:
    """Return assistants and threads with the ids by which the program knew them.

    with_past: the ids of threads that come back with what was on them.
    """
    known = found.documents.assistants
    requested = {run.document.get("assistant_id") for run in found.runs if run.created is not None}
    older = {
        name: {"id": id_, **_assistant(assistants.named[name])}
        for id_, name in assistants.ids.items()
        if id_ in requested and not (id_ in known and known[id_].made)
    }
    names = Names()
    threads = {
        names.unique("thread", "{name}_{number}"): {"id": thread.id}
        for thread in found.threads
        if is_older(thread) and thread.id not in with_past
    }
    return {kind: some for kind, some in (("assistants", older), ("threads", threads)) if some}


def is_older(thread: KnownThread) -> bool:
    """Return whether recorded requests used a thread that none of them had made."""
    return not thread.made and any(run.created is not None for run in thread.runs.values())


def _assistant(given: dict[str, Any]) -> dict[str, Any]:
    return {"model": given.get("model") or "gpt-4o", **{name: one for name, one in given.items() if name != "model"}}


def exported(recordings: Sequence[AnyRecording]) -> list[Doc]:
    """Return the objects of exports, in the API's own JSON, each once."""
    objects: dict[tuple[str, str], Doc] = {}
    for _, export in oldest_first(recordings):
        for one in export.objects:
            key = str(one.get("object")), str(one.get("id"))
            # What one file has only the name of, another may hold.
            if key not in objects or key[1] not in export.stand_ins:
                objects[key] = one
    return list(objects.values())


def as_file(objects: Iterable[Doc], secrets: Secrets) -> bytes:
    """Return the content of the file in which objects stand beside a scenario: a list, one object a line."""
    file, begin = BytesIO(), "[\n"
    for one in objects:
        file.write((begin + json.dumps(secrets.without_secrets_in(dict(one)), ensure_ascii=False)).encode())
        begin = ",\n"
    file.write(b"\n]\n")
    return file.getvalue()
