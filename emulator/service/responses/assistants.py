"""Which assistant a request for a response belongs to: such a request names none, and scripts may ask for one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from emulator.domain import response_refusals
from emulator.store.documents import Transaction
from emulator.store.tables import Assistant

Doc = Mapping[str, Any]
# By which an assistant was found; it is kept with the response, and reported.
Rule = Literal["header", "instructions and model", "only one", "nameless"]
# Of the namespace's assistants, the newest are looked at.
_MOST: Final = 1_000


async def assistant_of(
    tx: Transaction, *, header: str | None, instructions: str | None, model: str
) -> tuple[Doc, Rule]:
    """Return an assistant as `ModelView` has it, and the rule by which it was found.

    header: what `ASSISTANT_HEADER` of the request says. instructions, model: of the request, as it was sent. Raises the
    400 of a header that names no assistant.
    """
    if header:
        row = await tx.get(Assistant, header)
        if row is None:
            raise response_refusals.unknown_assistant(header)
        return _fields(row["doc"]), "header"
    match await tx.count(Assistant):
        case 0:
            return _nameless(instructions), "nameless"
        case 1:
            (only,) = await tx.newest(Assistant, 1)
            is_alike = _is_of(only["doc"], instructions, model)
            return _fields(only["doc"]), "instructions and model" if is_alike else "only one"
    rows = await tx.newest(Assistant, _MOST)
    alike = [row["doc"] for row in rows if _is_of(row["doc"], instructions, model)]
    if alike and _are_interchangeable(alike):
        return _fields(alike[-1]), "instructions and model"
    return _nameless(instructions), "nameless"


def _is_of(doc: Doc, instructions: str | None, model: str) -> bool:
    return doc["model"] == model and (doc["instructions"] or "").strip() == (instructions or "").strip()


def _are_interchangeable(docs: Sequence[Doc]) -> bool:
    """Return whether scripts could tell the assistants of some requests apart by their ids alone.

    A program that makes its assistant at each start leaves many of them; the newest is meant.
    """
    first = docs[0]
    return all(doc["name"] == first["name"] and doc["metadata"] == first["metadata"] for doc in docs)


def _fields(doc: Doc) -> Doc:
    return {name: doc[name] for name in ("id", "name", "instructions", "metadata")}


def _nameless(instructions: str | None) -> Doc:
    return {"id": None, "name": None, "instructions": instructions, "metadata": {}}
