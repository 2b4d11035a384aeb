"""Files of containers, as they are stored: what clients copy into them, and what code leaves there."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final, Literal, NamedTuple

from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.store.tables import Container, ContainerFile
from emulator.wire.responses.containers import container, container_file
from emulator.wire.responses.ids import PARTITION, in_partition

# A name that one has to have (documented); which one those have that nobody named is unverified.
_NAMELESS: Final = "auto"
# What stands before the names of files that clients put there: their ids, or 32 digits (both recorded).
_COPY: Final = re.compile(r"(?P<id>(?:file|assistant)-[A-Za-z0-9]+)-(?P<name>.+)", re.DOTALL)
_UPLOAD: Final = re.compile(r"[0-9a-f]{32}-(?P<name>.+)", re.DOTALL)


def open_container(
    namespace: Namespace,
    tx: Transaction,
    *,
    name: str = _NAMELESS,
    memory: str | None = None,
    minutes: int | None = None,
) -> dict[str, Any]:
    """Add a container; return its document."""
    id_ = _dated(namespace, namespace.ids.make("cntr"))
    doc = container(id_, now=namespace.now(), name=name, memory=memory, minutes=minutes)
    tx.insert(Container, doc["id"], id=doc["id"], doc=doc)
    return doc


def _dated(namespace: Namespace, id: str) -> str:  # noqa: A002
    """Return an id that begins with its time (recorded)."""
    return in_partition(id, partition=id[-PARTITION:], time=namespace.now(), of_api=True)


async def keep(
    namespace: Namespace, tx: Transaction, container_id: str, name: str | None, data: bytes, *, ending: str
) -> str:
    """Keep bytes that code made in a container; return the file's id. name: below /mnt/data; None for a picture."""
    file_id = new_id(namespace)
    blobs = namespace.blobs
    blob = await blobs.beside(partial(blobs.write, blobs.name(namespace.generation, file_id), data))
    tx.after_rollback(partial(blobs.drop, blob))
    # A picture that code shows, and does not save, is named after its id (recorded).
    file = NewFile(file_id, blob, len(data), name or f"{file_id}.{ending}", "assistant")
    add(namespace, tx, container_id, file)
    return file_id


class NewFile(NamedTuple):
    """A file whose bytes are kept. name: below /mnt/data."""

    id: str
    blob: str
    size: int
    name: str
    source: Literal["user", "assistant"]


def add(namespace: Namespace, tx: Transaction, container_id: str, file: NewFile) -> dict[str, Any]:
    """Add a file to a container; return its document."""
    about: dict[str, Any] = {"container_id": container_id, "size": file.size, "name": file.name, "source": file.source}
    doc = container_file(file.id, now=namespace.now(), **about)
    tx.insert(ContainerFile, file.id, id=file.id, container_id=container_id, blob=file.blob, doc=doc)
    return doc


def new_id(namespace: Namespace) -> str:
    """Return an id for a file."""
    return _dated(namespace, namespace.ids.make("cfile"))


def touch(namespace: Namespace, tx: Transaction, container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Note that a container is used now, which moves its end (documented); return its document as it is then."""
    if container["last_active_at"] == namespace.now():
        return container
    used = {**container, "last_active_at": namespace.now()}
    tx.update(Container, container["id"], doc=used)
    return used


def name_of_copy(file_id: str, name: str) -> str:
    """Return what an uploaded file is called in a container (recorded: how code reads it)."""
    return f"{file_id}-{name}"


def name_of_upload(file_id: str, name: str) -> str:
    """Return what a file that was sent to a container is called there. Nothing is known of the digits (recorded)."""
    return f"{file_id.removeprefix('cfile_')}-{name}"


def original(file: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a client knows a file by: the id of what was copied, or its own, and the name without a prefix."""
    name = filename(file)
    if copy := _COPY.fullmatch(name):
        return copy["id"], copy["name"]
    upload = _UPLOAD.fullmatch(name)
    return file["id"], upload["name"] if upload else name


def filename(file: Mapping[str, Any]) -> str:
    """Return the name of a file, from its document."""
    return PurePosixPath(file["path"]).name
