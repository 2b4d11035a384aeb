"""The runs beside a run: those before and after it on its thread, or in its dialogue of responses."""

from typing import NamedTuple

from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.service import run_records
from emulator.service.responses import records as responses
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import Run
from emulator.transcripts.responses.play import play_of


class Neighbors(NamedTuple):
    """Ids of the runs beside a run; None where there is none. views: what the model saw of that before, and now."""

    before: str | None
    after: str | None
    view_before: ModelView | None
    view: ModelView | None


async def neighbors(namespace: Namespace, run_id: str) -> Neighbors:
    """Return what is beside a run, or a response; raise the 404 of one that is not there."""
    async with namespace.transaction() as tx:
        row = await run_records.find(tx, run_id)
        before, after = await _before(tx, row), await _beside(tx, row, "asc")
    return Neighbors(_id(before), _id(after), _view(before), _view(row))


async def _before(tx: Transaction, row: Row) -> Row | None:
    if responses.is_response(row) and (previous := play_of(row)["previous"]) is not None:
        return await tx.get(Run, previous, heavy=True, deleted=True)
    return await _beside(tx, row, "desc")


async def _beside(tx: Transaction, row: Row, order: str) -> Row | None:
    """Return the next run of a thread, or of a conversation, in an order of time."""
    cursor = Cursor(1, order, after=row["seq"])
    page = await tx.page(Run, cursor, also=("view",), deleted=True, thread_id=row["thread_id"])
    return page.rows[0] if page.rows else None


def _id(row: Row | None) -> str | None:
    return None if row is None else str(row["id"])


def _view(row: Row | None) -> ModelView | None:
    return None if row is None or row["view"] is None else ModelView.from_json(row["view"])
