"""Finding what a request names, or refusing in the API's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.id_forms import is_well_formed
from emulator.engine.namespace import Namespace
from emulator.store.documents import Cursor, Page, Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Assistant, File, Message, Run, RunStep, Thread, VectorStore

# kind -> (table, parameter name, prefix of its ids)
_KINDS: Final[Mapping[str, tuple[Table, str, str]]] = {
    "assistant": (Assistant, "assistant_id", "asst"),
    "thread": (Thread, "thread_id", "thread"),
    "message": (Message, "message_id", "msg"),
    "run": (Run, "run_id", "run"),
    "step": (RunStep, "step_id", "step"),
}


async def find(namespace: Namespace, tx: Transaction, kind: str, id: str, **of: str) -> Row:  # noqa: A002
    """Return the row of an object; raise the refusal for an id that is wrong in form, unknown, or of another parent.

    Fixtures pin ids of any form, so an id is looked up before its form is judged.
    """
    table, param, prefix = _KINDS[kind]
    row = await tx.get(table, id)
    if row is None or any(row[parent] != value for parent, value in of.items()):
        raise unknown(namespace, kind, id, param, prefix)
    return row


async def find_on_thread(namespace: Namespace, tx: Transaction, kind: str, thread_id: str, id: str) -> Row:  # noqa: A002
    """Return the row of an object on a thread; an unknown thread is refused first.

    What is on a thread is removed with it, so the thread need not be looked up where the object is found.
    """
    table, param, prefix = _KINDS[kind]
    row = await tx.get(table, id)
    if row is None or row["thread_id"] != thread_id:
        await require(namespace, tx, "thread", thread_id)
        raise unknown(namespace, kind, id, param, prefix)
    return row


async def require(namespace: Namespace, tx: Transaction, kind: str, id: str) -> None:  # noqa: A002
    """Raise the refusal of an id that is unknown or wrong in form, as `find` does, without reading the object."""
    table, param, prefix = _KINDS[kind]
    if not await tx.has(table, id):
        raise unknown(namespace, kind, id, param, prefix)


def unknown(namespace: Namespace, kind: str, id: str, param: str, prefix: str) -> ApiError:  # noqa: A002
    """Return the refusal of an unknown id; foreign characters and a wrong prefix may have their own."""
    if namespace.behaviors.refuses_foreign_characters and not is_well_formed(id):
        return refusals.foreign_characters(param, id, on_v1=refusals.not_found(kind, id))
    if namespace.behaviors.refuses_wrong_prefixes and not id.startswith(prefix):
        return refusals.wrong_prefix(param, id, prefix, on_v1=refusals.not_found(kind, id))
    return refusals.not_found(kind, id)


async def is_file_or_store(tx: Transaction, id: str) -> bool:  # noqa: A002
    """Return whether there is a file or a vector store of that id."""
    return await tx.has(File, id) or await tx.has(VectorStore, id)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which page of a list is wanted. after, before: ids of objects of the list."""

    limit: int = 20
    order: str = "desc"
    after: str | None = None
    before: str | None = None


async def page(
    tx: Transaction,
    table: Table,
    query: ListQuery,
    *,
    also: Sequence[str] = (),
    deleted: bool = False,
    **where: str,
) -> Page:
    """Return a page of a list. A cursor that names a deleted object still pages; an unknown one is refused.

    also, deleted: as of `Transaction.page`.
    """
    after = await _place(tx, table, "after", query.after)
    before = await _place(tx, table, "before", query.before)
    cursor = Cursor(query.limit, query.order, after, before)
    return await tx.page(table, cursor, also=tuple(also), deleted=deleted, **where)


async def _place(tx: Transaction, table: Table, name: str, id: str | None) -> int | None:  # noqa: A002
    if id is None:
        return None
    row = await tx.get(table, id, deleted=True)
    if row is None:
        raise refusals.unknown_cursor(name, id.rpartition("/")[2])  # a file in a store is kept under both ids
    seq: int = row["seq"]
    return seq
