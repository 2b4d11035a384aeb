"""What the rows of facets hold, kind by kind: made of what a namespace has in memory, and taken in there again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.quotas import Consumption
from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction

Doc = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class FacetDoc:
    """How a kind is written. of: makes the document of a key; None: no row is needed. take: takes one in."""

    of: Callable[[Namespace, str], Doc]
    take: Callable[[Namespace, Transaction, str, Doc], None]


def _faults(namespace: Namespace, _key: str) -> Doc:
    return namespace.faults.state()


def _take_faults(namespace: Namespace, tx: Transaction, _key: str, doc: Doc) -> None:
    if namespace.faults.follow(doc, tx.generation):
        namespace.pauses.release()


def _stubs(namespace: Namespace, _key: str) -> Doc:
    return namespace.stubs.state()


def _take_stubs(namespace: Namespace, _tx: Transaction, _key: str, doc: Doc) -> None:
    hits = namespace.stubs.hits()
    namespace.stubs.follow(doc)
    namespace.stubs.follow_hits(hits)


def _stub_hits(namespace: Namespace, _key: str) -> Doc:
    return namespace.stubs.hits() or None


def _take_stub_hits(namespace: Namespace, _tx: Transaction, _key: str, doc: Doc) -> None:
    namespace.stubs.follow_hits(doc or {})


def _hints(namespace: Namespace, _key: str) -> Doc:
    noted = namespace.hints.noted()
    return {"noted": noted} if noted else None


def _take_hints(namespace: Namespace, _tx: Transaction, _key: str, doc: Doc) -> None:
    namespace.hints.follow_noted(doc["noted"] if doc else ())


def _unread(namespace: Namespace, key: str) -> Doc:
    return namespace.hints.unread(key)


def _take_unread(namespace: Namespace, _tx: Transaction, key: str, doc: Doc) -> None:
    namespace.hints.follow_unread(key, doc)


def _consumption(namespace: Namespace, _key: str) -> Doc:
    return namespace.consumption.state()


def _take_consumption(namespace: Namespace, _tx: Transaction, _key: str, doc: Doc) -> None:
    namespace.consumption = Consumption() if doc is None else Consumption.from_state(doc)


def _wire(namespace: Namespace, _key: str) -> Doc:
    if not namespace.has_chosen_wire and namespace.recorded_wire is None:
        return None
    return {"chosen": namespace.has_chosen_wire, "recorded": namespace.recorded_wire}


def _take_wire(namespace: Namespace, _tx: Transaction, _key: str, doc: Doc) -> None:
    namespace.has_chosen_wire = bool(doc and doc["chosen"])
    namespace.recorded_wire = doc["recorded"] if doc else None


DOCS: Final[Mapping[Kind, FacetDoc]] = {
    Kind.FAULTS: FacetDoc(_faults, _take_faults),
    Kind.STUBS: FacetDoc(_stubs, _take_stubs),
    Kind.STUB_HITS: FacetDoc(_stub_hits, _take_stub_hits),
    Kind.HINTS: FacetDoc(_hints, _take_hints),
    Kind.UNREAD: FacetDoc(_unread, _take_unread),
    Kind.CONSUMPTION: FacetDoc(_consumption, _take_consumption),
    Kind.WIRE: FacetDoc(_wire, _take_wire),
}
