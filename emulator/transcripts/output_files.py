"""Files that tools draw and write: stored where the client can read them back, as the service did."""

from functools import partial
from pathlib import PurePosixPath
from typing import Final

from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.store.tables import File
from emulator.wire.files import file

_PURPOSE: Final = "assistants_output"


async def keep(
    namespace: Namespace, tx: Transaction, name: str | None, data: bytes, ending: str, *, azure: bool = False
) -> str:
    """Keep bytes that a tool made; return the file's id.

    name: below /mnt/data; None for a picture without one. azure: the run was begun there.
    """
    file_id = namespace.ids.make(namespace.behaviors.ids_of_files(_PURPOSE, azure=azure))
    blobs = namespace.blobs
    blob = await blobs.beside(partial(blobs.write, blobs.name(namespace.name, file_id), data))
    tx.after_rollback(partial(blobs.drop, blob))
    filename = PurePosixPath(name).name if name else f"{file_id}.{ending}"
    doc = file(file_id, now=namespace.now(), filename=filename, purpose=_PURPOSE, size=len(data))
    tx.insert(File, file_id, id=file_id, purpose=_PURPOSE, blob=blob, doc=doc)
    return file_id
