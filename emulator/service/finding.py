"""Finding what a request names, or refusing in the API's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import SQLModel

from emulator.domain import errors
from emulator.engine.world import World
from emulator.store.documents import Cursor, Page, Row
from emulator.store.tables import Assistant, File, Message, Run, RunStep, Thread, VectorStore
from emulator.wire.habits import WRONG_PREFIX

# kind -> (table, parameter name, prefix of its ids)
_KINDS: Final[Mapping[str, tuple[type[SQLModel], str, str]]] = {
    "assistant": (Assistant, "assistant_id", "asst"),
    "thread": (Thread, "thread_id", "thread"),
    "message": (Message, "message_id", "msg"),
    "run": (Run, "run_id", "run"),
    "step": (RunStep, "step_id", "step"),
}


def find(world: World, kind: str, id: str, **of: str) -> Row:  # noqa: A002
    """Return the row of an object; raise the refusal for an id that is wrong in form, unknown, or of another parent.

    Fixtures pin ids of any form, so an id is looked up before its form is judged.
    """
    model, param, prefix = _KINDS[kind]
    row = world.documents.get(model, world.name, id)
    if row is None or any(row[parent] != value for parent, value in of.items()):
        raise unknown(world, kind, id, param, prefix)
    return row


def unknown(world: World, kind: str, id: str, param: str, prefix: str) -> errors.ApiError:  # noqa: A002
    """Return the refusal of an unknown id; a wrong prefix may have its own."""
    if WRONG_PREFIX.came_by(world.setup["wire"]) and not id.startswith(prefix):
        return errors.wrong_prefix(param, id, prefix, on_v1=errors.not_found(kind, id))
    return errors.not_found(kind, id)


def is_file_or_store(world: World, id: str) -> bool:  # noqa: A002
    """Return whether there is a file or a vector store of that id."""
    return any(world.documents.get(model, world.name, id) is not None for model in (File, VectorStore))


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which page of a list is wanted. after, before: ids of objects of the list."""

    limit: int = 20
    order: str = "desc"
    after: str | None = None
    before: str | None = None


def page(world: World, model: type[SQLModel], query: ListQuery, **where: str) -> Page:
    """Return a page of a list. A cursor that names a deleted object still pages; an unknown one is refused."""
    places = {name: _place(world, model, name, getattr(query, name)) for name in ("after", "before")}
    return world.documents.page(model, world.name, Cursor(query.limit, query.order, **places), **where)


def _place(world: World, model: type[SQLModel], name: str, id: str | None) -> int | None:  # noqa: A002
    if id is None:
        return None
    row = world.documents.get(model, world.name, id, deleted=True)
    if row is None:
        raise errors.unknown_cursor(name, id.rpartition("/")[2])  # a file in a store is kept under both ids
    seq: int = row["seq"]
    return seq


def documents(page: Page) -> list[dict[str, Any]]:
    """Return the documents of a page."""
    return [row["doc"] for row in page.rows]
