"""Objects that scripts want to be there, with ids of their own choosing: real apps hard-code an assistant's id."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlmodel import SQLModel

from emulator.engine.drawing import from_data_uri
from emulator.engine.world import World
from emulator.service import assistants, files, ingesting, threads, vector_stores
from emulator.service.models import check_model
from emulator.store.documents import Unit
from emulator.store.tables import Assistant, File, Thread, VectorStore, VectorStoreFile
from emulator.tools.body import Body
from emulator.wire.assistants import CreateAssistant
from emulator.wire.problems import validate
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

Fixtures = Mapping[str, Sequence[Mapping[str, Any]]]


def upsert(world: World, fixtures: Fixtures, before: Fixtures) -> None:
    """Make what is not there, and make anew what is to be otherwise than before.

    before: what was wanted last; what stayed the same keeps all that was done with it. Assistants are always brought
    up to date, and what a client has deleted comes back. Raises `ApiError` for what the API would refuse.
    """
    bodies = _bodies(world, fixtures)
    last = {wanted["id"]: wanted for kind in before.values() for wanted in kind}
    unit, replaced = world.unit(), []
    for kind, (table, remove) in _KINDS.items():
        for wanted in fixtures.get(kind, ()):
            row = world.documents.get(table, world.name, wanted["id"], deleted=True)
            changed = kind == "assistants" or last.get(wanted["id"], wanted) != wanted
            if row is not None and (changed or row["deleted"]):
                remove(world, unit, wanted["id"])
                replaced.append(wanted["id"])
    unit.commit()
    _make(world, fixtures, bodies)
    for wanted in fixtures.get("files", ()):
        if wanted["id"] in replaced:
            ingesting.read_again(world, wanted["id"])


def add_missing(world: World, fixtures: Fixtures) -> None:
    """Make what was never there; raise `ApiError` for what the API would refuse."""
    _make(world, fixtures, _bodies(world, fixtures))


# --- making room ----------------------------------------------------------------------------------------------------


def _remove_file(_world: World, unit: Unit, file_id: str) -> None:
    unit.delete(File, id=file_id)


def _remove_store(world: World, unit: Unit, store_id: str) -> None:
    for intake in tuple(world.intakes.get(store_id, ())):
        intake.stop()
    world.indexes.pop(store_id, None)
    unit.delete(VectorStoreFile, store_id=store_id)
    unit.delete(VectorStore, id=store_id)


def _remove_assistant(_world: World, unit: Unit, assistant_id: str) -> None:
    unit.delete(Assistant, id=assistant_id)


def _remove_thread(world: World, unit: Unit, thread_id: str) -> None:
    threads.clear(world, unit, thread_id)
    unit.delete(Thread, id=thread_id)


# In the order in which they need each other.
_KINDS: Final[Mapping[str, tuple[type[SQLModel], Callable[[World, Unit, str], None]]]] = {
    "files": (File, _remove_file),
    "vector_stores": (VectorStore, _remove_store),
    "assistants": (Assistant, _remove_assistant),
    "threads": (Thread, _remove_thread),
}


# --- making ---------------------------------------------------------------------------------------------------------


def _bodies(world: World, fixtures: Fixtures) -> dict[str, Any]:
    """Return what is to be created by its id, checked before anything changes; files have no body."""
    bodies: dict[str, Any] = {}
    models: dict[str, type[Body]] = {
        "vector_stores": CreateVectorStore,
        "assistants": CreateAssistant,
        "threads": CreateThread,
    }
    for kind, model in models.items():
        for wanted in fixtures.get(kind, ()):
            body = {name: value for name, value in wanted.items() if name != "id"}
            bodies[wanted["id"]] = validate(model, body, root=(kind, wanted["id"]))
    for wanted in fixtures.get("assistants", ()):
        check_model(world, bodies[wanted["id"]].model)
    return bodies


def _make(world: World, fixtures: Fixtures, bodies: Mapping[str, Any]) -> None:
    create: dict[str, Callable[..., Any]] = {
        "vector_stores": vector_stores.create,
        "assistants": assistants.create,
        "threads": threads.create,
    }
    for kind, (table, _) in _KINDS.items():
        for wanted in fixtures.get(kind, ()):
            if world.documents.get(table, world.name, wanted["id"], deleted=True) is not None:
                continue
            if kind == "files":
                _file(world, wanted)
            else:
                create[kind](world, bodies[wanted["id"]], id=wanted["id"])


def _file(world: World, wanted: Mapping[str, Any]) -> None:
    _, data = from_data_uri(wanted["content"])
    with world.blobs.receive() as received:
        received.write(data)
    files.create(world, Path(received.name), filename=wanted["filename"], purpose=wanted["purpose"], id=wanted["id"])
