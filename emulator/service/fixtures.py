"""Objects that scripts want to be there, with ids of their own choosing: real apps hard-code an assistant's id."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emulator.engine.drawing import from_data_uri
from emulator.engine.world import World
from emulator.service import assistants, files, threads, vector_stores
from emulator.store.tables import Assistant, File, Thread, VectorStore
from emulator.wire.assistants import CreateAssistant
from emulator.wire.problems import validate
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

Fixtures = Mapping[str, Sequence[Mapping[str, Any]]]


def upsert(world: World, fixtures: Fixtures) -> None:
    """Make what is not there, and bring assistants up to date; raise `ApiError` for what the API would refuse."""
    for wanted in fixtures.get("assistants", ()):
        unit = world.unit()
        unit.delete(Assistant, id=wanted["id"])
        unit.commit()
    add_missing(world, fixtures)


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
