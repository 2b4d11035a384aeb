"""Objects that scripts ask for, with ids of their own choosing: real apps hard-code an assistant's id."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from emulator.engine.namespace import Namespace
from emulator.engine.output_files import from_data_uri
from emulator.service import assistants, files, ingestion, threads, vector_stores
from emulator.service.models import check_model
from emulator.store.documents import Unit
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Thread, VectorStore, VectorStoreFile
from emulator.tools.body import Body
from emulator.wire.assistants import CreateAssistant
from emulator.wire.problems import validate
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

Fixtures = Mapping[str, Sequence[Mapping[str, Any]]]


def replace_all(
    namespace: Namespace, fixtures: Fixtures, before: Fixtures, and_then: Callable[[], None] = lambda: None
) -> None:
    """Make what is not there, and make anew what has changed since before: all of it, or nothing.

    before: what was asked for last; what stayed the same keeps all that was done with it. Assistants are always brought
    up to date, and what a client has deleted comes back. and_then: what belongs to the same transaction. Raises
    `ApiError` for what the API would refuse; then neither the database nor what is in memory has changed.
    """
    bodies = _bodies(namespace, fixtures)
    replaced = _to_replace(namespace, fixtures, before)
    obsolete = [one for store_id in replaced["vector_stores"] for one in namespace.ingestions.of(store_id)]
    running = set(namespace.ingestions)
    old_blobs = {row["blob"] for file_id in replaced["files"] if (row := _row(namespace, File, file_id))}
    new_blobs = {_blob(namespace, fixture) for fixture in fixtures.get("files", ())}
    written = {blob for blob in new_blobs if not namespace.blobs.path(blob).exists()}
    try:
        with namespace.documents.atomic():
            _remove(namespace, replaced)
            _make(namespace, fixtures, bodies)
            for file_id in replaced["files"]:
                ingestion.read_again(namespace, file_id)
            and_then()
    except BaseException:
        for one in set(namespace.ingestions) - running:
            one.stop()
        for blob in written:
            namespace.blobs.drop(blob)
        raise
    for one in obsolete:
        one.stop()
    for thread_id in replaced["threads"]:
        threads.end_run(namespace, thread_id)
    for store_id in replaced["vector_stores"]:
        namespace.indexes.pop(store_id, None)
    for blob in old_blobs - new_blobs:
        namespace.blobs.drop(blob)


def add_missing(namespace: Namespace, fixtures: Fixtures) -> None:
    """Make what was never there; raise `ApiError` for what the API would refuse."""
    _make(namespace, fixtures, _bodies(namespace, fixtures))


# --- making room ----------------------------------------------------------------------------------------------------


def _row(namespace: Namespace, table: Table, id: str) -> Mapping[str, Any] | None:  # noqa: A002
    return namespace.documents.get(table, namespace.name, id, deleted=True)


def _to_replace(namespace: Namespace, fixtures: Fixtures, before: Fixtures) -> dict[str, list[str]]:
    """Return, by kind, the ids of objects that are there and have to be made anew."""
    last = {fixture["id"]: fixture for kind in before.values() for fixture in kind}
    replaced: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for kind, (table, _) in _KINDS.items():
        for fixture in fixtures.get(kind, ()):
            row = _row(namespace, table, fixture["id"])
            changed = kind == "assistants" or last.get(fixture["id"], fixture) != fixture
            if row is not None and (changed or row["deleted"]):
                replaced[kind].append(fixture["id"])
    return replaced


def _remove(namespace: Namespace, replaced: Mapping[str, Sequence[str]]) -> None:
    unit = namespace.unit()
    for kind, (_, remove) in _KINDS.items():
        for fixture_id in replaced[kind]:
            remove(namespace, unit, fixture_id)
    unit.commit()


def _remove_file(_namespace: Namespace, unit: Unit, file_id: str) -> None:
    unit.delete(File, id=file_id)


def _remove_store(_namespace: Namespace, unit: Unit, store_id: str) -> None:
    unit.delete(VectorStoreFile, store_id=store_id)
    unit.delete(VectorStore, id=store_id)


def _remove_assistant(_namespace: Namespace, unit: Unit, assistant_id: str) -> None:
    unit.delete(Assistant, id=assistant_id)


def _remove_thread(namespace: Namespace, unit: Unit, thread_id: str) -> None:
    threads.clear(namespace, unit, thread_id)
    unit.delete(Thread, id=thread_id)


# In the order in which they need each other.
_KINDS: Final[Mapping[str, tuple[Table, Callable[[Namespace, Unit, str], None]]]] = {
    "files": (File, _remove_file),
    "vector_stores": (VectorStore, _remove_store),
    "assistants": (Assistant, _remove_assistant),
    "threads": (Thread, _remove_thread),
}


# --- making ---------------------------------------------------------------------------------------------------------


def _bodies(namespace: Namespace, fixtures: Fixtures) -> dict[str, Any]:
    """Return what is to be created by its id, checked before anything changes; files have no body."""
    bodies: dict[str, Any] = {}
    models: dict[str, type[Body]] = {
        "vector_stores": CreateVectorStore,
        "assistants": CreateAssistant,
        "threads": CreateThread,
    }
    for kind, model in models.items():
        for fixture in fixtures.get(kind, ()):
            body = {name: value for name, value in fixture.items() if name != "id"}
            bodies[fixture["id"]] = validate(model, body, root=(kind, fixture["id"]))
    for fixture in fixtures.get("assistants", ()):
        check_model(namespace, bodies[fixture["id"]].model)
    return bodies


def _make(namespace: Namespace, fixtures: Fixtures, bodies: Mapping[str, Any]) -> None:
    create: dict[str, Callable[..., Any]] = {
        "vector_stores": vector_stores.create,
        "assistants": assistants.create,
        "threads": threads.create,
    }
    for kind, (table, _) in _KINDS.items():
        for fixture in fixtures.get(kind, ()):
            if _row(namespace, table, fixture["id"]) is not None:
                continue
            if kind == "files":
                _create_file(namespace, fixture)
            else:
                create[kind](namespace, bodies[fixture["id"]], id=fixture["id"])


def _create_file(namespace: Namespace, fixture: Mapping[str, Any]) -> None:
    _, data = from_data_uri(fixture["content"])
    with namespace.blobs.receive() as part:
        part.write(data)
    files.create(
        namespace,
        Path(part.name),
        filename=fixture["filename"],
        purpose=fixture["purpose"],
        id=fixture["id"],
        blob=_blob(namespace, fixture),
    )


def _blob(namespace: Namespace, fixture: Mapping[str, Any]) -> str:
    """Return the name of a fixture's bytes, which depends on them: the old ones stay until the new ones are stored."""
    digest = hashlib.sha256(fixture["content"].encode()).hexdigest()
    return namespace.blobs.name(namespace.name, f"{fixture['id']}/{digest}")
