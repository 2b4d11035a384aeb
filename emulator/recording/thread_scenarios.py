"""A thread of a namespace as a scenario: what its runs did, as a person would have written it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.recording.distilled_files import distil_one, source_of
from emulator.recording.distiller import Options
from emulator.recording.recordings import UnreadableRecordingError
from emulator.service import thread_exports
from emulator.service.namespaces import Namespaces
from emulator.service.thread_archives import as_json, paths_of
from emulator.service.thread_exports import ThreadExport
from emulator.service.thread_forks import check_size
from emulator.store.blobs import Blobs

# Of the bytes of files that are played again: what a script may have.
_MOST_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ThreadScenario:
    """A scenario. source: the script, its files as data URIs. fidelity, notes: as a distilled recording has them."""

    source: ScriptSource
    turns: int
    fidelity: str
    notes: Sequence[str]


async def scenario_of(namespaces: Namespaces, ns: str, thread_id: str, options: Options) -> ThreadScenario:
    """Return a thread as a scenario, which is named after it.

    Raises `ApiError` for a thread that is not there, is too large, or on which no run has done anything.
    """
    namespace = await namespaces.find(ns)
    async with namespace.transaction() as tx:
        await check_size(tx, thread_id)
    with namespaces.blobs.held():
        export = await thread_exports.export(namespace, thread_id)
        if not export.runs:
            raise ApiError(400, f"The thread '{thread_id}' has no run yet: there is nothing to be played again.")
        return await namespaces.scripts.workers.compute(partial(_made, export, namespaces.blobs, options))


def _made(export: ThreadExport, blobs: Blobs, options: Options) -> ThreadScenario:
    name = str(export.thread["id"])
    with tempfile.TemporaryDirectory(prefix="emulator-scenario-") as folder:
        path = Path(folder) / "thread.json"
        path.write_bytes(as_json(export))
        _lay_beside(Path(folder), export, blobs)
        try:
            made = distil_one(path, options)
        except UnreadableRecordingError as error:
            raise ApiError(400, str(error).replace(f"{folder}/", "")) from None
    return ThreadScenario(source_of(made, Path(f"{name}.yaml")), made.runs, made.fidelity, list(made.notes))


def _lay_beside(folder: Path, export: ThreadExport, blobs: Blobs) -> None:
    """Lay the bytes of files where they are looked for, as far as a script may have them."""
    left = _MOST_BYTES
    for file_id, name in paths_of(export, blobs).items():
        left -= blobs.length(export.blobs[file_id])
        if left < 0:
            return
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(blobs.read(export.blobs[file_id]))
