"""Objects that scripts ask for, with ids of their own choosing: real apps hard-code an assistant's id."""

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.data_uris import from_data_uri
from emulator.domain.errors import ApiError
from emulator.engine.namespace import Namespace
from emulator.service import assistants, files, histories, ingestion, vector_stores
from emulator.service.models import check_model
from emulator.store import removals
from emulator.store.blobs import receive_all
from emulator.store.documents import Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Thread, VectorStore
from emulator.tools.body import Body
from emulator.wire.assistants import CreateAssistant
from emulator.wire.files import PURPOSES
from emulator.wire.messages import CreateMessage
from emulator.wire.problems import validate
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

if TYPE_CHECKING:
    from emulator.service.exported_objects import Item

Fixtures = Mapping[str, Sequence[Mapping[str, Any]]]
# The last one no client may give to a file; a script may, so that it can be cited.
_PURPOSES: Final = (*PURPOSES, "assistants_output")

# Of a fixture; the messages of a thread are bodies of their own.
_NOT_OF_THE_BODY: Final = ("id", "messages", "history")


class RefusedFixtureError(ApiError):
    """An object that the API would refuse. fixture: its id."""

    def __init__(self, fixture: str, error: ApiError) -> None:
        super().__init__(error.status, error.message, type=error.type, param=error.param, code=error.code)
        self.fixture = fixture


@contextmanager
def _refusals_of(fixture: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        raise RefusedFixtureError(fixture["id"], error) from error


async def replace_all(namespace: Namespace, tx: Transaction, fixtures: Fixtures, before: Fixtures) -> None:
    """Make what is not there, and make anew what has changed since before.

    before: what was asked for last; what stayed the same keeps all that was done with it. Assistants are always brought
    up to date, and what a client has deleted comes back. Raises `RefusedFixtureError`.
    """
    bodies = _bodies(namespace, fixtures)
    replaced = await _to_replace(tx, fixtures, before)
    for kind, (_, remove) in _KINDS.items():
        for row in replaced[kind]:
            await remove(namespace, tx, row["id"])
    for row in replaced["vector_stores"]:
        await namespace.ingestions.forget(tx, row["id"])
    tx.after_commit(partial(_let_go, namespace, fixtures, replaced))  # before what is made anew begins
    await _make(namespace, tx, fixtures, bodies)
    for row in replaced["files"]:
        await ingestion.read_again(namespace, tx, row["id"])
    for fixture in fixtures.get("exports", ()):
        from emulator.service import importer  # noqa: PLC0415 - few scenarios have exports

        with _refusals_of(fixture):
            await importer.add_changed(namespace, tx, fixture["items"], _items_of(before))
    for fixture in fixtures.get("conversations", ()):
        from emulator.service import fixture_conversations  # noqa: PLC0415 - few scenarios have conversations

        with _refusals_of(fixture):
            await fixture_conversations.replace(namespace, tx, fixture, fixtures, before)


async def add_missing(namespace: Namespace, tx: Transaction, fixtures: Fixtures) -> None:
    """Make what was never there; raise `RefusedFixtureError`."""
    await _make(namespace, tx, fixtures, _bodies(namespace, fixtures))
    for fixture in fixtures.get("exports", ()):
        from emulator.service import importer  # noqa: PLC0415 - as above

        with _refusals_of(fixture):
            await importer.add_missing(namespace, tx, fixture["items"])
    for fixture in fixtures.get("conversations", ()):
        from emulator.service import fixture_conversations  # noqa: PLC0415 - as above

        with _refusals_of(fixture):
            await fixture_conversations.add_missing(namespace, tx, fixture)


def _items_of(fixtures: Fixtures) -> "Sequence[Item]":
    return [item for fixture in fixtures.get("exports", ()) for item in fixture["items"]]


# --- making room ----------------------------------------------------------------------------------------------------


async def _to_replace(tx: Transaction, fixtures: Fixtures, before: Fixtures) -> dict[str, list[Row]]:
    """Return, by kind, the rows of objects that are there and have to be made anew."""
    last = {fixture["id"]: fixture for kind in _KINDS for fixture in before.get(kind, ())}
    replaced: dict[str, list[Row]] = {kind: [] for kind in _KINDS}
    for kind, (table, _) in _KINDS.items():
        for fixture in fixtures.get(kind, ()):
            row = await tx.get(table, fixture["id"], deleted=True)
            changed = kind == "assistants" or last.get(fixture["id"], fixture) != fixture
            if row is not None and (changed or row["deleted"]):
                replaced[kind].append(row)
    return replaced


def _let_go(namespace: Namespace, fixtures: Fixtures, replaced: Mapping[str, Sequence[Row]]) -> None:
    """Let go of what is in memory and on the disk of objects that were replaced."""
    for row in replaced["vector_stores"]:
        namespace.indexes.drop(namespace.name, row["id"])
    in_use = {_blob(namespace, fixture) for fixture in fixtures.get("files", ())}
    for blob in {row["blob"] for row in replaced["files"]} - in_use:
        namespace.blobs.drop(blob)


async def _remove_file(_namespace: Namespace, tx: Transaction, file_id: str) -> None:
    tx.delete(File, id=file_id)


async def _remove_store(namespace: Namespace, tx: Transaction, store_id: str) -> None:
    await removals.remove_whole(tx, namespace.documents.removals, VectorStore, store_id)
    tx.delete(VectorStore, id=store_id)


async def _remove_assistant(_namespace: Namespace, tx: Transaction, assistant_id: str) -> None:
    tx.delete(Assistant, id=assistant_id)


async def _remove_thread(namespace: Namespace, tx: Transaction, thread_id: str) -> None:
    await namespace.runs.forget(tx, thread_id)
    await removals.remove_whole(tx, namespace.documents.removals, Thread, thread_id)
    namespace.note_read(tx, thread_id, only_if_kept=True)
    tx.delete(Thread, id=thread_id)


# In the order in which they need each other.
_KINDS: Final[Mapping[str, tuple[Table, Callable[[Namespace, Transaction, str], Awaitable[None]]]]] = {
    "files": (File, _remove_file),
    "vector_stores": (VectorStore, _remove_store),
    "assistants": (Assistant, _remove_assistant),
    "threads": (Thread, _remove_thread),
}


@dataclass(frozen=True, slots=True)
class _Bodies:
    """What is to be created, by its id. messages: of threads, oldest first."""

    by_id: Mapping[str, Any]
    messages: Mapping[str, Sequence[CreateMessage]]


# --- making ---------------------------------------------------------------------------------------------------------


def _bodies(namespace: Namespace, fixtures: Fixtures) -> _Bodies:
    """Return what is to be created, checked before anything changes; files have no body."""
    for fixture in fixtures.get("files", ()):
        with _refusals_of(fixture):
            files.check_purpose(fixture["purpose"], _PURPOSES)
    bodies: dict[str, Any] = {}
    messages: defaultdict[str, list[CreateMessage]] = defaultdict(list)
    models: dict[str, type[Body]] = {
        "vector_stores": CreateVectorStore,
        "assistants": CreateAssistant,
        "threads": CreateThread,
    }
    for kind, model in models.items():
        for fixture in fixtures.get(kind, ()):
            body = {name: value for name, value in fixture.items() if name not in _NOT_OF_THE_BODY}
            with _refusals_of(fixture):
                bodies[fixture["id"]] = validate(model, body, root=(kind, fixture["id"]), mount=None)
    for fixture in fixtures.get("threads", ()):
        with _refusals_of(fixture):
            # One by one, because an old conversation may have more than a client can send at once.
            for number, message in enumerate(fixture.get("messages", ())):
                root = ("threads", fixture["id"], "messages", number)
                messages[fixture["id"]].append(validate(CreateMessage, message, root=root, mount=None))
    for fixture in fixtures.get("assistants", ()):
        with _refusals_of(fixture):
            check_model(namespace, bodies[fixture["id"]].model)
    return _Bodies(bodies, messages)


async def _make(namespace: Namespace, tx: Transaction, fixtures: Fixtures, bodies: _Bodies) -> None:
    create: dict[str, Callable[..., Awaitable[Any]]] = {
        "vector_stores": vector_stores.add,
        "assistants": assistants.add,
    }
    for kind, (table, _) in _KINDS.items():
        for fixture in fixtures.get(kind, ()):
            if await tx.get(table, fixture["id"], deleted=True) is not None:
                continue
            with _refusals_of(fixture):
                if kind == "files":
                    await _add_file(namespace, tx, fixture)
                elif kind == "threads":
                    await _add_thread(namespace, tx, fixture, bodies)
                else:
                    await create[kind](namespace, tx, bodies.by_id[fixture["id"]], id=fixture["id"])


async def _add_thread(namespace: Namespace, tx: Transaction, fixture: Mapping[str, Any], bodies: _Bodies) -> None:
    id_, history = fixture["id"], fixture.get("history")
    await histories.add(namespace, tx, bodies.by_id[id_], bodies.messages[id_], history, id=id_)


async def _add_file(namespace: Namespace, tx: Transaction, fixture: Mapping[str, Any]) -> None:
    files.check_extension(namespace, fixture["filename"], fixture["purpose"])
    _, data = from_data_uri(fixture["content"])
    received = await namespace.blobs.beside(partial(receive_all, namespace.blobs, data))
    files.add(
        namespace,
        tx,
        received,
        filename=fixture["filename"],
        purpose=fixture["purpose"],
        id=fixture["id"],
        blob=_blob(namespace, fixture),
    )


def _blob(namespace: Namespace, fixture: Mapping[str, Any]) -> str:
    """Return the name of a fixture's bytes, which depends on them: the old ones stay until the new ones are stored."""
    digest = hashlib.sha256(fixture["content"].encode()).hexdigest()
    return namespace.blobs.name(namespace.generation, f"{fixture['id']}/{digest}")
