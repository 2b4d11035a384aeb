"""The objects in the API's own JSON: which there are, and which of them came first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import orjson

from emulator.domain.errors import ApiError
from emulator.domain.json_values import MOST_LEVELS
from emulator.wire.exported import KINDS, UnusableObjectError, document

Doc = Mapping[str, Any]
MOST_OBJECTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Given:
    """An object as it was sent. place: in the order of their age, of two that say the same time."""

    what: str
    data: Doc
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Item:
    """An object in the form of the store."""

    kind: str
    doc: Doc
    place: tuple[int, int]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.doc["id"])

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
        for listed, is_page in _lists(value):
            number += 1
            found += _in_order(listed, number, len(found), is_page=is_page)
            if len(found) > MOST_OBJECTS:
                raise ApiError(413, f"An import may have at most {MOST_OBJECTS} objects.")
    return found


def _lists(value: Any, depth: int = 4) -> Iterator[tuple[Sequence[Any], bool]]:
    """Yield the lists that a value holds, and whether each is a page of the API.

    A value is an object, a list, a page, or `{"objects": […]}` of all these.
    """
    is_page = _is_page(value)
    if isinstance(value, dict) and "objects" in value:
        value = value["objects"]
    elif is_page:
        value = value.get("data")
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise ApiError(400, "An import is an object of the API, a list of them, or {'objects': […]}.")
    yield [one for one in value if not _is_page(one)], is_page
    for page in filter(_is_page, value):
        if depth:
            yield from _lists(page, depth - 1)


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and value.get("object") == "list"


def _in_order(listed: Sequence[Any], number: int, before: int, *, is_page: bool) -> list[Given]:
    """Return the objects of a list, and which of those that say the same time came first: pages begin with the newest.

    number: of the list. before: how many objects there were before.
    """
    groups: dict[Any, list[int]] = {}
    for one in listed:
        groups.setdefault(_group(one), []).append(_time(one))
    signs = {group: -1 if _is_newest_first(times, is_page=is_page) else 1 for group, times in groups.items()}
    return [
        Given(_called(one, before + place), one, (sign * number, sign * place))
        for place, one in enumerate(listed)
        for sign in (signs[_group(one)],)
    ]


def _group(one: Any) -> Any:
    """Return what the objects have in common that are listed together."""
    return (str(one.get("object")), str(one.get("thread_id"))) if isinstance(one, dict) else None


def _time(one: Any) -> int:
    given = one.get("created_at") if isinstance(one, dict) else None
    return given if isinstance(given, int) else 0


def _is_newest_first(times: Sequence[int], *, is_page: bool) -> bool:
    return all(one >= other for one, other in pairwise(times)) and (is_page or times[0] > times[-1])


def _called(one: Any, place: int) -> str:
    given = one.get("id") if isinstance(one, dict) else None
    return given[:256] if isinstance(given, str) and given else f"object {place}"


def usable_items(given: Sequence[Given], now: int, skip: Callable[[str, str], None]) -> list[Item]:
    """Return what can be taken, each object once; of two with one id the later counts.

    In the order in which objects refer to each other, and by their age. skip: told what cannot be taken, and why.
    """
    found: dict[tuple[str, str], Item] = {}
    for one in given:
        try:
            kind = _kind(one.data)
            item = Item(kind, document(kind, one.data, now), one.place)
            if _depth_of(item.doc) > MOST_LEVELS:
                raise UnusableObjectError(f"it is nested deeper than {MOST_LEVELS} levels")
        except (UnusableObjectError, ApiError) as error:
            skip(one.what, str(error))
            continue
        found[kind, f"{item.doc.get('vector_store_id', '')}/{item.id}"] = item
    return sorted(found.values(), key=lambda item: (KINDS.index(item.kind), item.age))


def _kind(data: Any) -> str:
    kind = data.get("object") if isinstance(data, dict) else None
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
