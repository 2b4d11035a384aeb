"""The objects in the API's own JSON: which there are, and which of them came first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from emulator.domain.errors import ApiError
from emulator.domain.json_values import MOST_LEVELS
from emulator.service.list_order import Listing, is_newest_first
from emulator.service.stand_ins import is_stand_in, stand_ins
from emulator.wire.exported import KINDS, MOST_ID, UnusableObjectError, document

Doc = Mapping[str, Any]
MOST_OBJECTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Given:
    """An object as it was sent. place: in the order of their age, of two that say the same time."""

    what: str
    data: Doc
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class GivenObjects:
    """What is to be imported. names: of files, by their ids. skipped, noted: places or ids, each with the reason."""

    objects: Sequence[Given]
    names: Mapping[str, str] = field(default_factory=dict)
    skipped: Sequence[tuple[str, str]] = ()
    noted: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An object in the form of the store. is_stand_in: for one that was not sent; it takes the place of none."""

    kind: str
    doc: Doc
    place: tuple[int, int]
    is_stand_in: bool = False

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.doc["id"])

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by: a file of a store has the id of the file."""
        return self.kind, str(self.doc.get("vector_store_id", "")), self.id

    def since(self, now: int) -> "Item":
        """Return it with a time in place of those that it does not say, which are 0."""
        if self.doc["created_at"]:
            return self
        times = {name: now for name, value in self.doc.items() if name.endswith("_at") and value == 0}
        return replace(self, doc={**self.doc, **times})

    @property
    def age(self) -> tuple[int, tuple[int, int]]:
        """What orders objects by their age."""
        return self.doc["created_at"], self.place


def is_export(data: bytes) -> bool:
    """Return whether a file says of itself that it holds objects of the API."""
    try:
        value = orjson.loads(data)
    except ValueError:
        return False
    some = value[:1] if isinstance(value, list) else [value]
    return bool(some) and all(isinstance(one, dict) and ("object" in one or "objects" in one) for one in some)


def all_given(texts: Sequence[bytes]) -> list[Given]:
    """Return all objects of some JSON texts. Raises `ApiError` for a text that holds none."""
    found: list[Given] = []
    number = 0
    for text in texts:
        try:
            value = orjson.loads(text)
        except ValueError as error:
            raise ApiError(400, f"The body is not JSON: {error}.") from error
        for listed, page in lists_of(value):
            number += 1
            about = {"form": "array"} if page is None else _about(page)
            found += _in_order(listed, Listing(number, **about), len(found))
    return found


def _about(page: Doc) -> dict[str, Any]:
    return {"form": "page", "first_id": page.get("first_id"), "is_whole": not page.get("has_more")}


def lists_of(value: Any, depth: int = 4) -> Iterator[tuple[Sequence[Any], Doc | None]]:
    """Yield the lists that a value holds, each with the page of the API that it is, if it is one.

    A value is an object, a list, a page, or `{"objects": […]}` of all these.
    """
    page = value if _is_page(value) else None
    if isinstance(value, dict) and "objects" in value:
        value = value["objects"]
    elif page is not None:
        value = value.get("data")
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise ApiError(400, "An import is an object of the API, a list of them, or {'objects': […]}.")
    yield [one for one in value if not _is_page(one)], page
    for page in filter(_is_page, value):
        if depth:
            yield from lists_of(page, depth - 1)


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and value.get("object") == "list"


def _in_order(listed: Sequence[Any], listing: Listing, before: int) -> list[Given]:
    """Return the objects of a list, and which of those that say the same time came first.

    before: how many objects there were before.
    """
    groups: dict[Any, list[Doc]] = {}
    for one in listed:
        groups.setdefault(_group(one), []).append(one if isinstance(one, dict) else {})
    signs = {group: -1 if is_newest_first(of, listing) else 1 for group, of in groups.items()}
    return [
        Given(_called(one, before + place), one, (sign * listing.number, sign * place))
        for place, one in enumerate(listed)
        for sign in (signs[_group(one)],)
    ]


def _group(one: Any) -> Any:
    """Return what the objects have in common that are listed together."""
    if not isinstance(one, dict):
        return None
    owner = "run_id" if one.get("object") == "thread.run.step" else "thread_id"
    return str(one.get("object")), str(one.get(owner))


def _called(one: Any, place: int) -> str:
    given = one.get("id") if isinstance(one, dict) else None
    return given[:256] if isinstance(given, str) and given else f"object {place}"


def usable_items(given: GivenObjects, now: int, skip: Callable[[str, str], None]) -> list[Item]:
    """Return what can be taken, each object once; of two with one id the later counts. Stand-ins are made for others.

    In the order in which objects refer to each other, and by their age. skip: told what cannot be taken, and why.
    """
    found: dict[tuple[str, str, str], Item] = {}
    for one in given.objects:
        try:
            kind = _kind(one.data)
            doc = document(kind, one.data, now)
            item = Item(kind, doc, one.place, is_stand_in(doc))
            if _depth_of(item.doc) > MOST_LEVELS:
                raise UnusableObjectError(f"it is nested deeper than {MOST_LEVELS} levels")
        except (UnusableObjectError, ApiError) as error:
            skip(one.what, str(error))
            continue
        found[item.key] = item
    items = sorted(found.values(), key=lambda item: (KINDS.index(item.kind), item.age))
    made = [*items, *_stand_ins(given, items, now)]
    return sorted(made, key=lambda item: KINDS.index(item.kind))


def _stand_ins(given: GivenObjects, items: Sequence[Item], now: int) -> Iterator[Item]:
    """Yield what stands in for what items name; a thread is made where it is missing in any case."""
    sent = {str(one.data.get("id")) for one in given.objects if isinstance(one.data, dict)}
    for number, made in enumerate(stand_ins([item.doc for item in items], given.names, sent)):
        if made["object"] != "thread" and len(made["id"]) <= MOST_ID:
            yield Item(made["object"], document(made["object"], made, now), (0, number), is_stand_in=True)


def _kind(data: Any) -> str:
    kind = data.get("object") if isinstance(data, dict) else None
    if kind is None:
        raise UnusableObjectError("it does not say in `object` what it is, and looks like no object of the API")
    if kind not in KINDS:
        raise UnusableObjectError(f"an object of the kind {str(kind)[:80]!r} cannot be imported")
    return str(kind)


def _depth_of(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= MOST_LEVELS:
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [item for items in inner for item in items]
        depth += 1
    return depth
