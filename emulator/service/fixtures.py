"""Objects that scripts want to be there, with ids of their own choosing: real apps hard-code an assistant's id."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from emulator.engine.drawing import from_data_uri
from emulator.engine.world import World
from emulator.service import assistants, files, threads, vector_stores
from emulator.store.documents import Unit
from emulator.store.tables import Assistant, File, Thread, VectorStore, VectorStoreFile
from emulator.wire.assistants import CreateAssistant
from emulator.wire.problems import validate
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

Fixtures = Mapping[str, Sequence[Mapping[str, Any]]]


def upsert(world: World, fixtures: Fixtures, before: Fixtures) -> None:
    """Make what is not there, and make anew what is to be otherwise than before.

    before: what was wanted last; what stayed the same keeps all that was done with it. Assistants are always brought
    up to date. Raises `ApiError` for what the API would refuse.
    """
    last = {wanted["id"]: wanted for kind in before.values() for wanted in kind}
    unit = world.unit()
    for wanted in fixtures.get("assistants", ()):
        unit.delete(Assistant, id=wanted["id"])
    for kind, remove in _REMOVING.items():
        for wanted in fixtures.get(kind, ()):
            if last.get(wanted["id"], wanted) != wanted:
                remove(world, unit, wanted["id"])
    unit.commit()
    add_missing(world, fixtures)


def _remove_file(_world: World, unit: Unit, file_id: str) -> None:
    unit.delete(File, id=file_id)


def _remove_store(_world: World, unit: Unit, store_id: str) -> None:
    unit.delete(VectorStoreFile, store_id=store_id)
    unit.delete(VectorStore, id=store_id)


def _remove_thread(world: World, unit: Unit, thread_id: str) -> None:
    threads.clear(world, unit, thread_id)
    unit.delete(Thread, id=thread_id)


_REMOVING: Final[Mapping[str, Callable[[World, Unit, str], None]]] = {
    "files": _remove_file,
    "vector_stores": _remove_store,
    "threads": _remove_thread,
}


def add_missing(world: World, fixtures: Fixtures) -> None:
    """Make what is not there; raise `ApiError` for what the API would refuse."""
    for wanted in fixtures.get("files", ()):
        if world.documents.get(File, world.name, wanted["id"]) is None:
            _file(world, wanted)
    for wanted in fixtures.get("vector_stores", ()):
        if world.documents.get(VectorStore, world.name, wanted["id"]) is None:
            body = {name: value for name, value in wanted.items() if name != "id"}
            store = validate(CreateVectorStore, body, root=("vector_stores", wanted["id"]))
            vector_stores.create(world, store, id=wanted["id"])
    for wanted in fixtures.get("assistants", ()):
        if world.documents.get(Assistant, world.name, wanted["id"], deleted=True) is None:
            body = {name: value for name, value in wanted.items() if name != "id"}
            assistant = validate(CreateAssistant, body, root=("assistants", wanted["id"]))
            assistants.create(world, assistant, id=wanted["id"])
    for wanted in fixtures.get("threads", ()):
        if world.documents.get(Thread, world.name, wanted["id"]) is None:
            body = {name: value for name, value in wanted.items() if name != "id"}
            threads.create(world, validate(CreateThread, body, root=("threads", wanted["id"])), id=wanted["id"])


def _file(world: World, wanted: Mapping[str, Any]) -> None:
    _, data = from_data_uri(wanted["content"])
    with world.blobs.receive() as received:
        received.write(data)
    files.create(world, Path(received.name), filename=wanted["filename"], purpose=wanted["purpose"], id=wanted["id"])
