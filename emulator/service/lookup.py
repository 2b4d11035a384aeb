"""Finding what a request names, or refusing in the API's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.engine.namespace import Namespace
from emulator.store.documents import Cursor, Page, Row
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Message, Run, RunStep, Thread, VectorStore
from emulator.wire.history.behaviors import WRONG_PREFIX

# kind -> (table, parameter name, prefix of its ids)
_KINDS: Final[Mapping[str, tuple[Table, str, str]]] = {
    "assistant": (Assistant, "assistant_id", "asst"),
    "thread": (Thread, "thread_id", "thread"),
    "message": (Message, "message_id", "msg"),
    "run": (Run, "run_id", "run"),
    "step": (RunStep, "step_id", "step"),
}


def find(namespace: Namespace, kind: str, id: str, **of: str) -> Row:  # noqa: A002
    """Return the row of an object; raise the refusal for an id that is wrong in form, unknown, or of another parent.

    Fixtures pin ids of any form, so an id is looked up before its form is judged.
    """
    table, param, prefix = _KINDS[kind]
    row = namespace.documents.get(table, namespace.name, id)
    if row is None or any(row[parent] != value for parent, value in of.items()):
        raise unknown(namespace, kind, id, param, prefix)
    return row


async def find_on_thread(namespace: Namespace, kind: str, thread_id: str, id: str) -> Row:  # noqa: A002
    """Return the row of an object on a thread, once the thread's run has settled; an unknown thread is refused first.

    What is on a thread is removed with it, so the thread need not be looked up where the object is found.
    """
    await namespace.runs.settle(thread_id)
    table, param, prefix = _KINDS[kind]
    row = namespace.documents.get(table, namespace.name, id)
    if row is None or row["thread_id"] != thread_id:
        require(namespace, "thread", thread_id)
        raise unknown(namespace, kind, id, param, prefix)
    return row


def require(namespace: Namespace, kind: str, id: str) -> None:  # noqa: A002
    """Raise the refusal of an id that is unknown or wrong in form, as `find` does, without reading the object."""
    table, param, prefix = _KINDS[kind]
    if not namespace.documents.has(table, namespace.name, id):
        raise unknown(namespace, kind, id, param, prefix)


def unknown(namespace: Namespace, kind: str, id: str, param: str, prefix: str) -> ApiError:  # noqa: A002
    """Return the refusal of an unknown id; a wrong prefix may have its own."""
    if WRONG_PREFIX.active_on(namespace.config.wire) and not id.startswith(prefix):
        return refusals.wrong_prefix(param, id, prefix, on_v1=refusals.not_found(kind, id))
    return refusals.not_found(kind, id)


def is_file_or_store(namespace: Namespace, id: str) -> bool:  # noqa: A002
    """Return whether there is a file or a vector store of that id."""
    return any(namespace.documents.has(table, namespace.name, id) for table in (File, VectorStore))


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which page of a list is wanted. after, before: ids of objects of the list."""

    limit: int = 20
    order: str = "desc"
    after: str | None = None
    before: str | None = None


def page(namespace: Namespace, table: Table, query: ListQuery, **where: str) -> Page:
    """Return a page of a list. A cursor that names a deleted object still pages; an unknown one is refused."""
    places = {name: _place(namespace, table, name, getattr(query, name)) for name in ("after", "before")}
    return namespace.documents.page(table, namespace.name, Cursor(query.limit, query.order, **places), **where)


def _place(namespace: Namespace, table: Table, name: str, id: str | None) -> int | None:  # noqa: A002
    if id is None:
        return None
    row = namespace.documents.get(table, namespace.name, id, deleted=True)
    if row is None:
        raise refusals.unknown_cursor(name, id.rpartition("/")[2])  # a file in a store is kept under both ids
    seq: int = row["seq"]
    return seq
