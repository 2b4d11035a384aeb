"""The container in which a response's code runs, and what the code leaves there."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.store.tables import Run
from emulator.transcripts.responses import container_files
from emulator.transcripts.responses.citations import container_citation
from emulator.transcripts.responses.record import ResponseRecord

# How files of images begin, by their media types.
_MAGIC: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


class Workspace:
    """A container, which the request has found or made; where it offers no code, one is made when code runs."""

    def __init__(self, namespace: Namespace, tx: Transaction, record: ResponseRecord) -> None:
        self._namespace = namespace
        self._tx = tx
        self._record = record
        self._container: Mapping[str, Any] | None = record.play["container"]
        self._names: dict[str, str] = {}
        self._pictures: dict[str, bytes] = {}

    def use(self, tx: Transaction) -> None:
        """Write into a transaction from now on."""
        self._tx = tx

    @property
    def known_id(self) -> str | None:
        """The id of the container; None while there is none."""
        return None if self._container is None else str(self._container["id"])

    @property
    def id(self) -> str:
        """The id of the container, which is made where there is none."""
        if self._container is None:
            self._container = container_files.open_container(self._namespace, self._tx)
            self._record.play = {**self._record.play, "container": self._container}
            self._tx.update(Run, self._record.id, play=self._record.play)
        return str(self._container["id"])

    def touch(self) -> None:
        """Note that the container is used now."""
        if self._container is not None:
            self._container = container_files.touch(self._namespace, self._tx, self._container)

    async def keep(self, name: str | None, data: bytes, ending: str) -> str:
        """Keep bytes that code made, and return the file's id. name: below /mnt/data; None for a picture."""
        container_id = self.id
        file_id = await container_files.keep(self._namespace, self._tx, container_id, name, data, ending=ending)
        self._names[file_id] = name or f"{file_id}.{ending}"
        if name is None:
            self._pictures[file_id] = data
        return file_id

    def image_url(self, file_id: str) -> str:
        """Return the address of an image that code drew: its bytes (reported). Of any other file there is its id."""
        data = self._pictures.get(file_id)
        if data is None:
            return file_id
        media_type = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "image/png")
        return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

    def citation(self, file_id: str) -> dict[str, Any]:
        """Return the citation of an image that a message shows: it has no other place there (recorded)."""
        if not file_id.startswith("cfile_"):
            return {"type": "file_path", "file_id": file_id, "index": 0}
        return container_citation(self.id, file_id, self._names.get(file_id, f"{file_id}.png"))
